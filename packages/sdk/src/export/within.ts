import type { Clock } from '../platform/index.ts'

/** Resolves when the work is done, or after `ms` without it; keeps the process alive meanwhile. True when it was done. */
export async function within(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  const end = new AbortController()
  const timer = clock.sleep(ms, end.signal).then(() => false)
  try {
    return await Promise.race([work.then(() => true), timer])
  } finally {
    end.abort()
  }
}
