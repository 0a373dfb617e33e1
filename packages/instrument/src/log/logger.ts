import { whileLive } from '../while-live.ts'
import type { Live, SpanContext } from '@spanledger/sdk'
import { exceptionFields, joined, readable } from './fields.ts'
import type { Fields } from './fields.ts'
import { jsonLine } from './json-line.ts'

/** By rising severity. */
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
type Level = (typeof LEVELS)[number]

/** Where lines go beside the ledger: `process.stdout`, say. */
export interface LogSink {
  write(line: string): unknown
}

export interface LoggerOptions {
  /** Of the scope of its records. */
  readonly name?: string
  /** Lines below are not made; info. */
  readonly level?: Level
  /** On every line. */
  readonly fields?: Fields
  /** Gets every line as JSON, with the ids of trace and span; nothing unless told. */
  readonly sink?: LogSink
}

type Log = (message: unknown, fields?: Fields) => void

/** A message is a text, an Error, or any value; a field that is an Error keeps its stack. Nothing throws. */
export type StructuredLogger = { readonly [L in Level]: Log } & {
  readonly name: string
  isEnabled(level: Level): boolean
  /** The same logger with further fields on every line. */
  child(fields: Fields): StructuredLogger
}

/** Structured log lines, each a record tied to the active span while recording is on. */
export function createLogger({
  name = '',
  level = 'info',
  fields = {},
  sink,
}: LoggerOptions = {}): StructuredLogger {
  const levelMin = LEVELS.indexOf(level)
  const live = whileLive((now) => ({ logger: now.recorder.logger(name), context: now.context }))
  return make({ name, levelMin, sink, live }, joined({}, fields))
}

interface Shared {
  readonly name: string
  readonly levelMin: number
  readonly sink: LogSink | undefined
  readonly live: () => Pick<Live, 'logger' | 'context'> | undefined
}

function make(shared: Shared, bound: Fields): StructuredLogger {
  const { name, levelMin, sink, live } = shared
  const logAt = (level: Level): Log => {
    if (LEVELS.indexOf(level) < levelMin) return () => {}
    return (given, fields) => {
      const now = live()
      if (now === undefined && sink === undefined) return
      const message = readable(given)
      const all = joined(bound, fields)
      now?.logger[level](message, all)
      const line = lineOf(level, name, message, all, now?.context.active().span?.spanContext())
      try {
        sink?.write(line)
      } catch {
        // A sink that fails loses its line, not the program's request.
      }
    }
  }
  return {
    name,
    trace: logAt('trace'),
    debug: logAt('debug'),
    info: logAt('info'),
    warn: logAt('warn'),
    error: logAt('error'),
    fatal: logAt('fatal'),
    isEnabled: (level) => LEVELS.indexOf(level) >= levelMin,
    child: (fields) => make(shared, joined(bound, fields)),
  }
}

function lineOf(
  level: Level,
  name: string,
  message: unknown,
  fields: Fields,
  span: SpanContext | undefined,
): string {
  const isError = message instanceof Error
  const own = {
    time: new Date().toISOString(),
    level,
    ...(name !== '' && { name }),
    message: isError ? message.message : message,
    ...(span && { trace_id: span.traceId, span_id: span.spanId }),
  }
  // Again at the end: no field takes their place, and they stay in front.
  return jsonLine({ ...own, ...(isError && exceptionFields(message)), ...fields, ...own })
}
