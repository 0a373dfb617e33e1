import type { QueryContext } from '../context.ts'
import { isRefusal, type Refusal } from '../refusal.ts'
import { findTask } from './task-view.ts'

/** A task of this ledger, or one of somebody else's that a session or run carries already; its whole id. */
export async function carriedTask(context: QueryContext, given: string): Promise<string | Refusal> {
  const found = findTask((await (await context.work()).look()).state, given)
  if (!isRefusal(found)) return found.id
  const model = await context.sessions()
  await model.refresh()
  const { runs } = await (await context.outcomes()).current()
  const carried = [...model.list({ limit: Infinity }).sessions, ...runs.values()]
  return carried.some(({ task }) => task === given) ? given : found
}

/** Those for a task, by its id or the beginning of one; by what they carry where that is nobody's here. */
export async function rowsOfTask<Row extends { task: string | null }>(
  context: QueryContext,
  rows: Row[],
  given: string | undefined,
): Promise<Row[] | Refusal> {
  if (given === undefined) return rows
  const exact = rows.filter(({ task }) => task === given)
  if (exact.length > 0) return exact
  const found = findTask((await (await context.work()).look()).state, given)
  if (!isRefusal(found)) return rows.filter(({ task }) => task === found.id)
  return found.refused === 'UNKNOWN_TASK'
    ? rows.filter(({ task }) => task?.startsWith(given) === true)
    : found
}
