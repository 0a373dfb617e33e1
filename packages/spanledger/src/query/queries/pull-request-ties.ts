import { uuidFrom } from '@spanledger/sdk/platform'
import type { PullRequestTie } from '../../projection/index.ts'
import type { GitPullRequest, Repository } from '../../worktrees/index.ts'
import { isUncertain } from '../commits/score.ts'
import type { QueryContext } from '../context.ts'

/** As runs tell it on the telemetry of their sessions: without the digits that tell two clones apart. */
export const repositoryName = (id: string): string => id.replace(/-[0-9a-f]{6}$/, '')

/** Records what pull requests are made of, where that is new. */
export async function tiePullRequests(
  context: QueryContext,
  repository: Repository,
  pulls: readonly GitPullRequest[],
): Promise<void> {
  const { commits } = await (await context.outcomes()).current()
  for (const { number, branch, commits: brought } of pulls) {
    const sessions = brought.flatMap((commit) => {
      const candidates = commits.get(commit)?.candidates ?? []
      return isUncertain(candidates) ? [] : [candidates[0]!.session]
    })
    if (branch === null && sessions.length === 0) continue
    await tiePullRequest(context, {
      repository: repositoryName(repository.id),
      number,
      url: null,
      branch,
      sessions: [...new Set(sessions)].toSorted(),
      because: 'the repository has it',
    })
  }
}

/** Told twice is told once. */
export async function tiePullRequest(
  context: QueryContext,
  told: Omit<PullRequestTie, 'pullRequest'>,
): Promise<PullRequestTie> {
  const tie = { pullRequest: `${told.repository}#${told.number}`, ...told }
  const { pullRequests } = await (await context.outcomes()).current()
  const known = pullRequests.get(tie.pullRequest)
  const adds =
    known === undefined ||
    (tie.url !== null && tie.url !== known.url) ||
    (tie.branch !== null && tie.branch !== known.branch) ||
    tie.sessions.some((session) => !known.sessions.includes(session))
  if (adds) {
    const id = uuidFrom('PullRequestTied', JSON.stringify([known ?? null, tie]))
    await (
      await context.events()
    ).append(`pull-request-${tie.pullRequest}`, [{ event: 'PullRequestTied', id, data: tie }])
  }
  return tie
}
