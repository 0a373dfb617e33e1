/**
 * The ledger's lines as JSON.parse gives them. Source: docs/reference/ledger-format.md.
 *
 * JSON.parse cannot tell 1 from 1.0: whoever needs the OTLP kind of a number reads the text of the line instead.
 */

/** An AnyValue: see the table "Values" of the format. */
export type Value = string | number | boolean | null | Value[] | { [key: string]: Value }

/** An attribute list; `$kvlist` is its only key when a name was repeated or begins with `$`. */
export type Attributes = Record<string, Value>

/** Nanoseconds since 1970 as decimal digits: exact where a JavaScript number is not. */
export type UnixNano = string

export type SpanKind = 'unspecified' | 'server' | 'client' | 'producer' | 'consumer' | number

/** First line of every segment. */
export interface HeaderLine {
  ledger: number
  kind: LedgerKind
  segment: string
  writer: string
  created: UnixNano
  /** Position of the first event; events segments only. */
  position?: number
}

export type SignalKind = 'spans' | 'logs' | 'metrics'
export type LedgerKind = SignalKind | 'events'

export interface ResourceLine {
  attrs?: Attributes
  dropped?: number
  schemaUrl?: string
  entities?: { type: string; idKeys?: string[]; descriptionKeys?: string[]; schemaUrl?: string }[]
}

export interface ScopeLine {
  name?: string
  version?: string
  attrs?: Attributes
  dropped?: number
  schemaUrl?: string
}

/** Definition: where records come from. */
export interface OriginLine {
  origin: string
  resource?: ResourceLine
  scope?: ScopeLine
}

/** Definition: what all points of one metric share. */
export interface MetricLine {
  metric: string
  name: string
  type: 'gauge' | 'sum' | 'histogram' | 'exponentialHistogram' | 'summary'
  unit?: string
  description?: string
  temporality?: 'unspecified' | 'delta' | 'cumulative' | number
  monotonic?: true
  metadata?: Attributes
}

export interface SpanEventLine {
  name: string
  time: UnixNano
  attrs?: Attributes
  dropped?: number
}

export interface SpanLinkLine {
  trace: string
  span: string
  state?: string
  attrs?: Attributes
  dropped?: number
  flags?: number
}

export interface SpanLine {
  span: string
  trace: string
  parent?: string
  name: string
  /** Absent for internal spans. */
  kind?: SpanKind
  start: UnixNano
  /** Duration; absent when it is negative or beyond 2^53-1, then `end` stands instead. */
  ns?: number
  end?: UnixNano
  status?: 'ok' | 'error' | number
  message?: string
  state?: string
  flags?: number
  attrs?: Attributes
  dropped?: number
  events?: SpanEventLine[]
  droppedEvents?: number
  links?: SpanLinkLine[]
  droppedLinks?: number
  in: string
}

export interface LogLine {
  /** Time of the record, "0" when the sender did not say. */
  log: UnixNano
  observed?: UnixNano
  severity?: number
  level?: string
  name?: string
  body?: Value
  trace?: string
  span?: string
  flags?: number
  attrs?: Attributes
  dropped?: number
  in: string
}

export interface ExemplarLine {
  value?: Value
  time: UnixNano
  attrs?: Attributes
  trace?: string
  span?: string
}

export interface PointLine {
  point: string
  metric: string
  time: UnixNano
  start?: UnixNano
  value?: Value
  count?: number | string
  sum?: Value
  min?: Value
  max?: Value
  bounds?: Value[]
  counts?: (number | string)[]
  scale?: number
  zeroCount?: number | string
  zeroThreshold?: Value
  positive?: { offset?: number; counts?: (number | string)[] }
  negative?: { offset?: number; counts?: (number | string)[] }
  quantiles?: { q: Value; v: Value }[]
  exemplars?: ExemplarLine[]
  flags?: number
  attrs?: Attributes
  in: string
}
