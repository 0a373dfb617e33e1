import { recordDb } from './db-telemetry.ts'
import type { DbOperation } from './db-telemetry.ts'

/**
 * An iterator whose whole course is one span: from the first entry asked for until it is used up, left, or fails. One that is
 * never asked is not recorded.
 */
export function recordedIteration<T>(
  db: DbOperation,
  iterator: AsyncIterableIterator<T>,
): AsyncIterableIterator<T> {
  let rows = 0
  let finish: ((error?: { error: unknown }) => void) | undefined
  const begin = (): void => {
    if (finish !== undefined) return
    const course = recordDb(
      db,
      () =>
        new Promise<number>((resolve, reject) => {
          finish = (failed) => (failed === undefined ? resolve(rows) : reject(failed.error))
        }),
      (count) => ({ 'db.response.returned_rows': count, 'db.result.found': count > 0 }),
    )
    // The one who iterates gets the error.
    course.catch(() => {})
  }
  const step = async (next: () => Promise<IteratorResult<T>>): Promise<IteratorResult<T>> => {
    try {
      const result = await next()
      if (result.done) finish?.()
      else rows++
      return result
    } catch (error) {
      finish?.({ error })
      throw error
    }
  }
  const recorded: AsyncIterableIterator<T> = {
    next(...args: [] | [unknown]) {
      begin()
      return step(() => iterator.next(...args))
    },
    async return(value?: unknown) {
      finish?.()
      return (await iterator.return?.(value)) ?? { done: true, value: value as T }
    },
    [Symbol.asyncIterator]: () => recorded,
  }
  // Deno's lists have a cursor beside.
  return Object.defineProperty(recorded, 'cursor', {
    get: () => (iterator as { cursor?: unknown }).cursor,
  })
}
