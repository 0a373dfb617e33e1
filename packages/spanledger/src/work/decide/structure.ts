import { posix } from 'node:path'
import type { Placement, WorkEvents } from '../events.ts'
import type { Task } from '../state.ts'
import { type Decision, decided, type FileStep, type Moment, refuse, unknownTask } from './decision.ts'
import { isParent, noFile, OVERVIEW } from './move.ts'

type Structural = {
  [Type in keyof WorkEvents]: WorkEvents[Type] extends { placements: Placement[] } ? Type : never
}[keyof WorkEvents]

/** The name without the number before it: `02_write-tests-11C.task.md` is `write-tests-11C.task.md`. */
const unnumbered = (path: string): string => posix.basename(path).replace(/^\d+[_-]/, '')

export const numbered = (order: number, name: string): string => `${String(order).padStart(2, '0')}_${name}`

export const nextOrder = (children: readonly Task[]): number =>
  children.reduce((most, { order }) => Math.max(most, order ?? 0), 0) + 1

/** A task becomes a parent: a folder of its name, with it as the overview. Refuses  NO_FILE, BAD_VALUE */
export function decidePromote(moment: Moment, { id }: { id: string }): Decision {
  const task = moment.state.find(id)
  if (task === undefined) return unknownTask(moment, id, 'promote')
  if (task.place === undefined) return noFile(moment, task, 'promote')
  if (isParent(task)) return decided(id, [])
  if (task.parent !== undefined)
    return refuse(
      moment,
      { task: id, command: 'promote' },
      'BAD_VALUE',
      `${id} is a subtask of ${task.parent}: a subtask cannot be a parent`,
      `first: spanledger task extract ${id}`,
    )
  const { path } = task.place
  const to = posix.join(posix.dirname(path), posix.basename(path, '.task.md'), OVERVIEW)
  return restructured(moment, 'TaskPromoted', task, [placedAt(task, to, undefined, undefined)])
}

/** A subtask becomes a task beside its parent. Refuses  NO_FILE, NOT_A_SUBTASK */
export function decideExtract(moment: Moment, { id }: { id: string }): Decision {
  const task = moment.state.find(id)
  if (task === undefined) return unknownTask(moment, id, 'extract')
  if (task.place === undefined) return noFile(moment, task, 'extract')
  if (task.parent === undefined)
    return refuse(
      moment,
      { task: id, command: 'extract' },
      'NOT_A_SUBTASK',
      `${id} is no subtask`,
      'see spanledger task parent list',
    )
  const { path } = task.place
  const to = posix.join(posix.dirname(posix.dirname(path)), unnumbered(path))
  return restructured(moment, 'SubtaskExtracted', task, [placedAt(task, to, undefined, undefined)])
}

/** A task becomes the last subtask of a parent. Refuses  NO_FILE, NOT_A_PARENT, CYCLE, BAD_VALUE */
export function decideAdopt(
  moment: Moment,
  { parent: parentId, id }: { parent: string; id: string },
): Decision {
  const { state } = moment
  const [parent, task] = [state.find(parentId), state.find(id)]
  if (task === undefined) return unknownTask(moment, id, 'adopt')
  if (task.place === undefined) return noFile(moment, task, 'adopt')
  if (id === parentId)
    return refuse(
      moment,
      { task: id, command: 'adopt' },
      'CYCLE',
      `${id} cannot be its own parent`,
      'name another',
    )
  const refusal = parentRefusal(moment, parentId, parent, 'adopt')
  if (refusal !== undefined) return refusal
  if (task.parent === parentId) return decided(id, [])
  const bad = (message: string, next: string): Decision =>
    refuse(moment, { task: id, command: 'adopt' }, 'BAD_VALUE', message, next)
  if (isParent(task)) return bad(`${id} is a parent itself`, 'adopt its subtasks one by one')
  if (parent!.place!.root !== task.place.root)
    return bad(
      `${parentId} is in ${parent!.place!.root}, ${id} in ${task.place.root}`,
      'both must be in one folder',
    )
  const order = nextOrder(state.childrenOf(parentId))
  const to = posix.join(posix.dirname(parent!.place!.path), numbered(order, unnumbered(task.place.path)))
  return restructured(moment, 'TaskAdopted', task, [placedAt(task, to, parentId, order)])
}

interface Ordering {
  parent: string
  /** Those not named follow in the order they have. */
  ids: readonly string[]
}

/** Subtasks in a new order, one after the other. Refuses  NOT_A_PARENT, NOT_A_SUBTASK */
export function decideResequence(moment: Moment, { parent: parentId, ids }: Ordering): Decision {
  return reordered(moment, 'resequence', 'SubtasksResequenced', parentId, ids, (named, children) => {
    const rest = children.filter((child) => !named.includes(child))
    return [...named, ...rest].map((child, i) => [child, i + 1])
  })
}

/** Subtasks that may be worked on at once get one number, the lowest they had. Refuses  NOT_A_PARENT, NOT_A_SUBTASK */
export function decideParallelize(moment: Moment, { parent: parentId, ids }: Ordering): Decision {
  return reordered(moment, 'parallelize', 'SubtasksParallelized', parentId, ids, (named) => {
    const lowest = Math.min(...named.map(({ order }) => order ?? 1))
    return named.map((child) => [child, lowest])
  })
}

function reordered(
  moment: Moment,
  command: string,
  event: Structural,
  parentId: string,
  ids: readonly string[],
  orders: (named: readonly Task[], children: readonly Task[]) => [Task, number][],
): Decision {
  const parent = moment.state.find(parentId)
  const refusal = parentRefusal(moment, parentId, parent, command)
  if (refusal !== undefined) return refusal
  const children = moment.state.childrenOf(parentId)
  const named: Task[] = []
  for (const id of new Set(ids)) {
    const child = children.find((one) => one.id === id)
    if (child === undefined)
      return refuse(
        moment,
        { task: parentId, command },
        'NOT_A_SUBTASK',
        `${id} is no subtask of ${parentId}`,
        `its subtasks: ${children.map((one) => one.id).join(', ') || 'none'}`,
      )
    named.push(child)
  }
  const placements = orders(named, children)
    .filter(([child, order]) => child.order !== order)
    .map(([child, order]) => {
      const { path } = child.place!
      return placedAt(
        child,
        posix.join(posix.dirname(path), numbered(order, unnumbered(path))),
        parentId,
        order,
      )
    })
  return restructured(moment, event, parent!, placements)
}

export function parentRefusal(
  moment: Moment,
  id: string,
  parent: Task | undefined,
  command: string,
): Decision | undefined {
  if (parent === undefined) return unknownTask(moment, id, command)
  if (isParent(parent)) return undefined
  return refuse(
    moment,
    { task: id, command },
    'NOT_A_PARENT',
    `${id} is no parent`,
    `make it one: spanledger task promote ${id}`,
  )
}

const placedAt = (
  task: Task,
  path: string,
  parent: string | undefined,
  order: number | undefined,
): Placement => ({
  task: task.id,
  place: { root: task.place!.root, path },
  parent: parent ?? null,
  order: order ?? null,
})

function restructured(moment: Moment, event: Structural, task: Task, placements: Placement[]): Decision {
  if (placements.length === 0) return decided(task.id, [])
  const steps = placements.map(({ task: id, place }): FileStep => ({
    do: 'rename',
    root: place.root,
    from: moment.state.find(id)!.place!.path,
    to: place.path,
  }))
  return decided(task.id, [{ event, data: { task: task.id, by: moment.by, placements } }], steps)
}
