import { cleanValue, putAttributes } from './attributes.ts'
import type { Attributes } from './attributes.ts'
import { timeOf } from './clock.ts'
import type { TimeInput } from './clock.ts'
import { context, contextOf } from './context.ts'
import type { ContextLike } from './context.ts'
import type { AttributeValue, LogData, Scope } from './data.ts'
import { exceptionAttributes } from './span.ts'
import type { AttributeLimits } from './limits.ts'
import type { SpanHost } from './span.ts'
import { textOf } from './text.ts'

/** By rising severity; the number is OpenTelemetry's. @internal */
export const SEVERITY = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 } as const
/** @internal */
export type Level = keyof typeof SEVERITY

/** OpenTelemetry's short names. */
export const SEVERITY_TEXT = {
  trace: 'TRACE',
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARN',
  error: 'ERROR',
  fatal: 'FATAL',
} as const

/** OpenTelemetry's LogRecord as its logs API hands it in. @internal */
export interface LogInput {
  readonly severityNumber?: number | undefined
  readonly severityText?: string | undefined
  readonly body?: unknown
  readonly attributes?: Attributes | undefined
  readonly eventName?: string | undefined
  readonly timestamp?: TimeInput | undefined
  readonly observedTimestamp?: TimeInput | undefined
  readonly context?: ContextLike | undefined
  /** Becomes `exception.*` attributes. */
  readonly exception?: unknown
}

export interface LoggerHost extends Pick<SpanHost, 'clock' | 'timeOriginMs'> {
  readonly logLimits: AttributeLimits
  readonly recording: boolean
  /** Records below are not made. Change it under way as you like. */
  readonly severityMin: number
  logged(log: LogData): void
}

/**
 * Makes the log records of one scope, each tied to the active span; OpenTelemetry's Logger too (`emit`, `enabled`). Throws
 * nothing.
 *
 * @internal
 */
export class Logger {
  readonly #host: LoggerHost
  readonly #scope: Scope

  constructor(host: LoggerHost, scope: Scope) {
    this.#host = host
    this.#scope = scope
  }

  trace(message: unknown, attributes?: Attributes): void {
    this.#write('trace', message, attributes)
  }

  debug(message: unknown, attributes?: Attributes): void {
    this.#write('debug', message, attributes)
  }

  info(message: unknown, attributes?: Attributes): void {
    this.#write('info', message, attributes)
  }

  warn(message: unknown, attributes?: Attributes): void {
    this.#write('warn', message, attributes)
  }

  error(message: unknown, attributes?: Attributes): void {
    this.#write('error', message, attributes)
  }

  fatal(message: unknown, attributes?: Attributes): void {
    this.#write('fatal', message, attributes)
  }

  enabled(options?: { severityNumber?: number }): boolean {
    const severity = options?.severityNumber
    return this.#host.recording && (severity === undefined || severity >= this.#host.severityMin)
  }

  emit(input: LogInput): void {
    try {
      this.#emit(input)
    } catch {
      // It is no record, or cannot be read.
    }
  }

  #emit(input: LogInput): void {
    const { clock, logLimits: limits, timeOriginMs } = this.#host
    const severity = severityOf(input.severityNumber)
    const active = input.context === undefined ? context.active() : contextOf(input.context)
    if (!this.#host.recording || active.suppressed || (severity !== 0 && severity < this.#host.severityMin))
      return
    const attributes: AttributeValue[] = []
    let dropped = 0
    if (input.exception !== undefined)
      dropped += putAttributes(attributes, exceptionAttributes(input.exception), limits)
    if (input.attributes) dropped += putAttributes(attributes, input.attributes, limits)
    clock.read()
    const now = { seconds: clock.seconds, nanos: clock.nanos }
    const time = timeOf(input.timestamp, timeOriginMs) ?? now
    const observed = timeOf(input.observedTimestamp, timeOriginMs) ?? now
    const span = active.span?.spanContext()
    this.#host.logged({
      seconds: time.seconds,
      nanos: time.nanos,
      observedSeconds: observed.seconds,
      observedNanos: observed.nanos,
      severity,
      severityText: textOf(input.severityText),
      eventName: textOf(input.eventName),
      body: cleanValue(input.body),
      traceId: span?.traceId ?? '',
      spanId: span?.spanId ?? '',
      flags: span?.traceFlags ?? 0,
      attributes,
      droppedAttributes: dropped,
      scope: this.#scope,
    })
  }

  #write(level: Level, message: unknown, attributes: Attributes | undefined): void {
    const host = this.#host
    const severity = SEVERITY[level]
    if (severity < host.severityMin || !host.recording) return
    const active = context.active()
    if (active.suppressed) return
    const { clock, logLimits: limits } = host
    const list: AttributeValue[] = []
    let body = message
    if (isError(message)) {
      const told = exceptionAttributes(message)
      putAttributes(list, told, limits)
      body = told['exception.message']
    }
    const droppedAttributes = attributes ? putAttributes(list, attributes, limits) : 0
    clock.read()
    const span = active.span?.spanContext()
    host.logged({
      seconds: clock.seconds,
      nanos: clock.nanos,
      observedSeconds: clock.seconds,
      observedNanos: clock.nanos,
      severity,
      severityText: SEVERITY_TEXT[level],
      eventName: '',
      body: cleanValue(body),
      traceId: span?.traceId ?? '',
      spanId: span?.spanId ?? '',
      flags: span?.traceFlags ?? 0,
      attributes: list,
      droppedAttributes,
      scope: this.#scope,
    })
  }
}

function severityOf(number: unknown): number {
  return typeof number === 'number' && number >= 1 && number <= 24 ? Math.floor(number) : 0
}

function isError(value: unknown): boolean {
  try {
    return value instanceof Error
  } catch {
    return false
  }
}
