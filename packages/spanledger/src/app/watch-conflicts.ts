import type { Platform } from '@spanledger/sdk/platform'
import { lookEvery } from './beside.ts'

/** Of two worktrees, as the question tells it. */
export interface Conflict {
  worktrees: [string, string]
  grade: string
}

/** An agent has changed something by the first look. */
const PACE = { firstMs: 10_000, everyMs: 30_000 }

/**
 * Looks from time to time whether worktrees collide, while somebody works in one of them; what is found is recorded by the
 * question itself. Nothing is told meanwhile: the terminal is the command's.
 *
 * look  asks; undefined when there is nothing to compare. What fails is tried again.
 * Returns  the way to stop, at once, which tells what was found last
 */
export function watchConflicts(
  platform: Pick<Platform, 'clock'>,
  look: () => Promise<readonly Conflict[] | undefined>,
): { stop(): readonly Conflict[] } {
  let found: readonly Conflict[] = []
  const watching = lookEvery(
    platform,
    PACE,
    async () => void (found = (await look()) ?? []),
    () => (found = []),
  )
  return {
    stop() {
      void watching.stop()
      return found
    },
  }
}
