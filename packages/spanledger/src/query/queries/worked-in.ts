import type { SessionSummary } from '../../projection/index.ts'
import { type LiveRun, liveRuns } from '../../run/index.ts'
import { type Repository, type Worktree, worktreeAround } from '../../worktrees/index.ts'
import type { QueryContext } from '../context.ts'

/** Sessions looked at, the latest. */
const SESSIONS_MAX = 10_000

/**
 * The sessions that worked in each worktree, latest first: by their working directory, which belongs to the innermost worktree around
 * it, else by the names of repository and worktree that were told or tied.
 */
export async function workedIn(
  context: QueryContext,
  { id, worktrees }: Repository,
): Promise<Map<Worktree, SessionSummary[]>> {
  const model = await context.sessions()
  await model.refresh()
  const repository = id.replace(/-[0-9a-f]{6}$/, '')
  const found = new Map<Worktree, SessionSummary[]>()
  for (const session of model.list({ limit: SESSIONS_MAX }).sessions) {
    const { workingDirectory } = session
    const at =
      workingDirectory === null
        ? session.repository === repository && worktrees.find(({ name }) => name === session.worktree)
        : worktreeAround(worktrees, workingDirectory)
    if (at) found.set(at, [...(found.get(at) ?? []), session])
  }
  return found
}

/** The runs that are at work in one of these, as far as this machine can tell. */
export async function runsAtWorkIn(
  { platform, home }: QueryContext,
  { worktrees }: Pick<Repository, 'worktrees'>,
  worktree: Worktree,
): Promise<LiveRun[]> {
  const live = await liveRuns(platform, home)
  return live.filter(({ workingDirectory }) => worktreeAround(worktrees, workingDirectory) === worktree)
}
