export { openExporters } from './open-exporters.ts'
export { otlpOptions } from './options.ts'
