import {
  assigneeOf,
  dependenciesOf,
  type Fields,
  findTask as find,
  isHeld,
  isNoTask,
  isParent,
  type NoTask,
  type Policies,
  type Priority,
  priorityOfTask,
  type Status,
  storyPointsOf,
  type Task,
  teamOf,
  typeOf,
  type Work,
  type WorkState,
} from '../../work/index.ts'
import type { QueryContext } from '../context.ts'
import { refusal, type Refusal } from '../refusal.ts'
import { isoNano } from '../times.ts'

/** One task, as lists show it. */
export interface TaskRow {
  id: string
  title: string
  status: Status
  /** The status in the words of its file, where these are others. */
  statusWord?: string
  type: string | null
  priority: Priority
  assignee: string | null
  team: string | null
  storyPoints: number | null
  /** Percent. */
  progress: number
  parent: string | null
  isParent: boolean
  dependsOn: string[]
  root: string | null
  path: string | null
  claim: { agent: string; team: string; since: string; leaseUntil: string; expired: boolean } | null
  reason: string | null
  createdAt: string
  startedAt: string | null
  doneAt: string | null
  changedAt: string
}

export interface TaskDetail extends TaskRow {
  /** Front matter as the file says it. */
  fields: Fields
  sections: Record<string, string>
  subtasks: TaskRow[]
  /** Those that wait for this one. */
  blocks: string[]
  version: number
}

export function taskRow(task: Task, policies: Policies, nowNano: bigint): TaskRow {
  const word = task.fields['status']
  const { claim } = task
  return {
    id: task.id,
    title: task.title,
    status: task.status,
    ...(typeof word === 'string' && word !== task.status ? { statusWord: word } : {}),
    type: typeOf(task) ?? null,
    priority: priorityOfTask(task, policies),
    assignee: assigneeOf(task) ?? null,
    team: claim?.team ?? teamOf(task) ?? null,
    storyPoints: storyPointsOf(task) ?? null,
    progress: task.progress,
    parent: task.parent ?? null,
    isParent: isParent(task),
    dependsOn: dependenciesOf(task),
    root: task.place?.root ?? null,
    path: task.place?.path ?? null,
    claim:
      claim === undefined
        ? null
        : {
            agent: claim.agent,
            team: claim.team,
            since: isoNano(claim.sinceNano),
            leaseUntil: isoNano(claim.leaseUntilNano),
            expired: !isHeld(task, nowNano),
          },
    reason: task.reason ?? null,
    createdAt: isoNano(task.createdNano),
    startedAt: at(task.startedNano),
    doneAt: at(task.doneNano),
    changedAt: isoNano(task.changedNano),
  }
}

export function taskDetail(state: WorkState, task: Task, policies: Policies, nowNano: bigint): TaskDetail {
  return {
    ...taskRow(task, policies, nowNano),
    fields: task.fields,
    sections: task.sections,
    subtasks: state.childrenOf(task.id).map((child) => taskRow(child, policies, nowNano)),
    blocks: [...state.present()].filter((one) => dependenciesOf(one).includes(task.id)).map(({ id }) => id),
    version: task.version,
  }
}

/** By its id, or the beginning of one that no other shares. */
export function findTask(state: WorkState, given: string): Task | Refusal {
  const found = find(state, given)
  return isNoTask(found) ? refused(found) : found
}

/** As `Work.wholeId`. */
export async function wholeId(work: Work, given: string): Promise<string | Refusal> {
  const id = await work.wholeId(given)
  return typeof id === 'string' ? id : refused(id)
}

const refused = ({ code, message, next, near }: NoTask): Refusal => refusal(code, message, next, near)

export const nowNanoOf = ({ platform }: QueryContext): bigint => platform.clock.nowUnixNano()

const at = (nano: bigint | undefined): string | null => (nano === undefined ? null : isoNano(nano))
