import type { Platform } from '@spanledger/sdk/platform'
import type { WatchSettings } from '../watch/index.ts'
import type { Beside } from './beside.ts'
import type { Questions } from './questions.ts'

/** Sessions are judged once the daemon is at rest: receiving comes first. */
const WATCH_AFTER_MS = 700
/** The disk may be full for a while. */
const AGAIN_AFTER_MS = 10_000

/** Judges sessions while they work, beside receiving; what fails is told, and begun again. */
export function watchSessions(
  { clock }: Pick<Platform, 'clock'>,
  questions: Pick<Questions, 'watch'>,
  settings: Partial<WatchSettings>,
  warn: (message: string) => void,
): Beside {
  const stopping = new AbortController()
  const { signal } = stopping
  const watching = (async () => {
    if (settings.enabled === false) return
    await clock.rest(WATCH_AFTER_MS, signal)
    while (!signal.aborted) {
      await questions.watch({ settings, runsCommand: true, signal, warn })
      await clock.rest(AGAIN_AFTER_MS, signal)
    }
  })()
  return {
    async stop() {
      stopping.abort()
      await watching
    },
  }
}
