import * as v from 'valibot'
import type { PullRequestTie } from '../../projection/index.ts'
import { git, readRepository } from '../../worktrees/index.ts'
import { limit, text } from '../params.ts'
import { type Cut, cutAt, query } from '../query.ts'
import { isRefusal, refusal, type Refusal } from '../refusal.ts'
import { repositoryName, tiePullRequest } from './pull-request-ties.ts'
import { findSession } from './sessions.ts'

export interface PullRequestsAnswer extends Cut {
  rows: PullRequestTie[]
}

export const pullRequests = query({
  summary: 'Pull requests that are known, with their branches and sessions',
  params: v.strictObject({ limit: limit(50, 'pull requests') }),
  async run(context, given): Promise<PullRequestsAnswer> {
    const outcomes = await (await context.outcomes()).current()
    const rows = [...outcomes.pullRequests.values()].toSorted(
      (a, b) =>
        (a.repository < b.repository ? -1 : a.repository > b.repository ? 1 : 0) || b.number - a.number,
    )
    return cutAt(rows, given.limit)
  },
})

const URL_OF_ONE =
  /^https?:\/\/[^/\s]+\/(?:.+\/)?(?<repository>[^/\s]+)\/(?:pull|pulls|merge_requests|-\/merge_requests)\/(?<number>\d+)/

export const pullRequestTie = query({
  summary: 'Says which branch or session a pull request is made of',
  effect: 'writes',
  creates: false,
  params: v.strictObject({
    pullRequest: text('its number, or its address', 'NUMBER|URL', 1),
    branch: v.optional(text('all sessions on this branch are its', 'BRANCH')),
    session: v.optional(text('this session is its: an id, the beginning of one, or "last"', 'ID')),
    repo: v.optional(text('any folder of the repository', 'DIR'), '.'),
  }),
  async run(context, { pullRequest: asked, branch, session: id, repo }): Promise<PullRequestTie | Refusal> {
    if (branch === undefined && id === undefined)
      return refusal('BAD_PARAMETER', 'nothing is to be tied', 'give --branch BRANCH or --session ID')
    const address = URL_OF_ONE.exec(asked)?.groups
    const number = Number(address?.['number'] ?? /^#?(\d{1,9})$/.exec(asked)?.[1] ?? Number.NaN)
    if (!Number.isSafeInteger(number) || number < 1)
      return refusal(
        'BAD_PARAMETER',
        `"${asked}" is no pull request`,
        'give its number, such as 12, or its address, such as https://github.com/acme/shop/pull/12',
      )
    const model = await context.sessions()
    await model.refresh()
    const session = id === undefined ? undefined : await findSession(model, id, 0)
    if (isRefusal(session)) return session
    const here = await readRepository(git, repo).catch(() => undefined)
    const repository = (here && repositoryName(here.id)) ?? session?.repository ?? address?.['repository']
    if (repository === undefined)
      return refusal(
        'NOT_A_REPOSITORY',
        `${repo} is in no git repository, so it is not known whose pull request ${number} is`,
        'go there first, or name one: --repo DIR',
      )
    return tiePullRequest(context, {
      repository,
      number,
      url: address === undefined ? null : asked,
      branch: branch ?? null,
      sessions: session === undefined ? [] : [session.id],
      because: 'told by hand',
    })
  },
})
