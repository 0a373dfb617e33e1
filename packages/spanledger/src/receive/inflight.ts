import type { ReceiveLimits } from './limits.ts'
import { RefusedError, retryLater } from './refuse.ts'

/** Counts the bytes of all requests in memory, whatever protocol they came by. */
export interface Inflight {
  /** Errors  RefusedError (503) when the limit would be passed; nothing is counted then. */
  take(bytes: number): void
  give(bytes: number): void
}

export function createInflight(limits: ReceiveLimits): Inflight {
  let held = 0
  return {
    take(bytes) {
      // One request alone may always come in: it has its own limit.
      if (held > 0 && held + bytes > limits.inflightBytesMax) {
        throw new RefusedError({ ...retryLater(limits), message: 'too many requests at once; try again' })
      }
      held += bytes
    },
    give(bytes) {
      held -= bytes
    },
  }
}
