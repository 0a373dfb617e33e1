import { readResponse, readStatus } from './answer.ts'
import { RETRY_AFTER_MS_MAX } from './limits.ts'
import type { Outcome } from './outcome.ts'

export interface HttpAnswer {
  status: number
  contentType: string
  retryAfter: string | undefined
  /** Undefined when it was cut off, or too long to be read. */
  body: Uint8Array | undefined
}

const RETRYABLE = new Set([429, 502, 503, 504])

/**
 * What an HTTP answer means. Its status decides: once it is 2xx the request was taken, whatever becomes of the rest of the
 * answer, and to send it again would record it twice.
 *
 * Source  OTLP specification, "OTLP/HTTP Response"
 */
export function httpOutcome(answer: HttpAnswer, nowMs: number): Outcome {
  const { status } = answer
  const contentType = answer.contentType.toLowerCase()
  const body = answer.body ?? new Uint8Array(0)
  const encoding = contentType.startsWith('application/json') ? 'json' : 'protobuf'
  const isOtlp = encoding === 'json' || contentType.startsWith('application/x-protobuf')
  if (status >= 200 && status < 300) {
    // A web page's server says 200 to everything.
    if (contentType.startsWith('text/html'))
      return { kind: 'refused', reason: `HTTP ${status} with a web page: this is not an OTLP endpoint` }
    return {
      kind: 'delivered',
      ...(isOtlp ? readResponse(body, encoding) : { rejected: 0, message: '' }),
    }
  }
  const { message } = isOtlp ? readStatus(body, encoding) : { message: '' }
  const reason = `HTTP ${status}${message === '' ? '' : `: ${message}`}`
  if (status >= 300 && status < 400)
    return { kind: 'refused', reason: `${reason}: redirects are not followed` }
  if (!RETRYABLE.has(status)) return { kind: 'refused', reason }
  const afterMs = retryAfterMs(answer.retryAfter, nowMs)
  return afterMs === undefined ? { kind: 'unavailable', reason } : { kind: 'unavailable', reason, afterMs }
}

/** Retry-After in seconds or as a date (RFC 9110, 10.2.3); undefined when it is neither. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? ''
  if (text === '') return undefined
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), RETRY_AFTER_MS_MAX)
}
