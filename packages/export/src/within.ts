import { clearTimeout, setTimeout } from 'node:timers'
import type { Clock } from '@spanledger/sdk/platform'

/** Resolves when the work is done, or after `ms` without it; keeps the process alive meanwhile. True when it was done. */
export async function within(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  const end = new AbortController()
  const timer = clock.rest(ms, end.signal).then(() => false)
  const hold = setTimeout(() => {}, ms)
  try {
    return await Promise.race([work.then(() => true), timer])
  } finally {
    end.abort()
    clearTimeout(hold)
  }
}
