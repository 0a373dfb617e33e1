import * as v from 'valibot'
import { agentOf, liveRuns } from '../../run/index.ts'
import {
  aheadOf,
  findCollisions,
  git,
  type Grade,
  uncommittedIn,
  type Worktree,
} from '../../worktrees/index.ts'
import { query } from '../query.ts'
import type { Refusal } from '../refusal.ts'
import { runsAtWorkIn, workedIn } from './worked-in.ts'
import { recordConflicts, repo, withRepository } from './worktrees.ts'

export interface WorktreeStatusRow extends Worktree {
  /** Files that differ from HEAD or are new; null where the folder is gone. */
  uncommitted: number | null
  /** Commits that `base` has not, and those of `base` that are not here; null where there is nothing to compare with. */
  ahead: number | null
  behind: number | null
  /** Its upstream, else the branch of the first worktree. */
  base: string | null
  /** Sessions that are at work in it now, and runs of which no session is known. */
  atWork: { id: string; agent: string; task: string | null }[]
  /** All that worked in it, and what they cost. */
  sessions: number
  costUsd: number | null
  /** What is worked on in it now, or was last. */
  tasks: string[]
  conflicts: { with: string; grade: Grade; files: number }[]
}

export interface WorktreeStatusAnswer {
  repository: string
  rows: WorktreeStatusRow[]
  /** Runs at work on this machine, in whichever repository. */
  runs: number
}

export const worktreeStatus = query({
  summary:
    'What goes on in each worktree of a repository: its branch, who is at work, on what, what it cost, what collides',
  params: v.strictObject({ repo }),
  effect: 'writes',
  creates: false,
  run: (context, given): Promise<WorktreeStatusAnswer | Refusal> =>
    withRepository(given.repo, async (repository) => {
      const [sessions, found, live] = await Promise.all([
        workedIn(context, repository),
        findCollisions(git, repository),
        liveRuns(context.platform, context.home),
      ])
      await recordConflicts(context, repository, found)
      const first = repository.worktrees.find(({ main }) => main)
      const row = async (worktree: Worktree): Promise<WorktreeStatusRow> => {
        const worked = sessions.get(worktree) ?? []
        const active = worked.filter(({ status }) => status === 'active')
        const runs = (await runsAtWorkIn(context, repository, worktree)).filter(
          ({ run }) => !active.some((session) => session.run === run),
        )
        const atWork = [
          ...active.map(({ id, agent, task }) => ({ id, agent, task })),
          ...runs.map(({ run, program, task }) => ({ id: run, agent: agentOf(program) ?? program, task })),
        ]
        const costs = worked.map(({ costUsd }) => costUsd).filter((cost) => cost !== null)
        const tasks = (atWork.length > 0 ? atWork : worked.slice(0, 1)).map(({ task }) => task)
        return {
          ...worktree,
          uncommitted: worktree.missing ? null : (await uncommittedIn(git, worktree.path)).length,
          ...(await aheadOf(git, worktree, first)),
          atWork,
          sessions: worked.length,
          costUsd: costs.length === 0 ? null : costs.reduce((sum, cost) => sum + cost, 0),
          tasks: [...new Set(tasks)].filter((task) => task !== null),
          conflicts: found.collisions
            .filter(({ worktrees }) => worktrees.includes(worktree.name))
            .map(({ worktrees: [a, b], grade, files }) => ({
              with: a === worktree.name ? b : a,
              grade,
              files: files.length,
            })),
        }
      }
      const rows = await Promise.all(repository.worktrees.map(row))
      return { repository: repository.id, rows, runs: live.length }
    }),
})
