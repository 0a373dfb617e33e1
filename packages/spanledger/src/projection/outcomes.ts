import type { RecordedEvent } from '@spanledger/sdk/model'
import { type EventLineHead, parseEventLine } from '@spanledger/sdk/store'
import type { EventProjection, EventRebuild } from './event-projection.ts'

/** One start of a run's command. */
export interface Attempt {
  attempt: number
  startedMs: number
  /** Null while it runs, and where its end was never recorded. */
  endedMs: number | null
  exitCode: number | null
  /** Made meanwhile in its worktree, oldest first. */
  commits: string[]
}

/** A run as far as cost needs it. */
export interface RunOutcome {
  run: string
  agent: string | null
  task: string | null
  repository: string | null
  worktree: string | null
  branch: string | null
  workingDirectory: string | null
  /** By number. */
  attempts: Attempt[]
}

/** Whose work a commit is, as `CommitTied` told it last. */
export interface CommitTie {
  commit: string
  repository: string
  branch: string | null
  /** ISO 8601 in UTC. */
  authoredAt: string
  author: string
  /** The best first. */
  candidates: { session: string; score: number; because: string[] }[]
}

/** What a pull request is made of, as `PullRequestTied` told it; what was told later adds to it. */
export interface PullRequestTie {
  /** `<repository>#<number>`. */
  pullRequest: string
  repository: string
  number: number
  url: string | null
  branch: string | null
  sessions: string[]
  because: string
}

/** What becomes of the work of sessions: attempts of runs, commits, pull requests. Streams of other things are passed over. */
export class Outcomes implements EventProjection {
  readonly runs = new Map<string, RunOutcome>()
  readonly commits = new Map<string, CommitTie>()
  readonly pullRequests = new Map<string, PullRequestTie>()
  readonly #bySession = new Map<string, string>()
  readonly #byBranch = new Map<string, string>()

  evolve(events: readonly RecordedEvent[]): Promise<void> {
    for (const event of events) if (isOutcome(event.stream)) this.#take(event)
    return Promise.resolve()
  }

  settle(): Promise<void> {
    return Promise.resolve()
  }

