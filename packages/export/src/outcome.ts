/** The signals of OTLP, by the names that its paths and services use. */
export const SIGNALS = ['traces', 'metrics', 'logs'] as const
export type Signal = (typeof SIGNALS)[number]

export type Encoding = 'protobuf' | 'json'

/** One encoded OTLP export request. */
export interface EncodedRequest {
  bytes: Uint8Array
  encoding: Encoding
  /** Spans, log records or data points in it. */
  items: number
}

/** What became of one attempt. */
export type Outcome =
  /** `message` is a warning when nothing was rejected, the reason when something was. */
  | { kind: 'delivered'; rejected: number; message: string }
  /** Final: the same request will never be taken. */
  | { kind: 'refused'; reason: string }
  /** To be tried again, after `afterMs` if the other side says so. */
  | { kind: 'unavailable'; reason: string; afterMs?: number }

/** Sends requests of one signal to one place. */
export interface Transport {
  /** Never rejects, and ends within the target's timeout. */
  send(request: EncodedRequest): Promise<Outcome>
  /** Drops connections; what is being sent ends as unavailable. */
  close(): void
}
