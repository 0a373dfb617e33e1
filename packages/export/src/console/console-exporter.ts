import { setImmediate } from 'node:timers'
import type { ExportBatch, Exporter } from '../exporter.ts'
import { encodeJson } from '../json/request.ts'
import { logLine } from './log-line.ts'
import { metricLines } from './metric-lines.ts'
import { createPaint } from './paint.ts'
import { spanTree } from './span-tree.ts'

/** As much of a terminal or a file as is written to. */
interface Output {
  write(text: string, done: (error?: Error | null) => void): unknown
  isTTY?: boolean
  on?(event: 'error', listener: () => void): unknown
  off?(event: 'error', listener: () => void): unknown
}

const ignore = (): void => {}

/**
 * What is recorded as lines for people: spans of a batch as trees, a line for each log record and point. Goes to standard error, since
 * standard output is the program's own; in colours when that is a terminal and NO_COLOR is not set. Not `pretty`: each record as a
 * line of OTLP/JSON. Once nobody reads it any more, nothing is printed.
 */
export function consoleExporter(
  output: Output = process.stderr,
  environment: Readonly<Record<string, string | undefined>> = process.env,
  pretty = true,
): Exporter {
  const paint = createPaint(output.isTTY === true && (environment['NO_COLOR'] ?? '') === '')
  let isOver = false
  let failure = ''
  let writing = 0
  /** A stream that fails tells its listeners too, and ends a process that has none. Errors of the host's own writes stay the host's. */
  const print = (lines: readonly string[]): void => {
    if (writing++ === 0) output.on?.('error', ignore)
    output.write(`${lines.join('\n')}\n`, (error) => {
      if (error) failure = error.message
      // The listeners are told after this.
      if (--writing === 0) setImmediate(() => output.off?.('error', ignore)).unref()
    })
  }
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
      if (isOver || failure !== '') {
        const message = failure || 'the exporter was shut down'
        return Promise.resolve({ accepted: 0, rejected: count, message })
      }
      try {
        print(linesOf(batch))
      } catch (error) {
        return Promise.resolve({ accepted: 0, rejected: count, message: (error as Error).message })
      }
      return Promise.resolve({ accepted: count, rejected: 0, message: '' })
    },
    exportSync(batches) {
      try {
        if (failure === '') print(batches.flatMap(linesOf))
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
