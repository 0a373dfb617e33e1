import { setTimeout } from 'node:timers'
import { nodePlatform } from '../platform/index.ts'
import type { Platform } from '../platform/index.ts'

const sleep: Platform['clock']['sleep'] = (ms, signal) =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    setTimeout(resolve, ms).unref()
    signal?.addEventListener('abort', () => resolve(), { once: true })
  })

/** The machine itself, but no sleep in it keeps the process alive. */
export function backgroundPlatform(): Platform {
  const platform = nodePlatform()
  return { ...platform, clock: { ...platform.clock, sleep } }
}
