import type { Platform } from '@spanledger/sdk/platform'

/** Of two worktrees, as the question tells it. */
export interface Conflict {
  worktrees: [string, string]
  grade: string
}

/** An agent has changed something by then. */
const FIRST_LOOK_MS = 10_000
const LOOK_EVERY_MS = 30_000
/** Looking takes at most this part of the time, however large the repository is. */
const SHARE = 20

/**
 * Looks from time to time whether worktrees collide, while somebody works in one of them; what is found is recorded by the
 * question itself. Nothing is told meanwhile: the terminal is the command's.
 *
 * look  asks; undefined when there is nothing to compare. What fails is tried again.
 * Returns  the way to stop, which tells what was found last
 */
export function watchConflicts(
  { clock }: Pick<Platform, 'clock'>,
  look: () => Promise<readonly Conflict[] | undefined>,
): { stop(): readonly Conflict[] } {
  const stopping = new AbortController()
  let found: readonly Conflict[] = []
  const watch = async (): Promise<void> => {
    for (let waitMs = FIRST_LOOK_MS; ;) {
      await clock.rest(waitMs, stopping.signal)
      if (stopping.signal.aborted) return
      const started = clock.monotonicMs()
      found = (await look().catch(() => undefined)) ?? []
      waitMs = Math.max(LOOK_EVERY_MS, (clock.monotonicMs() - started) * SHARE)
    }
  }
  void watch()
  return {
    stop() {
      stopping.abort()
      return found
    },
  }
}
