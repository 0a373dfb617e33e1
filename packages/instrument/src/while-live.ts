import { live } from '@spanledger/sdk'
import type { Live } from '@spanledger/sdk'

/**
 * What an instrumentation measures with: made once for each recording, at its first use. Returns undefined while recording is
 * off, which is all that instrumented code then costs.
 */
export function whileLive<T>(make: (live: Live) => T): () => T | undefined {
  let madeFor: Live | undefined
  let made: T | undefined
  return () => {
    if (live !== madeFor) {
      madeFor = live
      made = live && make(live)
    }
    return made
  }
}
