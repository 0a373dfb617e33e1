import { type Fields, type Task, teamOf, type WorkState } from '../../work/index.ts'
import type { Things } from './changes.ts'

/** What is so of each task, in its own words; a deleted one is gone. */
export const tasksAsThings = (state: WorkState): Things =>
  new Map([...state.present()].map((task) => [task.id, fieldsOf(task)]))

function fieldsOf(task: Task): Fields {
  const { status: _, assignee: __, ...fields } = task.fields
  return present({
    title: task.title,
    status: task.status,
    reason: task.reason,
    progress: task.progress,
    claimedBy: task.claim?.agent,
    claimedFor: task.claim?.team ?? teamOf(task),
    assignee: task.fields['assignee'],
    parent: task.parent,
    order: task.order,
    file: task.place && `${task.place.root}/${task.place.path}`,
    ...prefixed('field', fields),
    ...prefixed('section', task.sections),
  })
}

const prefixed = (prefix: string, of: Fields): Fields =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [`${prefix}.${name}`, value]))

/** Without what is not so. */
export const present = (fields: { [Name in string]?: Fields[string] | undefined }): Fields =>
  Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, Fields[string]] => entry[1] !== undefined),
  )
