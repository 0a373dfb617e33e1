import type { Fields, Json } from './document/document.ts'
import type { Draft, Place, Placement, WorkEvents } from './events.ts'
import { isOver, type Priority, priorityOf, type Status, statusOf } from './words.ts'

/** An agent's hold on a task; void once `leaseUntilNano` is past. */
export interface Claim {
  agent: string
  team: string
  sinceNano: bigint
  leaseUntilNano: bigint
}

/** One task as its events tell it. */
export interface Task {
  id: string
  title: string
  status: Status
  /** Front matter as it stands in the file, or what was said of work that has no file. */
  fields: Fields
  sections: Record<string, string>
  /** Undefined for work without a file. */
  place: Place | undefined
  parent: string | undefined
  order: number | undefined
  claim: Claim | undefined
  /** Percent. */
  progress: number
  /** Why it is archived or blocked, where somebody said so. */
  reason: string | undefined
  createdNano: bigint
  /** When work on it began for the first time, and when it was done for the last. */
  startedNano: bigint | undefined
  doneNano: bigint | undefined
  changedNano: bigint
  isDeleted: boolean
  version: number
  lastEvent: string
  correlation: string
}

/** One task after one of its events; undefined when it is not the task's first and there is none. Pure. */
export function evolve(task: Task | undefined, draft: Draft, atNano: bigint): Task | undefined {
  if (draft.event === 'TaskCreated') return created(draft.data, atNano)
  if (task === undefined || draft.event === 'TeamConfigured') return task
  // A refusal changes nothing.
  if (draft.event === 'TaskChangeRefused') return task
  const now = { ...task, changedNano: atNano }
  const { event, data } = draft
  switch (event) {
    case 'TaskUpdated':
      return {
        ...now,
        title: data.title?.after ?? now.title,
        fields: withChanges(now.fields, data.fields),
      }
    case 'TaskStatusChanged':
      return {
        ...now,
        status: data.to,
        reason: data.reason,
        fields: { ...now.fields, status: data.word },
        startedNano: data.to === 'in_progress' ? (now.startedNano ?? atNano) : now.startedNano,
        doneNano: data.to === 'done' ? atNano : isOver(data.to) ? now.doneNano : undefined,
        progress: data.to === 'done' ? 100 : now.progress,
        claim: data.to === 'in_progress' || data.to === 'blocked' ? now.claim : undefined,
      }
    case 'TaskSectionUpdated': {
      const { [data.section]: _, ...others } = now.sections
      return {
        ...now,
        sections: data.after === null ? others : { ...now.sections, [data.section]: data.after },
      }
    }
    case 'TaskMoved':
    case 'TaskPromoted':
    case 'SubtaskExtracted':
    case 'TaskAdopted':
    case 'SubtasksResequenced':
    case 'SubtasksParallelized': {
      const own = data.placements.find((placement) => placement.task === now.id)
      return own === undefined ? now : { ...now, ...placed(own) }
    }
    case 'TaskDeleted':
      return { ...now, isDeleted: true, claim: undefined }
    case 'TaskClaimed':
      return {
        ...now,
        progress: 0,
        fields: { ...now.fields, assignee: data.by.agent },
        claim: {
          agent: data.by.agent,
          team: data.team,
          sinceNano: atNano,
          leaseUntilNano: BigInt(data.leaseUntilUnixNano),
        },
      }
    case 'TaskProgressed':
      return {
        ...now,
        progress: data.progress ?? now.progress,
        claim: now.claim && { ...now.claim, leaseUntilNano: BigInt(data.leaseUntilUnixNano) },
      }
    case 'TaskCompleted':
    case 'TaskReleased':
    case 'TaskClaimExpired':
      return { ...now, claim: undefined }
  }
}

function created(data: WorkEvents['TaskCreated'], atNano: bigint): Task {
  const { task: id, title, fields, sections, placement } = data
  const status = statusOf(fields['status']) ?? 'todo'
  return {
    id,
    title,
    status,
    fields,
    sections,
    place: undefined,
    parent: textIn(fields, 'parent'),
    order: undefined,
    ...(placement === undefined ? {} : placed(placement)),
    claim: undefined,
    progress: status === 'done' ? 100 : 0,
    reason: undefined,
    createdNano: atNano,
    startedNano: status === 'in_progress' ? atNano : undefined,
    doneNano: status === 'done' ? atNano : undefined,
    changedNano: atNano,
    isDeleted: false,
    version: 0,
    lastEvent: '',
    correlation: '',
  }
}

export const placed = ({ place, parent, order }: Placement): Pick<Task, 'place' | 'parent' | 'order'> => ({
  place,
  parent: parent ?? undefined,
  order: order ?? undefined,
})

function withChanges(fields: Fields, changes: WorkEvents['TaskUpdated']['fields']): Fields {
  const changed = new Map<string, Json>(Object.entries(fields))
  for (const [key, { after }] of Object.entries(changes)) {
    if (after === undefined) changed.delete(key)
    else changed.set(key, after)
  }
  return Object.fromEntries(changed)
}

/** Claimed, and the lease has not run out. */
export const isHeld = (task: Task, nowNano: bigint): task is Task & { claim: Claim } =>
  task.claim !== undefined && task.claim.leaseUntilNano > nowNano

const textIn = (fields: Fields, key: string): string | undefined => {
  const value = fields[key]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** What the front matter says, under any of the names in use. */
export const typeOf = ({ fields }: Pick<Task, 'fields'>): string | undefined => textIn(fields, 'type')
export const teamOf = ({ fields }: Pick<Task, 'fields'>): string | undefined => textIn(fields, 'team')
export const assigneeOf = ({ fields }: Pick<Task, 'fields'>): string | undefined => textIn(fields, 'assignee')
export const prioritySaid = ({ fields }: Pick<Task, 'fields'>): Priority | undefined =>
  priorityOf(fields['priority'])

export function storyPointsOf({ fields }: Pick<Task, 'fields'>): number | undefined {
  const points = fields['story_points'] ?? fields['storyPoints']
  return typeof points === 'number' && points >= 0 ? points : undefined
}

export const DEPENDS_ON = ['depends_on', 'dependencies', 'blocked_by'] as const

/** Ids of the tasks that must be done before. */
export function dependenciesOf({ fields }: Pick<Task, 'fields'>): string[] {
  const named = DEPENDS_ON.flatMap((key) => fields[key] ?? [])
  return [...new Set(named.filter((id): id is string => typeof id === 'string' && id !== ''))]
}