  #take({ event, data, time }: RecordedEvent): void {
    if (typeof data !== 'object' || data === null) return
    if (event === 'RunStarted') this.#started(data as Started, time)
    else if (event === 'RunEnded') this.#ended(data as Ended, time)
    else if (event === 'CommitTied') this.#holdCommit(data as CommitTie)
    else if (event === 'PullRequestTied') this.#holdPullRequest(data as PullRequestTie)
  }

  #started({ run, attempt, agent, task, workingDirectory, git }: Started, time: string): void {
    const known = this.runs.get(run)
    const attempts = (known?.attempts ?? []).filter((one) => one.attempt !== attempt)
    const begun = { attempt, startedMs: msOf(time), endedMs: null, exitCode: null, commits: [] }
    this.runs.set(run, {
      run,
      agent: agent ?? null,
      task: task ?? null,
      repository: git?.repository ?? null,
      worktree: git?.worktree ?? null,
      branch: git?.branch ?? null,
      workingDirectory: workingDirectory ?? null,
      attempts: [...attempts, begun].toSorted((a, b) => a.attempt - b.attempt),
    })
  }

  #ended({ run, attempt, exitCode, durationMs, git }: Ended, time: string): void {
    const known = this.runs.get(run)
    if (known === undefined) return
    const attempts = known.attempts.map((one) =>
      one.attempt === attempt
        ? {
            ...one,
            endedMs: Math.min(msOf(time), one.startedMs + durationMs),
            exitCode,
            commits: git?.commits ?? [],
          }
        : one,
    )
    this.runs.set(run, { ...known, attempts })
  }

  #holdCommit(tie: CommitTie): void {
    this.commits.set(tie.commit, tie)
  }

  #holdPullRequest(tie: PullRequestTie): void {
    const known = this.pullRequests.get(tie.pullRequest)
    this.pullRequests.set(tie.pullRequest, {
      ...tie,
      url: tie.url ?? known?.url ?? null,
      branch: tie.branch ?? known?.branch ?? null,
      sessions: [...new Set([...(known?.sessions ?? []), ...tie.sessions])],
    })
    // What was told last holds: a branch may serve one pull request after the other.
    for (const session of tie.sessions) this.#bySession.set(session, tie.pullRequest)
    if (tie.branch !== null) this.#byBranch.set(branchKey(tie.repository, tie.branch), tie.pullRequest)
  }

  /** The attempt of its run that a session was made in; undefined where it has no run that is known. */
  attemptOf(run: string | null, startedAt: string): Attempt | undefined {
    const attempts = run === null ? undefined : this.runs.get(run)?.attempts
    if (attempts === undefined) return undefined
    const at = Date.parse(startedAt) + CLOCK_SLACK_MS
    return attempts.findLast(({ startedMs }) => startedMs <= at) ?? attempts[0]
  }

  pullRequestOf(session: string, repository: string | null, branch: string | null): string | undefined {
    const tied = this.#bySession.get(session)
    if (tied !== undefined || repository === null || branch === null) return tied
    return this.#byBranch.get(branchKey(repository, branch))
  }

  *lines(): Generator<string, void, void> {
    for (const run of this.runs.values()) yield JSON.stringify({ kind: 'run', ...run })
    for (const commit of this.commits.values()) yield JSON.stringify({ kind: 'commit', ...commit })
    for (const pull of this.pullRequests.values()) yield JSON.stringify({ kind: 'pull-request', ...pull })
    // Which of several told it last is no part of the above.
    for (const [session, pullRequest] of this.#bySession)
      yield JSON.stringify({ kind: 'session', session, pullRequest })
    for (const [branch, pullRequest] of this.#byBranch)
      yield JSON.stringify({ kind: 'branch', branch, pullRequest })
  }

  restore(line: string): void {
    const { kind, ...rest } = JSON.parse(line) as { kind: string }
    if (kind === 'run') this.runs.set((rest as RunOutcome).run, rest as RunOutcome)
    else if (kind === 'commit') this.commits.set((rest as CommitTie).commit, rest as CommitTie)
    else if (kind === 'pull-request')
      this.pullRequests.set((rest as PullRequestTie).pullRequest, rest as PullRequestTie)
    else {
      const { session, branch, pullRequest } = rest as Record<'session' | 'branch' | 'pullRequest', string>
      if (kind === 'session') this.#bySession.set(session, pullRequest)
      else if (kind === 'branch') this.#byBranch.set(branch, pullRequest)
      else throw new TypeError('a line of an outcome')
    }
  }
}

interface Started {
  run: string
  attempt: number
  agent?: string | null
  task?: string | null
  workingDirectory?: string
  git?: { repository: string; worktree: string; branch: string | null } | null
}

interface Ended {
  run: string
  attempt: number
  exitCode: number
  durationMs: number
  git?: { commits: string[] } | null
}

/** A session may tell a start a little before the one that started it looked at the clock. */
const CLOCK_SLACK_MS = 1_000

const msOf = (time: string): number => Number(BigInt(time) / 1_000_000n)
const branchKey = (repository: string, branch: string): string => `${repository} ${branch}`

const STREAMS = /^(run|commit|pull-request)-/
const isOutcome = (stream: string): boolean => STREAMS.test(stream)

/** From lines: of those of other streams, nothing but the first keys is read. */
export function outcomesRebuild(): EventRebuild<Outcomes> {
  const outcomes = new Outcomes()
  return {
    async take(bytes, heads: Iterable<EventLineHead | undefined>) {
      const events: RecordedEvent[] = []
      for (const head of heads) {
        if (head === undefined) return false
        if (!isOutcome(head.stream)) continue
        const event = parseEventLine(bytes.subarray(head.start, head.end))
        if (event === undefined) return false
        events.push(event)
      }
      await outcomes.evolve(events)
      return true
    },
    finish: () => Promise.resolve(outcomes),
    close: () => Promise.resolve(),
  }
}
