import { posix } from 'node:path'
import type { By, Placement } from '../events.ts'
import type { Task } from '../state.ts'
import type { WorkState } from '../work-state.ts'
import { type Decision, decided, type Moment, refuse, unknownTask } from './decision.ts'

export const WORKFLOWS = ['backlog', 'current', 'archive'] as const
export type Workflow = (typeof WORKFLOWS)[number]

export const OVERVIEW = '_overview.md'

export const isParent = ({ place }: Pick<Task, 'place'>): boolean =>
  place !== undefined && posix.basename(place.path) === OVERVIEW

/** `archive` by the month in which it is moved there. */
export const folderOfWorkflow = (workflow: Workflow, nowNano: bigint): string =>
  workflow === 'archive'
    ? `archive/${new Date(Number(nowNano / 1_000_000n)).toISOString().slice(0, 7)}`
    : workflow

/** Refuses  UNKNOWN_TASK, NO_FILE, BAD_VALUE for a subtask: it moves with its parent */
export function decideMove(moment: Moment, { id, workflow }: { id: string; workflow: Workflow }): Decision {
  const task = moment.state.find(id)
  if (task === undefined) return unknownTask(moment, id, 'move')
  const about = { task: id, command: 'move' }
  if (task.place === undefined) return noFile(moment, task, 'move')
  if (task.parent !== undefined)
    return refuse(
      moment,
      about,
      'BAD_VALUE',
      `${id} is a subtask, and moves with ${task.parent}`,
      `move ${task.parent}, or first: spanledger task extract ${id}`,
    )
  return moved(task, folderOfWorkflow(workflow, moment.nowNano), moment.by, moment.state)
}

export const noFile = (moment: Moment, { id }: Task, command: string): Decision =>
  refuse(
    moment,
    { task: id, command },
    'NO_FILE',
    `task ${id} has no file`,
    'only tasks in a folder of tasks can do that; spanledger task create makes one',
  )

/** A task, or a parent with all that stands in its folder, to another folder. */
export function moved(task: Task, folder: string, by: By, state: WorkState): Decision {
  const { root, path } = task.place!
  const parent = isParent(task)
  const from = parent ? posix.dirname(path) : path
  const to = posix.join(folder, posix.basename(from))
  if (from === to) return decided(task.id, [])
  const children = parent ? state.childrenOf(task.id) : []
  const placements: Placement[] = [task, ...children].map((one) => ({
    task: one.id,
    place: { root, path: to + one.place!.path.slice(from.length) },
    parent: one.parent ?? null,
    order: one.order ?? null,
  }))
  return decided(
    task.id,
    [{ event: 'TaskMoved', data: { task: task.id, by, placements } }],
    [{ do: 'rename', root, from, to }],
  )
}
