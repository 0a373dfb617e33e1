import { sep } from 'node:path'
import * as v from 'valibot'
import { uuidFrom } from '@spanledger/sdk/platform'
import type { CommitTie, Outcomes, SessionFigures, SessionReadModel } from '../../projection/index.ts'
import {
  type GitCommit,
  git,
  GitFailedError,
  GitMissingError,
  NotARepositoryError,
  readCommits,
  readPullRequests,
  readRepository,
  type Repository,
} from '../../worktrees/index.ts'
import { type Author, candidatesFor, isUncertain } from '../commits/score.ts'
import type { QueryContext } from '../context.ts'
import { timeRange } from '../ledger-input.ts'
import { limit, text, time } from '../params.ts'
import { type Cut, cutAt, query } from '../query.ts'
import { isRefusal, type Refusal } from '../refusal.ts'
import { rowsOfTask } from './carried-task.ts'
import { tiesIn } from './cost-ties.ts'
import { repositoryName, tiePullRequests } from './pull-request-ties.ts'
import { findSession } from './sessions.ts'

export interface CommitRow extends CommitTie {
  /** As git has it now; null where it has it no more. */
  subject: string | null
  /** The best candidate's; null where nobody may have made it. */
  session: string | null
  task: string | null
  score: number
  uncertain: boolean
  because: string[]
}

export interface CommitsAnswer extends Cut {
  /** Null outside of a repository: then only what was recorded is told. */
  repository: string | null
  /** Latest first. */
  rows: CommitRow[]
}

/** Commits of a repository that are looked at, the latest. */
const COMMITS_MAX = 1_000
/** Sessions whose commands are looked through for `git commit`. */
const COMMANDS_MAX = 50
const COMMITS = /\bgit\b[^;&|]*\bcommit\b/

export const commits = query({
  summary: 'Commits, and which session made them, how sure and why',
  params: v.strictObject({
    session: v.optional(text('only of this one: an id, the beginning of one, or "last"', 'ID')),
    task: v.optional(text('only of the sessions of this task', 'ID')),
    since: v.optional(time('only commits since then')),
    repo: v.optional(text('any folder of the repository', 'DIR'), '.'),
    limit: limit(50, 'commits'),
  }),
  effect: 'writes',
  creates: false,
  async run(context, given): Promise<CommitsAnswer | Refusal> {
    const model = await context.sessions()
    await model.refresh()
    const session = given.session === undefined ? undefined : await findSession(model, given.session, 0)
    if (isRefusal(session)) return session
    const { since } = timeRange(context, { since: given.since })
    const sinceMs = since === undefined ? undefined : Number(since / 1_000_000n)
    const repository = await repositoryAt(given.repo)
    const found =
      repository === undefined ? [] : await readCommits(git, given.repo, { sinceMs, max: COMMITS_MAX })
    if (repository !== undefined && !context.home.readOnly)
      await tie(context, model, repository, given.repo, found)
    const { ties, outcomes } = await tiesIn(context, { teams: false })
    const tasks = new Map<string, string | null>()
    for (const { summary } of model.figures()) tasks.set(summary.id, ties.keyOf(summary, 'task'))
    const all = rowsOf(outcomes, found, repository, tasks)
    const ofTask = await rowsOfTask(context, all, given.task)
    if (isRefusal(ofTask)) return ofTask
    const rows = ofTask
      .filter((row) => session === undefined || row.session === session.id)
      .filter((row) => sinceMs === undefined || Date.parse(row.authoredAt) >= sinceMs)
    return { repository: repository?.id ?? null, ...cutAt(rows, given.limit) }
  },
})

/** Undefined where there is none, or no git: what was recorded can be told all the same. */
async function repositoryAt(folder: string): Promise<Repository | undefined> {
  try {
    return await readRepository(git, folder)
  } catch (error) {
    if (
      error instanceof NotARepositoryError ||
      error instanceof GitMissingError ||
      error instanceof GitFailedError
    )
      return undefined
    throw error
  }
}

/** Records whose work the commits are, where that is new: so that it stays known when branch and commit are gone. */
async function tie(
  context: QueryContext,
  model: SessionReadModel,
  repository: Repository,
  folder: string,
  found: readonly GitCommit[],
): Promise<void> {
  const outcomes = await (await context.outcomes()).current()
  const authors = await authorsOf(model, outcomes, repository, found)
  const redactor = await context.redactor()
  const events = await context.events()
  const batches = found.flatMap((one) => {
    const known = outcomes.commits.get(one.commit)
    // Where it was made stays known when that branch is gone, and the commit is reached from another.
    const branch = known?.branch ?? one.branch
    const candidates = candidatesFor({ ...one, branch }, authors)
    if (candidates.length === 0 || JSON.stringify(known?.candidates) === JSON.stringify(candidates)) return []
    const { commit, authoredAt } = one
    const author = redactor.redact(one.author).text
    const data: CommitTie = { commit, repository: repository.id, branch, authoredAt, author, candidates }
    const id = uuidFrom('CommitTied', commit, JSON.stringify([known?.candidates, candidates]))
    return [{ stream: `commit-${commit}`, events: [{ event: 'CommitTied', id, data }] }]
  })
  if (batches.length > 0) await events.appendMany(batches)
  const pulls = await readPullRequests(git, folder, found, COMMITS_MAX)
  await tiePullRequests(context, repository, pulls)
}

