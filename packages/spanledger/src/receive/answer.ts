import type { Signal } from '../otlp/index.ts'
import type { Accepted, Encoding } from './ingest.ts'

/** google.rpc codes that the receivers answer with. */
export const RPC = {
  OK: 0,
  INVALID_ARGUMENT: 3,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
} as const

/** A refused request, in both protocols' words. */
export interface Refusal {
  http: number
  grpc: number
  message: string
  /** Set when the client should try again. */
  retryAfterSeconds?: number
}

const REJECTED_FIELD: Record<Signal, string> = {
  traces: 'rejectedSpans',
  metrics: 'rejectedDataPoints',
  logs: 'rejectedLogRecords',
}

/** Body of a refusal: google.rpc.Status in the request's own encoding. */
export function encodeStatus(refusal: Refusal, encoding: Encoding): Uint8Array {
  if (encoding === 'json') {
    return Buffer.from(JSON.stringify({ code: refusal.grpc, message: refusal.message }))
  }
  return Buffer.concat([
    varintField(1, refusal.grpc),
    bytesField(2, Buffer.from(refusal.message)),
    retryInfo(refusal),
  ])
}

/**
 * Body of a success: Export*ServiceResponse, without `partial_success` when all was accepted.
 *
 * Source  opentelemetry-proto collector/{trace,metrics,logs}/v1: field 1 partial_success { 1 rejected, 2 error_message }
 */
export function encodeAccepted(signal: Signal, accepted: Accepted, encoding: Encoding): Uint8Array {
  const { rejected, message } = accepted
  if (rejected === 0 && message === '') return Buffer.from(encoding === 'json' ? '{}' : '')
  if (encoding === 'json') {
    const partialSuccess = { [REJECTED_FIELD[signal]]: String(rejected), errorMessage: message }
    return Buffer.from(JSON.stringify({ partialSuccess }))
  }
  return bytesField(1, Buffer.concat([varintField(1, rejected), bytesField(2, Buffer.from(message))]))
}

/** `details`: a google.rpc.RetryInfo, so that gRPC clients know how long to wait. */
function retryInfo({ retryAfterSeconds }: Refusal): Uint8Array {
  if (retryAfterSeconds === undefined) return Buffer.alloc(0)
  const info = bytesField(1, varintField(1, retryAfterSeconds))
  const typeUrl = Buffer.from('type.googleapis.com/google.rpc.RetryInfo')
  return bytesField(3, Buffer.concat([bytesField(1, typeUrl), bytesField(2, info)]))
}

function varint(value: number): number[] {
  const out: number[] = []
  let rest = value
  while (rest > 127) {
    out.push((rest % 128) | 128)
    rest = Math.floor(rest / 128)
  }
  return [...out, rest]
}

function varintField(field: number, value: number): Uint8Array {
  return value === 0 ? Buffer.alloc(0) : Buffer.from([field << 3, ...varint(value)])
}

function bytesField(field: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from([(field << 3) | 2, ...varint(bytes.length)]), bytes])
}
