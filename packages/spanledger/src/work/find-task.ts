import type { Task } from './state.ts'
import type { WorkState } from './work-state.ts'

/** Why a name means no task; `near` are ids that may have been meant. */
export interface NoTask {
  code: 'UNKNOWN_TASK' | 'AMBIGUOUS_ID' | 'TASK_ELSEWHERE'
  message: string
  next: string
  near: string[]
}

export const isNoTask = (found: Task | NoTask): found is NoTask => 'code' in found

const NEAR_MAX = 5

/**
 * A task by its id, or the beginning of one that no other shares.
 *
 * elsewhere  folders of tasks that only whole ids reach
 */
export function findTask(
  state: WorkState,
  given: string,
  elsewhere: ReadonlySet<string> = new Set(),
): Task | NoTask {
  const exact = state.find(given)
  if (exact !== undefined) return exact
  const begun = [...state.present()].filter(({ id }) => id.startsWith(given))
  const here = begun.filter(({ place }) => place === undefined || !elsewhere.has(place.root))
  if (here.length === 1) return here[0]!
  if (here.length === 0 && begun.length > 0)
    return {
      code: 'TASK_ELSEWHERE',
      message: `"${given}" begins no id here, only in ${[...new Set(begun.map(({ place }) => place!.root))].join(', ')}`,
      next: 'go there first, or give the whole id',
      near: idsOf(begun),
    }
  if (here.length > 1)
    return {
      code: 'AMBIGUOUS_ID',
      message: `"${given}" begins the ids of ${here.length} tasks`,
      next: 'give more of it',
      near: idsOf(here),
    }
  const word = given.toLowerCase()
  const similar = [...state.present()].filter(({ id, title }) =>
    `${id} ${title}`.toLowerCase().includes(word),
  )
  return {
    code: 'UNKNOWN_TASK',
    message: `there is no task "${given}"`,
    next: 'see spanledger task list',
    near: idsOf(similar),
  }
}

const idsOf = (tasks: readonly Task[]): string[] => tasks.slice(0, NEAR_MAX).map(({ id }) => id)
