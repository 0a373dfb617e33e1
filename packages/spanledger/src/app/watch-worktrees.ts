import type { Platform } from '@spanledger/sdk/platform'
import { git, readRepository } from '../worktrees/index.ts'
import { type Beside, lookEvery } from './beside.ts'
import type { Questions } from './questions.ts'

/** Beyond the share of the time that `lookEvery` leaves: a comparison of 20 worktrees of 10,000 files takes 2 s. */
const PACE = { firstMs: 15_000, everyMs: 30_000 }
/** Where nothing was heard of for longer, nobody is at work. */
const LATELY_MS = 30 * 60_000
/** Looked at in one look, those that were worked in last. */
const REPOSITORIES_MAX = 20

/**
 * Compares the worktrees of the repositories that somebody works in, while the daemon runs; the question records what it
 * finds. Folders that are gone, or in no repository, are left out.
 */
export function watchWorktrees(
  platform: Platform,
  questions: Pick<Questions, 'run' | 'tying'>,
  warn: (message: string) => void,
): Beside {
  return lookEvery(
    platform,
    PACE,
    async (signal) => {
      const folders = await (await questions.tying()).folders(platform.clock.nowMs() - LATELY_MS)
      const looked = new Set<string>()
      for (const folder of folders) {
        if (signal.aborted || looked.size === REPOSITORIES_MAX) return
        const repository = await readRepository(git, folder).catch(() => undefined)
        if (repository === undefined || looked.has(repository.commonDir) || repository.worktrees.length < 2)
          continue
        looked.add(repository.commonDir)
        await questions.run('worktree.conflicts', { repo: folder })
      }
    },
    (error) => warn(`worktrees are not compared: ${error.message}`),
  )
}
