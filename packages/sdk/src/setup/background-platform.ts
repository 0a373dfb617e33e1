import { clearTimeout, setTimeout } from 'node:timers'
import { nodePlatform } from '../platform/index.ts'
import type { Platform } from '../platform/index.ts'

const sleep: Platform['clock']['sleep'] = (ms, signal) =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    // A signal lives as long as recording does: what each sleep left on it would add up.
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms).unref()
    signal?.addEventListener('abort', done)
  })

/** The machine itself, but no sleep in it keeps the process alive. */
export function backgroundPlatform(): Platform {
  const platform = nodePlatform()
  return { ...platform, clock: { ...platform.clock, sleep } }
}
