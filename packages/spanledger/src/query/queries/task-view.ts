import {
  assigneeOf,
  dependenciesOf,
  type Fields,
  isHeld,
  isParent,
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
import { isRefusal, refusal, type Refusal } from '../refusal.ts'
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

const NEAR_MAX = 5

/**
 * By its id, or the beginning of one that no other shares.
 *
 * elsewhere  folders of tasks that only whole ids reach
 */
export function findTask(
  state: WorkState,
  given: string,
  elsewhere: ReadonlySet<string> = new Set(),
): Task | Refusal {
  const exact = state.find(given)
  if (exact !== undefined) return exact
  const begun = [...state.present()].filter(({ id }) => id.startsWith(given))
  const near = begun.filter(({ place }) => place === undefined || !elsewhere.has(place.root))
  if (near.length === 1) return near[0]!
  if (near.length === 0 && begun.length > 0)
    return refusal(
      'TASK_ELSEWHERE',
      `"${given}" begins no id here, only in ${[...new Set(begun.map(({ place }) => place!.root))].join(', ')}`,
      'go there first, or give the whole id',
      begun.slice(0, NEAR_MAX).map(({ id }) => id),
    )
  if (near.length > 1)
    return refusal(
      'AMBIGUOUS_ID',
      `"${given}" begins the ids of ${near.length} tasks`,
      'give more of it',
      near.slice(0, NEAR_MAX).map(({ id }) => id),
    )
  const word = given.toLowerCase()
  const similar = [...state.present()].filter(({ id, title }) =>
    `${id} ${title}`.toLowerCase().includes(word),
  )
  return refusal(
    'UNKNOWN_TASK',
    `there is no task "${given}"`,
    'see spanledger task list',
    similar.slice(0, NEAR_MAX).map(({ id }) => id),
  )
}

/** The whole id of a task as somebody here names it; one whose file was just written too. */
export async function wholeId(work: Work, given: string): Promise<string | Refusal> {
  if ((await work.known()).find(given) !== undefined) return given
  const found = findTask((await work.look()).state, given, await work.elsewhere())
  return isRefusal(found) ? found : found.id
}

export const nowNanoOf = ({ platform }: QueryContext): bigint => platform.clock.nowUnixNano()

const at = (nano: bigint | undefined): string | null => (nano === undefined ? null : isoNano(nano))
