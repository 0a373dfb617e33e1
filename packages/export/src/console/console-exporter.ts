import type { ExportBatch, Exporter } from '../exporter.ts'
import { encodeJson } from '../json/request.ts'
import { logLine } from './log-line.ts'
import { metricLines } from './metric-lines.ts'
import { createPaint } from './paint.ts'
import { spanTree } from './span-tree.ts'

/** As much of a terminal or a file as is written to. */
interface Output {
  write(text: string): unknown
  isTTY?: boolean
}

/**
 * What is recorded as lines for people: spans of a batch as trees, a line for each log record and point. Goes to standard error, since
 * standard output is the program's own; in colours when that is a terminal and NO_COLOR is not set. Not `pretty`: each record as a
 * line of OTLP/JSON.
 */
export function consoleExporter(
  output: Output = process.stderr,
  environment: Readonly<Record<string, string | undefined>> = process.env,
  pretty = true,
): Exporter {
  const paint = createPaint(output.isTTY === true && (environment['NO_COLOR'] ?? '') === '')
  let isOver = false
  const linesOf = (batch: ExportBatch): string[] => {
    if (!pretty)
      return batch.records.map((record) =>
        new TextDecoder().decode(encodeJson({ ...batch, records: [record] } as ExportBatch)),
      )
    if (batch.kind === 'spans') return spanTree(batch.records, paint)
    if (batch.kind === 'logs') return batch.records.map((log) => logLine(log, paint))
    return batch.records.flatMap((metric) => metricLines(metric, paint))
  }
  return {
    export(batch) {
      const count = batch.records.length
      if (isOver)
        return Promise.resolve({ accepted: 0, rejected: count, message: 'the exporter was shut down' })
      try {
        output.write(`${linesOf(batch).join('\n')}\n`)
      } catch (error) {
        return Promise.resolve({ accepted: 0, rejected: count, message: (error as Error).message })
      }
      return Promise.resolve({ accepted: count, rejected: 0, message: '' })
    },
    exportSync(batches) {
      try {
        if (!isOver) output.write(`${batches.flatMap(linesOf).join('\n')}\n`)
      } catch {
        // Standard error is closed: there is nobody to tell.
      }
    },
    forceFlush: () => Promise.resolve(),
    shutdown() {
      isOver = true
      return Promise.resolve()
    },
  }
}
