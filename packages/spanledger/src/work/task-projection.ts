import type { RecordedEvent } from '@spanledger/sdk/model'
import { type EventProjection, type EventProjectionKind, upcast } from '../projection/index.ts'
import { WORK_EVENT_TYPES } from './events.ts'
import type { Task } from './state.ts'
import type { Member, Team } from './team.ts'
import { type Ended, type RefusedChange, WorkState } from './work-state.ts'

/** Changes whenever the same events fold to other lines. */
const VERSION = 2

const OF_WORK: ReadonlySet<string> = new Set(WORK_EVENT_TYPES)

/** Of what a line tells: its first key. */
interface Lines {
  task: Task & { task: string }
  team: Omit<Team, 'members'> & { members: ({ agent: string } & Member)[] }
  ended: Ended
  refused: RefusedChange
}

/** Tasks, teams, how work ended and what was refused: a line each, in the order in which events told of them first. */
export class TaskProjection implements EventProjection {
  readonly state = new WorkState()

  /** What has no data, somebody wrote by hand: it tells nothing, and counts in its stream all the same. */
  evolve(events: readonly RecordedEvent[]): Promise<void> {
    for (const event of events)
      if (OF_WORK.has(event.event) && isWork(event)) this.state.take(upcast(event))
      else this.state.pass(event)
    return Promise.resolve()
  }

  settle(): Promise<void> {
    return Promise.resolve()
  }

  *lines(): Generator<string, void, void> {
    const { tasks, teams, ended, refused } = this.state
    for (const [id, task] of tasks) yield line('task', id, task)
    for (const [name, { members, ...team }] of teams)
      yield line('team', name, {
        ...team,
        members: [...members].map(([agent, member]) => ({ agent, ...member })),
      })
    for (const one of ended) yield line('ended', one.event, one)
    for (const one of refused) yield line('refused', one.code, one)
  }

  restore(text: string): void {
    const read = JSON.parse(text) as { [Kind in keyof Lines]?: string } & { is: unknown }
    const { teams, ended, refused } = this.state
    if (read.task !== undefined) {
      const is = { ...BLANK, ...whole(read.is as Task) }
      this.state.keep(is.claim === undefined ? is : { ...is, claim: whole(is.claim) })
    } else if (read.team !== undefined) {
      const { members, ...team } = read.is as Lines['team']
      const known = members.map(({ agent, ...member }) => [agent, whole(member)] as const)
      teams.set(read.team, { ...whole(team), members: new Map(known) })
    } else if (read.ended !== undefined) ended.push(whole(read.is as Ended))
    else if (read.refused !== undefined) refused.push(whole(read.is as RefusedChange))
    else throw new TypeError('a line of a task')
  }
}

const line = (kind: keyof Lines, name: string, is: object): string =>
  JSON.stringify({ [kind]: name, is }, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )

/** All keys of a task in their order, since a line leaves out what is not there. */
const BLANK: Task = {
  id: '',
  title: '',
  status: 'todo',
  fields: {},
  sections: {},
  place: undefined,
  parent: undefined,
  order: undefined,
  claim: undefined,
  progress: 0,
  reason: undefined,
  createdNano: 0n,
  startedNano: undefined,
  doneNano: undefined,
  changedNano: 0n,
  isDeleted: false,
  version: 0,
  lastEvent: '',
  correlation: '',
}

/** Nanoseconds are digits in a line. */
const whole = <T extends object>(from: T): T =>
  Object.fromEntries(
    Object.entries(from).map(([key, value]) => [
      key,
      key.endsWith('Nano') && typeof value === 'string' ? BigInt(value) : (value as unknown),
    ]),
  ) as T

const isWork = ({ data }: RecordedEvent): boolean => typeof (data as { by?: unknown } | null)?.by === 'object'

export const taskProjectionKind: EventProjectionKind<TaskProjection> = {
  name: 'tasks',
  version: VERSION,
  depends: '',
  answers: ['tasks', 'work', 'teams'],
  create: () => new TaskProjection(),
}
