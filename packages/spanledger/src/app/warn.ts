import type { Platform } from '@spanledger/sdk/platform'

/** The same message again is kept quiet for so long: a full disk refuses thousands of requests a second. */
const QUIET_MS = 30_000
const MESSAGES_MAX = 100

/** Tells each message at once, and again only after a while. */
export function createWarner(
  platform: Platform,
  tell: (message: string) => void = () => {},
): (message: string) => void {
  const told = new Map<string, number>()
  return (message) => {
    const nowMs = platform.clock.monotonicMs()
    const last = told.get(message)
    if (last !== undefined && nowMs - last < QUIET_MS) return
    if (told.size >= MESSAGES_MAX) told.clear()
    told.set(message, nowMs)
    tell(message)
  }
}
