import type { RecordedEvent } from '@spanledger/sdk/model'
import type { Draft, Outcome, Placement, RefusedCode } from './events.ts'
import { type Claim, evolve, isHeld, placed, storyPointsOf, type Task, teamOf } from './state.ts'
import { streamOf, taskOf } from './task-id.ts'
import { DEFAULT_TEAM, evolveMember, type Team } from './team.ts'

/** How work on a task ended. */
export interface Ended {
  task: string
  /** Id of the event that told it. */
  event: string
  team: string
  outcome: Outcome
  score: number | undefined
  storyPoints: number
  atNano: bigint
  /** From the beginning of the work, and from the task's creation, to its end. */
  cycleNano: bigint
  leadNano: bigint
}

/** A change that was refused. */
export interface RefusedChange {
  code: RefusedCode
  team: string | undefined
  atNano: bigint
}

/** All tasks, and what statistics need of the past. Folded from events by position. */
export class WorkState {
  readonly tasks = new Map<string, Task>()
  readonly ended: Ended[] = []
  readonly refused: RefusedChange[] = []
  /** Ids of tasks with a claim, void ones included. */
  readonly claimed = new Set<string>()
  /** Those that were configured, or had work claimed. */
  readonly teams = new Map<string, Team>()
  readonly #titled = new Map<string, Set<string>>()
  /** Of the last event that was taken. */
  position = 0

  /** Undefined for one that is deleted too. */
  find(id: string): Task | undefined {
    const task = this.tasks.get(id)
    return task?.isDeleted === true ? undefined : task
  }

  /** Tasks that are not deleted. */
  *present(): Generator<Task> {
    for (const task of this.tasks.values()) if (!task.isDeleted) yield task
  }

  /** Those of one title that are not deleted. */
  *titled(title: string): Generator<Task> {
    for (const id of this.#titled.get(title) ?? []) {
      const task = this.find(id)
      if (task !== undefined) yield task
    }
  }

  childrenOf(id: string): Task[] {
    return [...this.present()].filter(({ parent }) => parent === id).toSorted(byOrder)
  }

  /** Another state that can go on by itself. Tasks are replaced, never changed, so they are shared. */
  copy(): WorkState {
    const copy = new WorkState()
    for (const task of this.tasks.values()) copy.keep(task)
    for (const one of this.ended) copy.ended.push(one)
    for (const one of this.refused) copy.refused.push(one)
    for (const [name, team] of this.teams) copy.teams.set(name, { ...team, members: new Map(team.members) })
    copy.position = this.position
    return copy
  }

  take(recorded: RecordedEvent): void {
    this.position = recorded.position
    const draft = recorded as unknown as Draft
    const atNano = BigInt(recorded.time)
    if (draft.event === 'TeamConfigured') {
      this.#team(draft.data.team, atNano).settings = draft.data.after
      return
    }
    const { data } = draft
    if (typeof data?.task !== 'string') return
    if (draft.event === 'TaskChangeRefused') {
      const { code, team } = draft.data
      this.refused.push({ code, team, atNano })
    }
    const before = this.tasks.get(data.task)
    const after = taskAfter(before, recorded)
    if (after === undefined || recorded.stream !== streamOf(data.task)) return
    if (draft.event !== 'TaskChangeRefused') this.#takeMember(draft, before?.claim, atNano)
    this.keep(after)
    if ('placements' in data) for (const placement of data.placements) this.#put(placement, data.task)
    const ended = endOf(draft, before, after, atNano)
    // An agent's word that it is done, and the status that follows from it, are one end.
    const isSame = before !== undefined && this.ended.at(-1)?.event === before.lastEvent
    if (ended !== undefined && !(draft.event === 'TaskStatusChanged' && isSame))
      this.ended.push({ ...ended, event: recorded.id })
  }

  /** Puts a task in the place of what was known of it. */
  keep(task: Task): void {
    const { id, title, claim } = task
    const before = this.tasks.get(id)
    if (before?.title !== title) {
      if (before !== undefined) this.#titled.get(before.title)!.delete(id)
      this.#titled.set(title, (this.#titled.get(title) ?? new Set()).add(id))
    }
    if (claim === undefined) this.claimed.delete(id)
    else this.claimed.add(id)
    this.tasks.set(id, task)
  }

  /** An event that tells nothing of tasks: in a task's stream, the next one is decided behind it. */
  pass({ stream, version }: Pick<RecordedEvent, 'stream' | 'version'>): void {
    const task = this.tasks.get(taskOf(stream) ?? '')
    if (task !== undefined) this.keep({ ...task, version })
  }

  /** One task after more of its own events; the state stays as it is. */
  taskAfter(id: string, events: readonly RecordedEvent[]): Task {
    return events.reduce(taskAfter, this.tasks.get(id))!
  }

  /** Claims that hold at a moment. */
  *holding(nowNano: bigint): Generator<Task & { claim: Claim }> {
    for (const id of this.claimed) {
      const task = this.tasks.get(id)!
      if (isHeld(task, nowNano)) yield task
    }
  }

  #team(name: string, atNano: bigint): Team {
    const team = this.teams.get(name) ?? { sinceNano: atNano, settings: {}, members: new Map() }
    this.teams.set(name, team)
    return team
  }

  /** What an agent did for the team whose claim it is. */
  #takeMember(draft: Draft, holds: Claim | undefined, atNano: bigint): void {
    const name = draft.event === 'TaskClaimed' ? draft.data.team : holds?.team
    if (name === undefined) return
    const { members } = this.#team(name, atNano)
    const { agent } = draft.data.by
    const member = evolveMember(members.get(agent), draft, atNano)
    if (member !== undefined) members.set(agent, member)
  }

  #put(placement: Placement, already: string): void {
    const task = this.tasks.get(placement.task)
    if (task !== undefined && placement.task !== already) this.keep({ ...task, ...placed(placement) })
  }
}

/** As `evolve`, with where it stands in the ledger. */
function taskAfter(before: Task | undefined, recorded: RecordedEvent): Task | undefined {
  const after = evolve(before, recorded as unknown as Draft, BigInt(recorded.time))
  return (
    after && {
      ...after,
      version: recorded.version,
      lastEvent: recorded.id,
      correlation: before?.correlation ?? recorded.meta?.correlationId ?? recorded.id,
    }
  )
}

/** How work ended, told by the agent that claimed it, or only by a status. */
function endOf(
  draft: Draft,
  before: Task | undefined,
  task: Task,
  atNano: bigint,
): Omit<Ended, 'event'> | undefined {
  const told = draft.event === 'TaskCompleted' ? draft.data : undefined
  if (told === undefined && !(draft.event === 'TaskStatusChanged' && draft.data.to === 'done'))
    return undefined
  return {
    task: task.id,
    team: told?.team ?? before?.claim?.team ?? teamOf(task) ?? DEFAULT_TEAM,
    outcome: told?.outcome ?? 'done',
    score: told?.score,
    storyPoints: told?.storyPoints ?? storyPointsOf(task) ?? 0,
    atNano,
    // A clock that went backwards makes no negative time.
    cycleNano: later(0n, atNano - (task.startedNano ?? atNano)),
    leadNano: later(0n, atNano - task.createdNano),
  }
}

const later = (a: bigint, b: bigint): bigint => (a > b ? a : b)

const byOrder = (a: Task, b: Task): number =>
  (a.order ?? Infinity) - (b.order ?? Infinity) || (a.id < b.id ? -1 : 1)
