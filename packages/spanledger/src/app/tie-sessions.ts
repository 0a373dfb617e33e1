import type { Platform } from '@spanledger/sdk/platform'
import type { Tying } from '../ties/index.ts'
import { type Beside, lookEvery } from './beside.ts'

/** What was received last is in the sessions by then. */
const PACE = { firstMs: 3_000, everyMs: 10_000 }
/** Sessions not heard of for longer are left to `session tie --all`, but for the first look. */
const LOOKBACK_MS = 60 * 60_000
const FIRST_LOOKBACK_MS = 7 * 24 * LOOKBACK_MS

/** Ties sessions that do not say what they belong to, and ends those whose run has ended, while the daemon runs. */
export function tieSessions(
  platform: Platform,
  tying: () => Promise<Tying>,
  warn: (message: string) => void,
): Beside {
  let lookbackMs = FIRST_LOOKBACK_MS
  return lookEvery(
    platform,
    PACE,
    async (signal) => {
      await (await tying()).look({ sinceMs: platform.clock.nowMs() - lookbackMs, signal })
      lookbackMs = LOOKBACK_MS
    },
    (error) => warn(`sessions are not tied: ${error.message}`),
  )
}
