import type { Exporter, RecordRedactor } from '../record/index.ts'

/** Takes secrets out of what an exporter gets, and so of what it keeps on disk: beside the host's path, a batch at a time. */
export function redactingExporter(exporter: Exporter, redactor: RecordRedactor): Exporter {
  const { exportSync } = exporter
  return {
    export: (batch) => exporter.export(redactor.batch(batch)),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
    ...(exportSync && {
      exportSync: (batches) =>
        exportSync.call(
          exporter,
          batches.map((batch) => redactor.batch(batch)),
        ),
    }),
  }
}
