import type { Platform } from '@spanledger/sdk/platform'

/** What a process does beside its work, until it is stopped; `stop` resolves when nothing of it runs any more. */
export interface Beside {
  stop(): Promise<void>
}

/** Looking takes at most this part of the time, however long a look takes. */
const SHARE = 20

/**
 * Looks from time to time, one look behind the other, and never keeps the process alive by waiting.
 *
 * firstMs, everyMs  before the first look, and between the end of one and the start of the next: longer where looks are slow
 * look              ends early when its signal is aborted; what it throws goes to `failed`, and is tried again at the next one
 */
export function lookEvery(
  { clock }: Pick<Platform, 'clock'>,
  { firstMs, everyMs }: { firstMs: number; everyMs: number },
  look: (stopped: AbortSignal) => Promise<void>,
  failed: (error: Error) => void,
): Beside {
  const stopping = new AbortController()
  const looking = (async () => {
    for (let waitMs = firstMs; ;) {
      await clock.rest(waitMs, stopping.signal)
      if (stopping.signal.aborted) return
      const started = clock.monotonicMs()
      await look(stopping.signal).catch(failed)
      waitMs = Math.max(everyMs, (clock.monotonicMs() - started) * SHARE)
    }
  })()
  return {
    async stop() {
      stopping.abort()
      await looking
    },
  }
}
