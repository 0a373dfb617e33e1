import { whileLive } from '../while-live.ts'

/** The part of pino's options that is given; pino 9.5 and later. */
export interface PinoRecording {
  mixin(merged?: object, level?: number, logger?: object): object
  readonly hooks: { streamWrite(line: string): string }
}

/** Pino's levels from that number on. Source: pino, "Levels". */
const LEVELS = [
  [60, 'fatal'],
  [50, 'error'],
  [40, 'warn'],
  [30, 'info'],
  [20, 'debug'],
  [0, 'trace'],
] as const

const SEVERITY = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 } as const

/** What the record has in other places, or the resource tells already. */
const ELSEWHERE = new Set(['pid', 'hostname', 'trace_id', 'span_id', 'trace_flags'])

const pinoTelemetry = whileLive(({ recorder, context }) => ({ logger: recorder.logger('pino'), context }))

/**
 * Options with which a pino logger tells trace and span on every line, and each line is a log record too:
 * `pino({ ...pinoRecording(), level: 'debug' }, destination)`. The line is read as pino has written it, so what its
 * `redact` leaves out, and its serializers make of values, holds for the record.
 */
export function pinoRecording(): PinoRecording {
  let keys: Keys | undefined
  return {
    mixin(_merged, _level, logger) {
      keys ??= keysOf(logger)
      const span = pinoTelemetry()?.context.active().span?.spanContext()
      if (span === undefined) return {}
      const flags = span.traceFlags.toString(16).padStart(2, '0')
      return { trace_id: span.traceId, span_id: span.spanId, trace_flags: flags }
    },
    hooks: {
      streamWrite(line) {
        const telemetry = pinoTelemetry()
        if (telemetry !== undefined) emit(telemetry.logger, line, keys ?? KEYS)
        return line
      },
    },
  }
}

type Logger = NonNullable<ReturnType<typeof pinoTelemetry>>['logger']

/** Where a line has its message and its error. */
interface Keys {
  readonly message: string
  readonly error: string
}

const KEYS: Keys = { message: 'msg', error: 'err' }

/** A logger, or one it descends from, has its options under symbols that pino keeps to itself. */
function keysOf(logger: object | undefined): Keys {
  const option = (name: string): string | undefined => {
    for (let at: object | null | undefined = logger; at; at = Object.getPrototypeOf(at) as object | null)
      for (const symbol of Object.getOwnPropertySymbols(at))
        if (symbol.description === name) return (at as Record<symbol, string>)[symbol]
    return undefined
  }
  return {
    message: option('pino.messageKey') ?? KEYS.message,
    error: option('pino.errorKey') ?? KEYS.error,
  }
}

function emit(logger: Logger, text: string, keys: Keys): void {
  let line: Record<string, unknown>
  try {
    line = JSON.parse(text) as Record<string, unknown>
  } catch {
    // A custom format: its text is all there is.
    logger.emit({ body: text.trimEnd() })
    return
  }
  const { level, time, [keys.message]: body, [keys.error]: error, ...others } = line
  const attributes: Record<string, unknown> = exceptionAttributes(error)
  for (const name in others) if (!ELSEWHERE.has(name)) attributes[name] = others[name]
  const word = levelOf(level)
  logger.emit({
    severityNumber: word && SEVERITY[word],
    severityText: word?.toUpperCase(),
    body,
    attributes,
    timestamp: typeof time === 'number' ? time : undefined,
  })
}

/** By its number, or its label where a formatter writes that. */
function levelOf(level: unknown): keyof typeof SEVERITY | undefined {
  if (typeof level === 'string') return LEVELS.find(([, label]) => label === level.toLowerCase())?.[1]
  return typeof level === 'number' ? LEVELS.find(([from]) => level >= from)?.[1] : undefined
}

/** As pino's standard serializer writes an error. */
function exceptionAttributes(err: unknown): Record<string, unknown> {
  if (typeof err !== 'object' || err === null) return {}
  const { type, message, stack } = err as Record<string, unknown>
  return { 'exception.type': type, 'exception.message': message, 'exception.stacktrace': stack }
}
