import type { Platform } from '@spanledger/sdk/platform'
import type { AnswerOf } from '../query/index.ts'
import { type Beside, lookEvery } from './beside.ts'
import type { Questions } from './questions.ts'

/** Beyond the share of the time that `lookEvery` leaves: git takes 30 ms for the commits of a day. */
const PACE = { firstMs: 20_000, everyMs: 60_000 }
/** Where nothing was heard of for longer, nobody commits. */
const LATELY = '30m'
const SESSIONS_MAX = 100
/** Looked at in one look, those that were worked in last. */
const FOLDERS_MAX = 20

/**
 * Ties commits while the sessions that make them are at work, so that they are known when their branch is gone; the question
 * records what it finds. Folders that are gone, or in no repository, have none.
 */
export function watchCommits(
  platform: Pick<Platform, 'clock'>,
  questions: Pick<Questions, 'run'>,
  warn: (message: string) => void,
): Beside {
  return lookEvery(
    platform,
    PACE,
    async (stopped) => {
      const { rows } = (await questions.run('sessions', {
        since: LATELY,
        limit: SESSIONS_MAX,
      })) as AnswerOf<'sessions'>
      const folders = new Set(rows.flatMap(({ workingDirectory }) => workingDirectory ?? []))
      for (const repo of [...folders].slice(0, FOLDERS_MAX)) {
        if (stopped.aborted) return
        await questions.run('commits', { repo, since: '1d', limit: 1 })
      }
    },
    (error) => warn(`commits are not tied to sessions: ${error.message}`),
  )
}
