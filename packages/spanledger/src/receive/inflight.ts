import type { ReceiveLimits } from './limits.ts'
import { RefusedError, retryLater } from './refuse.ts'

/** Counts the bytes of all requests in memory, whatever protocol they came by. */
export interface Inflight {
  /** Errors  RefusedError (503) when the limit would be passed; nothing is counted then. */
  take(bytes: number): void
  give(bytes: number): void
  /** Resolves when whoever has the turn before gave it back: one large body at a time is inflated and transcoded. */
  turn(): Promise<() => void>
}

export function createInflight(limits: ReceiveLimits): Inflight {
  let held = 0
  const waiting: (() => void)[] = []
  let taken = false
  const giveBack = (): void => {
    const next = waiting.shift()
    if (next === undefined) taken = false
    else next()
  }
  return {
    async turn() {
      if (taken) await new Promise<void>((resolve) => waiting.push(resolve))
      taken = true
      return giveBack
    },
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
