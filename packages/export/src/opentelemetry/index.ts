export { LedgerLogRecordExporter, LedgerMetricExporter, LedgerSpanExporter } from './exporters.ts'
export type { LedgerOptions } from './ledger-sink.ts'
export { ledgerPipeline } from './pipeline.ts'
export type { PipelineOptions } from './pipeline.ts'