async function authorsOf(
  model: SessionReadModel,
  outcomes: Outcomes,
  repository: Repository,
  found: readonly GitCommit[],
): Promise<Author[]> {
  const times = found.flatMap(({ authoredAt, committedAt }) => [
    Date.parse(authoredAt),
    Date.parse(committedAt),
  ])
  const [first, last] = [Math.min(...times), Math.max(...times)]
  const authors: (Author & { figures: SessionFigures })[] = []
  const inAttempt = new Map<object, number>()
  for (const figures of model.figures()) {
    const { summary } = figures
    const startMs = Date.parse(summary.startedAt)
    const endMs = Date.parse(summary.endedAt ?? summary.startedAt)
    const attempt = outcomes.attemptOf(summary.run, summary.startedAt)
    if (attempt) inAttempt.set(attempt, (inAttempt.get(attempt) ?? 0) + 1)
    const made = attempt?.endedMs == null ? undefined : attempt.commits
    if ((made ?? []).length === 0 && (endMs < first - 60_000 || startMs > last + 60_000)) continue
    authors.push({
      figures,
      session: summary.id,
      agent: summary.agent,
      startMs,
      endMs: attempt?.endedMs ?? endMs,
      branch: summary.branch,
      isHere: isIn(figures, outcomes, repository),
      made,
      shared: false,
      committed: [],
    })
  }
  let looked = 0
  for (const author of authors) {
    const attempt = outcomes.attemptOf(author.figures.summary.run, author.figures.summary.startedAt)
    author.shared = attempt !== undefined && (inAttempt.get(attempt) ?? 0) > 1
    const near = times.some((at) => at >= author.startMs - 60_000 && at <= author.endMs + 60_000)
    if (author.isHere === false || !near || looked++ >= COMMANDS_MAX) continue
    author.committed = await commitsRun(model, author.session)
  }
  return authors
}

/** Whether a session worked in one of the repository's worktrees; undefined where nobody told. */
function isIn(
  { summary: { run, workingDirectory, repository: named } }: SessionFigures,
  { runs }: Outcomes,
  { id, worktrees }: Repository,
): boolean | undefined {
  const known = run === null ? undefined : runs.get(run)
  if (known?.repository != null) return known.repository === id
  const folder = workingDirectory ?? known?.workingDirectory ?? null
  if (folder !== null) return worktrees.some(({ path }) => folder === path || folder.startsWith(path + sep))
  return named === null ? undefined : named === repositoryName(id)
}

async function commitsRun(model: SessionReadModel, id: string): Promise<Author['committed']> {
  const shown = await model.show(id)
  if (!shown.found) return []
  const found: { startMs: number; endMs: number }[] = []
  const look = (nodes: typeof shown.session.tree): void => {
    for (const { kind, detail, startedAt, durationMs, children } of nodes) {
      const startMs = Date.parse(startedAt)
      if (kind === 'toolCall' && COMMITS.test(detail ?? ''))
        found.push({ startMs, endMs: startMs + durationMs })
      look(children)
    }
  }
  look(shown.session.tree)
  return found
}

/** What git has of this repository, and what was recorded of it before; of every repository where there is none. */
function rowsOf(
  outcomes: Outcomes,
  found: readonly GitCommit[],
  repository: Repository | undefined,
  tasks: ReadonlyMap<string, string | null>,
): CommitRow[] {
  const here = new Map(found.map((one) => [one.commit, one]))
  const rows = [...outcomes.commits.values()]
    .filter((tied) => repository === undefined || tied.repository === repository.id)
    .map((tied) => rowOf(tied, here.get(tied.commit)?.subject ?? null, tasks))
  for (const { commit, authoredAt, author, branch, subject } of found)
    if (!outcomes.commits.has(commit) && repository !== undefined)
      rows.push(
        rowOf(
          { commit, repository: repository.id, branch, authoredAt, author, candidates: [] },
          subject,
          tasks,
        ),
      )
  return rows.toSorted((a, b) => (a.authoredAt < b.authoredAt ? 1 : a.authoredAt > b.authoredAt ? -1 : 0))
}

function rowOf(
  tied: CommitTie,
  subject: string | null,
  tasks: ReadonlyMap<string, string | null>,
): CommitRow {
  const [best] = tied.candidates
  return {
    ...tied,
    subject,
    session: best?.session ?? null,
    task: best === undefined ? null : (tasks.get(best.session) ?? null),
    score: best?.score ?? 0,
    uncertain: isUncertain(tied.candidates),
    because: best?.because ?? [],
  }
}
