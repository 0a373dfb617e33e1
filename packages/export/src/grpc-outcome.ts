import { Buffer } from 'node:buffer'
import { readable, readResponse, readStatus } from './answer.ts'
import { RETRY_AFTER_MS_MAX } from './limits.ts'
import type { Outcome } from './outcome.ts'

/** Codes of gRPC, by number. */
const CODES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
]

const RETRYABLE = new Set([
  'CANCELLED',
  'DEADLINE_EXCEEDED',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNAVAILABLE',
  'DATA_LOSS',
])

export interface GrpcAnswer {
  /** `:status` of HTTP/2. */
  httpStatus: number
  /** Undefined when the answer ended without one. */
  code: number | undefined
  /** As it came: percent-encoded. */
  message: string
  /** `grpc-status-details-bin`: a google.rpc.Status in base64. */
  details: string
  /** The framed message; undefined when there was none that could be read. */
  body: Uint8Array | undefined
}

/** Source: OTLP specification, "OTLP/gRPC Response"; the table of codes there decides. */
export function grpcOutcome(answer: GrpcAnswer): Outcome {
  if (answer.code === undefined) return withoutStatus(answer.httpStatus)
  const name = CODES[answer.code] ?? `code ${answer.code}`
  if (name === 'OK')
    return { kind: 'delivered', ...readResponse(answer.body ?? new Uint8Array(0), 'protobuf') }
  const status = readStatus(Buffer.from(answer.details, 'base64'), 'protobuf')
  const message = decoded(answer.message) || status.message
  const reason = `gRPC ${name}${message === '' ? '' : `: ${message}`}`
  const isRetryable =
    RETRYABLE.has(name) || (name === 'RESOURCE_EXHAUSTED' && status.retryAfterMs !== undefined)
  if (!isRetryable) return { kind: 'refused', reason }
  return status.retryAfterMs === undefined
    ? { kind: 'unavailable', reason }
    : { kind: 'unavailable', reason, afterMs: Math.min(status.retryAfterMs, RETRY_AFTER_MS_MAX) }
}

/** An answer by something that is no gRPC server. Source: gRPC's http-grpc-status-mapping.md. */
function withoutStatus(httpStatus: number): Outcome {
  const reason = `HTTP ${httpStatus} without a gRPC status: this is not an OTLP/gRPC endpoint`
  const kind = [429, 502, 503, 504].includes(httpStatus) ? 'unavailable' : 'refused'
  return { kind, reason }
}

function decoded(message: string): string {
  try {
    return readable(decodeURIComponent(message))
  } catch {
    return readable(message)
  }
}
