import type { RecordRedactor } from '@spanledger/sdk/record'
import type { ExportBatch, Exporter } from './exporter.ts'

/** Takes secrets out of what an exporter gets, and so of what it keeps on disk: beside the host's path, a batch at a time. */
export function redactingExporter(exporter: Exporter, redactor: RecordRedactor): Exporter {
  const { exportSync } = exporter
  const clean = (batch: ExportBatch): ExportBatch => {
    const { kind } = batch
    const resource = redactor.resource(batch.resource)
    if (kind === 'spans') return { kind, resource, records: batch.records.map((span) => redactor.span(span)) }
    if (kind === 'logs') return { kind, resource, records: batch.records.map((log) => redactor.log(log)) }
    return { kind, resource, records: batch.records.map((data) => redactor.metric(data)) }
  }
  return {
    export: (batch) => exporter.export(clean(batch)),
    forceFlush: (withinMs) => exporter.forceFlush(withinMs),
    shutdown: (withinMs) => exporter.shutdown(withinMs),
    ...(exportSync && {
      exportSync: (batches, withinMs) =>
        exportSync.call(
          exporter,
          batches.map((batch) => clean(batch)),
          withinMs,
        ),
    }),
  }
}
