import { isDeepStrictEqual } from 'node:util'
import type { Fields, Json } from '../../work/index.ts'

/** What is so of each thing at one moment: by its id, what is worth telling by name. What is not so is not there. */
export type Things = ReadonlyMap<string, Fields>

/** One that differs between two moments. Absent before: it was not there, or that was not so of it. */
export interface ThingChange {
  id: string
  what: 'new' | 'gone' | 'changed'
  changes: Record<string, { before?: Json; after?: Json }>
}

/**
 * What changed, in the order of ids. Changes from A to B and then from B to C come to those from A to C: of each name the
 * first `before` and the last `after`, and nothing where these are equal.
 */
export function changesBetween(before: Things, after: Things): ThingChange[] {
  const ids = [...new Set([...before.keys(), ...after.keys()])].toSorted()
  return ids.flatMap((id) => {
    const [was, is] = [before.get(id), after.get(id)]
    const changes = fieldsBetween(was ?? {}, is ?? {})
    if (was !== undefined && is !== undefined && Object.keys(changes).length === 0) return []
    return [{ id, what: was === undefined ? 'new' : is === undefined ? 'gone' : 'changed', changes }]
  })
}

function fieldsBetween(was: Fields, is: Fields): ThingChange['changes'] {
  const changes: [string, { before?: Json; after?: Json }][] = []
  for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
    const before = Object.hasOwn(was, name) ? was[name] : undefined
    const after = Object.hasOwn(is, name) ? is[name] : undefined
    if (isDeepStrictEqual(before, after)) continue
    changes.push([
      name,
      { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) },
    ])
  }
  return Object.fromEntries(changes)
}
