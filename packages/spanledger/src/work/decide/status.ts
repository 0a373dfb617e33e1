import type { Draft } from '../events.ts'
import type { Task } from '../state.ts'
import { mayFollow, type Status, wordLike } from '../words.ts'
import { type Decision, decided, type Moment, refuse, unknownTask } from './decision.ts'
import { moved } from './move.ts'

/**
 * Anybody may say what state a task is in; a claim ends when it is not being worked on any more.
 *
 * Refuses  UNKNOWN_TASK, ILLEGAL_STATUS
 */
export function decideStatus(
  moment: Moment,
  { id, to, reason }: { id: string; to: Status; reason?: string | undefined },
): Decision {
  const task = moment.state.find(id)
  if (task === undefined) return unknownTask(moment, id, 'status')
  if (task.status === to) return decided(id, [])
  if (!mayFollow(task.status).includes(to)) return illegal(moment, task, to, 'status')
  return withStatus(moment, task, to, { reason })
}

export function illegal(moment: Moment, task: Task, to: Status, command: string): Decision {
  return refuse(
    moment,
    { task: task.id, command },
    'ILLEGAL_STATUS',
    `task ${task.id} is ${task.status}, and cannot become ${to}`,
    `it can become ${mayFollow(task.status).join(', ')}`,
  )
}

/** The change itself, and that work in progress stands in `current`. */
export function withStatus(
  { by, state }: Pick<Moment, 'by' | 'state'>,
  task: Task,
  to: Status,
  { reason, more = [] }: { reason?: string | undefined; more?: Draft[] } = {},
): Decision {
  const drafts: Draft[] = []
  if (task.status !== to)
    drafts.push({
      event: 'TaskStatusChanged',
      data: {
        task: task.id,
        from: task.status,
        to,
        word: wordLike(task.fields['status'], to),
        ...(reason === undefined ? {} : { reason }),
        by,
      },
    })
  drafts.push(...more)
  const inBacklog = task.place?.path.startsWith('backlog/') === true && task.parent === undefined
  if (to !== 'in_progress' || !inBacklog) return decided(task.id, drafts)
  const move = moved(task, 'current', by, state)
  return decided(task.id, [...drafts, ...move.drafts], move.steps)
}
