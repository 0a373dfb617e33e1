/** What the receivers hold in memory at most; each limit answers in the way its protocol calls retryable or final. */
export interface ReceiveLimits {
  /** One request, compressed and inflated alike. Over it: 413, RESOURCE_EXHAUSTED. 64 MiB is OTLP's recommendation. */
  requestBytesMax: number
  /** All requests being read, inflated or written together. Over it: 503 with Retry-After, UNAVAILABLE with RetryInfo. */
  inflightBytesMax: number
  /**
   * How long a request may take to come in. Over it: 503, UNAVAILABLE. Two requests that stall just below their limit would
   * otherwise keep everybody else out for good; exporters themselves give up after 10 s.
   */
  requestMsMax: number
  /** How long a client is asked to wait before it tries again. */
  retryAfterSeconds: number
}

export const DEFAULT_RECEIVE_LIMITS: ReceiveLimits = {
  requestBytesMax: 64 * 1024 * 1024,
  inflightBytesMax: 128 * 1024 * 1024,
  requestMsMax: 30_000,
  retryAfterSeconds: 1,
}

/** Open connections of one listener; more are closed at once. A home has tens of senders, each with a connection a signal. */
export const CONNECTIONS_MAX = 1_000

/** Calls open at once on one gRPC connection, what gRPC itself suggests; a client lets more wait on its side. */
export const GRPC_STREAMS_MAX = 100

/**
 * Of an HTTP connection, in milliseconds. Idle connections outlive the minute between two exports of metrics, or the sender
 * writes into one that is just being closed. `request` only backs up ReceiveLimits.requestMsMax, which answers in OTLP's words.
 */
export const HTTP_TIMEOUTS_MS = { headers: 10_000, request: 60_000, idle: 120_000 }
