/**
 * What was recorded, as processors and exporters see it. Nobody changes it any more.
 *
 * Times are two numbers, whole seconds since 1970 and nanoseconds within that second: exact where one JavaScript number is
 * not, and small integers, which V8 keeps without allocating, where a bigint allocates at every step.
 */

/**
 * Every kind of OTLP's AnyValue. A whole number within +-(2^53-1) is an intValue, any other a doubleValue; a bigint an intValue of
 * 64 bits; a Uint8Array a bytesValue; null the value that is not set. Maps have no prototype. Never cyclic, at most 16 deep.
 */
export type AttributeValue =
  | string
  | number
  | boolean
  | bigint
  | Uint8Array
  | null
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue }

// A list, since objects would sort keys like `7` to the front and stumble over `__proto__`, and take four times as long to fill and walk.
/** Key, value, key, value ...; no key twice, none empty. */
export type AttributeList = readonly AttributeValue[]

/** Where records come from. One object for all of a process: its encoding may be kept by identity. */
export interface Resource {
  readonly attributes: AttributeList
  /** Empty for none. */
  readonly schemaUrl: string
}

/** The part of the program that records. One object for a name, version and schema URL. */
export interface Scope {
  readonly name: string
  readonly version: string
  readonly schemaUrl: string
  readonly attributes: AttributeList
}

export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer'
export type StatusCode = 'unset' | 'ok' | 'error'

export interface SpanEvent {
  readonly name: string
  readonly seconds: number
  readonly nanos: number
  readonly attributes: AttributeList
  readonly droppedAttributes: number
}

export interface Link {
  /** 32 and 16 lower-case hex digits. */
  readonly traceId: string
  readonly spanId: string
  readonly traceState: string
  readonly attributes: AttributeList
  readonly droppedAttributes: number
  /** As of OTLP: W3C's trace flags, 0x100 (it is known whether the context came from elsewhere), 0x200 (it did). */
  readonly flags: number
}

/** A span that has ended. */
export interface SpanData {
  /** 32 lower-case hex digits. */
  readonly traceId: string
  /** 16 lower-case hex digits. */
  readonly spanId: string
  /** Empty for a root. */
  readonly parentSpanId: string
  readonly traceState: string
  /** As of OTLP: W3C's trace flags of this span; 0x100 and 0x200 as of a link, for its parent. */
  readonly flags: number
  readonly name: string
  readonly kind: SpanKind
  readonly startSeconds: number
  readonly startNanos: number
  /** Never before the start. */
  readonly endSeconds: number
  readonly endNanos: number
  readonly status: StatusCode
  /** Empty unless the status is an error. */
  readonly statusMessage: string
  readonly attributes: AttributeList
  readonly droppedAttributes: number
  readonly events: readonly SpanEvent[]
  readonly droppedEvents: number
  readonly links: readonly Link[]
  readonly droppedLinks: number
  readonly scope: Scope
}

export interface LogData {
  readonly seconds: number
  readonly nanos: number
  readonly observedSeconds: number
  readonly observedNanos: number
  /** OpenTelemetry's severity number, 1 to 24; 0 for none. */
  readonly severity: number
  readonly severityText: string
  readonly eventName: string
  /** Undefined for none; null is a value. */
  readonly body: AttributeValue | undefined
  /** Of the active span; empty, and flags 0, without one. */
  readonly traceId: string
  readonly spanId: string
  /** W3C's trace flags. */
  readonly flags: number
  readonly attributes: AttributeList
  readonly droppedAttributes: number
  readonly scope: Scope
}

/** What all points have. */
interface Point {
  readonly attributes: AttributeList
  /** Since when it counts; 0 and 0 for gauges. */
  readonly startSeconds: number
  readonly startNanos: number
  readonly seconds: number
  readonly nanos: number
}

export interface NumberPoint extends Point {
  readonly value: number
}

export interface HistogramPoint extends Point {
  readonly count: number
  readonly sum: number
  /** Undefined when nothing was recorded in the interval, or what was recorded may be negative. */
  readonly min: number | undefined
  readonly max: number | undefined
  /** Upper bounds, ascending. */
  readonly bounds: readonly number[]
  /** One more than bounds. */
  readonly counts: readonly number[]
}

/** Buckets whose bounds are powers of 2^(2^-scale). Recorded by OpenTelemetry's own SDK, not by this one. */
export interface ExponentialHistogramPoint extends Point {
  readonly count: number
  readonly sum: number
  readonly min: number | undefined
  readonly max: number | undefined
  readonly scale: number
  readonly zeroCount: number
  readonly positive: ExponentialBuckets
  readonly negative: ExponentialBuckets
}

export interface ExponentialBuckets {
  /** Index of the first of `counts`. */
  readonly offset: number
  readonly counts: readonly number[]
}

/** The parts of a metric that do not depend on its kind. One object for a metric's whole life, except for its points. */
export interface MetricDescription {
  readonly name: string
  readonly description: string
  readonly unit: string
  readonly scope: Scope
}

/** One metric's points of one collection, never none. */
export type MetricData = { readonly metric: MetricDescription } & (
  | { readonly type: 'gauge'; readonly valueType: ValueType; readonly points: readonly NumberPoint[] }
  | {
      readonly type: 'sum'
      readonly valueType: ValueType
      readonly monotonic: boolean
      readonly temporality: Temporality
      readonly points: readonly NumberPoint[]
    }
  | {
      readonly type: 'histogram'
      readonly temporality: Temporality
      readonly points: readonly HistogramPoint[]
    }
  | {
      readonly type: 'exponentialHistogram'
      readonly temporality: Temporality
      readonly points: readonly ExponentialHistogramPoint[]
    }
)

/** OTLP's as_int or as_double. */
export type ValueType = 'int' | 'double'
export type Temporality = 'delta' | 'cumulative'
