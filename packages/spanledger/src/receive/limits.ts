/** What the receivers hold in memory at most; each limit answers in the way its protocol calls retryable or final. */
export interface ReceiveLimits {
  /** One request, compressed and inflated alike. Over it: 413, RESOURCE_EXHAUSTED. 64 MiB is OTLP's recommendation. */
  requestBytesMax: number
  /** All requests being read, inflated or written together. Over it: 503 with Retry-After, UNAVAILABLE with RetryInfo. */
  inflightBytesMax: number
  /** How long a client is asked to wait before it tries again. */
  retryAfterSeconds: number
}

export const DEFAULT_RECEIVE_LIMITS: ReceiveLimits = {
  requestBytesMax: 64 * 1024 * 1024,
  inflightBytesMax: 128 * 1024 * 1024,
  retryAfterSeconds: 1,
}
