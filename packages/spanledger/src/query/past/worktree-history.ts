import type { RecordedEvent } from '@spanledger/sdk/model'
import type { QueryContext } from '../context.ts'

/** Events that tell of worktrees: their own, and of commands that ran in them. */
const TYPES = [
  'WorktreeCreated',
  'WorktreeRemoved',
  'WorktreeRecycled',
  'WorktreeConflictDetected',
  'WorktreeConflictResolved',
  'RunStarted',
  'RunEnded',
]

interface RunInWorktree {
  run: string
  program: string
  agent: string | null
  task: string | null
  startedNano: bigint
  /** Undefined while it runs. */
  ended: { exitCode: number; atNano: bigint } | undefined
}

/** A worktree as events tell it. */
export interface WorktreeHistory {
  /** `<branch>@<repository>`, as in the name of its stream. */
  id: string
  repository: string
  branch: string | null
  /** Null until an event names it. */
  path: string | null
  head: string | null
  /** What became of its folder; one that somebody else made, and something ran in, is there. */
  status: 'there' | 'removed' | 'recycled'
  /** Which it was before it was recycled, and which it became. */
  previous: string | null
  next: string | null
  beganNano: bigint
  /** By the other worktree. */
  conflicts: Map<string, { grade: string; files: number }>
  runs: Map<string, RunInWorktree>
}

interface Placed {
  worktree: string
  repository: string
  path?: string
  branch?: string | null
  head?: string | null
  previous?: string
}

/** All worktrees after some events, in the order of their positions. */
class WorktreeHistories {
  readonly all = new Map<string, WorktreeHistory>()
  readonly #runs = new Map<string, RunInWorktree>()

  take({ event, time, data }: Pick<RecordedEvent, 'event' | 'time' | 'data'>): void {
    const atNano = BigInt(time)
    if (event === 'RunStarted' || event === 'RunEnded') this.#takeRun(event, atNano, data)
    else
      this.#takeWorktree(event, atNano, data as Placed & { with: string; grade: string; fileCount: number })
  }

  #takeWorktree(
    event: string,
    atNano: bigint,
    data: Placed & { with: string; grade: string; fileCount: number },
  ): void {
    const one = this.#of(data.worktree, data.repository, atNano)
    if (event === 'WorktreeConflictDetected')
      one.conflicts.set(data.with, { grade: data.grade, files: data.fileCount })
    else if (event === 'WorktreeConflictResolved') one.conflicts.delete(data.with)
    else {
      const { path = null, branch = null, head = null, previous } = data
      one.conflicts.clear()
      Object.assign(one, { path, branch, head, next: null })
      one.previous = previous ?? (event === 'WorktreeCreated' ? null : one.previous)
      one.status = event === 'WorktreeRemoved' ? 'removed' : 'there'
      if (event !== 'WorktreeRecycled' || previous === undefined) return
      const before = this.#of(previous, data.repository, atNano)
      before.conflicts.clear()
      Object.assign(before, { status: 'recycled', next: data.worktree })
    }
  }

  #takeRun(event: string, atNano: bigint, told: unknown): void {
    const data = told as {
      run: string
      program: string
      agent: string | null
      task: string | null
      exitCode: number
      git?: {
        repository: string
        worktree: string
        path?: string
        branch?: string | null
        commit?: string | null
      } | null
    }
    if (event === 'RunEnded') {
      const run = this.#runs.get(data.run)
      if (run !== undefined) run.ended = { exitCode: data.exitCode, atNano }
      return
    }
    const { git } = data
    if (git === undefined || git === null) return
    const one = this.#of(git.worktree, git.repository, atNano)
    one.path = git.path ?? one.path
    one.branch = git.branch ?? one.branch
    one.head = git.commit ?? one.head
    const { run, program, agent, task } = data
    // One that is tried again began when it was tried first.
    const startedNano = this.#runs.get(run)?.startedNano ?? atNano
    const started = { run, program, agent, task, startedNano, ended: undefined }
    this.#runs.set(run, started)
    one.runs.set(run, started)
  }

  #of(worktree: string, repository: string, atNano: bigint): WorktreeHistory {
    const id = `${worktree}@${repository}`
    const known = this.all.get(id) ?? {
      id,
      repository,
      branch: null,
      path: null,
      head: null,
      status: 'there',
      previous: null,
      next: null,
      beganNano: atNano,
      conflicts: new Map(),
      runs: new Map(),
    }
    this.all.set(id, known)
    return known
  }
}

/** Worktrees as events up to a moment tell them; without one, all that were told. */
export async function worktreesAt(
  context: QueryContext,
  moment?: { nanos: bigint; recorded: boolean },
): Promise<ReadonlyMap<string, WorktreeHistory>> {
  const histories = new WorktreeHistories()
  const events = await context.events()
  for await (const event of events.readAll({ types: TYPES })) {
    const at = BigInt((moment?.recorded === true ? event.recorded : undefined) ?? event.time)
    if (moment === undefined || at <= moment.nanos) histories.take(event)
  }
  return histories.all
}
