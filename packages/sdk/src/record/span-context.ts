/** W3C trace flags. Source: https://www.w3.org/TR/trace-context-2/#trace-flags */
export const SAMPLED = 1
/** The last 56 bits of the trace id are random. */
export const RANDOM_TRACE_ID = 2

/** Where a span stands in a trace; what is handed to others. OpenTelemetry's shape. */
export interface SpanContext {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string
  /** 16 lower-case hex digits, not all zero. */
  readonly spanId: string
  readonly traceFlags: number
  readonly traceState?: TraceStateLike | undefined
  readonly isRemote?: boolean | undefined
}

/** The part of OpenTelemetry's TraceState that is needed here. */
interface TraceStateLike {
  serialize(): string
}

/** What a context may hold: our own span, or one of another implementation. */
export interface ContextSpan {
  spanContext(): SpanContext
}

const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/
const SPAN_ID = /^(?!0{16})[0-9a-f]{16}$/

/** Empty where there is none, or what is none. */
export function traceStateOf(of: SpanContext | undefined): string {
  const state: Partial<TraceStateLike> | undefined = of?.traceState
  return state?.serialize?.() ?? ''
}

export function isValidSpanContext({ traceId, spanId }: SpanContext): boolean {
  return TRACE_ID.test(traceId) && SPAN_ID.test(spanId)
}
