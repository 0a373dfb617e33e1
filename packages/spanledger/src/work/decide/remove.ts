import { type Decision, decided, type Moment, refuse, unknownTask } from './decision.ts'

/** Its file goes, its history stays. Refuses  UNKNOWN_TASK, BAD_VALUE for a parent that has subtasks */
export function decideDelete(moment: Moment, { id }: { id: string }): Decision {
  const task = moment.state.find(id)
  if (task === undefined) return unknownTask(moment, id, 'delete')
  const children = moment.state.childrenOf(id)
  if (children.length > 0)
    return refuse(
      moment,
      { task: id, command: 'delete' },
      'BAD_VALUE',
      `${id} has ${children.length} subtasks`,
      'delete or extract these first, or move it to the archive',
    )
  return decided(
    id,
    [{ event: 'TaskDeleted', data: { task: id, by: moment.by } }],
    task.place === undefined ? [] : [{ do: 'remove', ...task.place }],
  )
}
