import type { Attributes, Span } from '../record/index.ts'
import { live } from './live.ts'
import type { log } from './log.ts'
import { type Instruments, instruments } from './metrics.ts'
import { NO_SPAN } from './no-span.ts'
import type { record, startSpan, withSpan, withSpanSync } from './spans.ts'

/** The functions of this package, for records that carry the name and version of whoever makes them. */
export interface Scoped extends Instruments {
  readonly record: typeof record
  readonly startSpan: typeof startSpan
  readonly withSpan: typeof withSpan
  readonly withSpanSync: typeof withSpanSync
  readonly log: typeof log
}

type Run<T> = (span: Span) => T

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

/** OpenTelemetry's instrumentation scope: a library calls it once, at the top of a module, with its own name and version. */
export function scope(name: string, version?: string): Scoped {
  const sync: typeof withSpanSync = (span, options, fn) =>
    live === undefined ? fn(NO_SPAN) : live.recordWith(live.recorder.tracer(name, version), span, options, fn)
  const logger = LEVELS.map((level) => [
    level,
    (message: unknown, attributes?: Attributes) =>
      live?.recorder.logger(name, version)[level](message, attributes),
  ])
  return {
    ...instruments(name, version),
    record: <T>(span: string, second: Attributes | Run<T>, third?: Run<T>): T =>
      third === undefined
        ? sync(span, {}, second as Run<T>)
        : sync(span, { attributes: second as Attributes }, third),
    startSpan: (span, options) =>
      live === undefined ? NO_SPAN : live.recorder.tracer(name, version).startSpan(span, options),
    withSpan: async (span, options, fn) => sync(span, options, async (within) => fn(within)),
    withSpanSync: sync,
    log: Object.fromEntries(logger) as typeof log,
  }
}
