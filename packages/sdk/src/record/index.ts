export { context, runSuppressed } from './context.ts'
export type * from './data.ts'
export type { ExportBatch, Exporter, ExportResult, Processor } from './exporter.ts'
