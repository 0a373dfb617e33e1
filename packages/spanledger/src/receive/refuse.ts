import { RPC, type Refusal } from './answer.ts'
import type { ReceiveLimits } from './limits.ts'

/** A request that is refused before or while its body is read. */
export class RefusedError extends Error {
  readonly code = 'REFUSED'
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.message)
    this.refusal = refusal
  }
}

/** An error's `code` -> what the client is told. One table for both protocols. */
export function refusalOf(error: unknown, limits: ReceiveLimits): Refusal {
  if (error instanceof RefusedError) return error.refusal
  const { code, message } = error as { code?: string; message?: string }
  switch (code) {
    case 'MALFORMED_OTLP':
      return { http: 400, grpc: RPC.INVALID_ARGUMENT, message: message ?? 'malformed OTLP' }
    case 'STORAGE_FULL':
    case 'STORAGE_SYNC':
    case 'STORAGE_FAILED':
    case 'STORAGE_BUSY':
    case 'STORE_CLOSED':
      return { ...retryLater(limits), message: message ?? 'the ledger cannot be written right now' }
    default:
      return { http: 500, grpc: RPC.INTERNAL, message: `internal error: ${message ?? String(error)}` }
  }
}

export function retryLater(limits: ReceiveLimits): Omit<Refusal, 'message'> {
  return { http: 503, grpc: RPC.UNAVAILABLE, retryAfterSeconds: limits.retryAfterSeconds }
}

export function tooLarge(limits: ReceiveLimits): RefusedError {
  const mebibytes = limits.requestBytesMax / 1024 / 1024
  const message = `the request is larger than ${mebibytes} MiB, compressed or inflated; send smaller batches`
  return new RefusedError({ http: 413, grpc: RPC.RESOURCE_EXHAUSTED, message })
}

export function badRequest(message: string): RefusedError {
  return new RefusedError({ http: 400, grpc: RPC.INVALID_ARGUMENT, message })
}
