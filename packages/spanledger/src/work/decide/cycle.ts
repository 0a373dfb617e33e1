import type { Fields } from '../document/document.ts'
import { dependenciesOf } from '../state.ts'
import type { WorkState } from '../work-state.ts'

/** The way by which a task with these fields would wait for itself; undefined when it does not. */
export function cycleThrough(state: WorkState, id: string, fields: Fields): string[] | undefined {
  const before = new Map<string, string>()
  const waiting = dependenciesOf({ fields })
  for (const one of waiting) before.set(one, id)
  for (let at = 0; at < waiting.length; at++) {
    const one = waiting[at]!
    if (one === id) return wayTo(id, before)
    const task = state.find(one)
    for (const next of task === undefined ? [] : dependenciesOf(task)) {
      if (before.has(next)) continue
      before.set(next, one)
      waiting.push(next)
    }
  }
  return undefined
}

function wayTo(id: string, before: ReadonlyMap<string, string>): string[] {
  const way = [id]
  for (let at = before.get(id)!; at !== id; at = before.get(at)!) way.unshift(at)
  return [id, ...way]
}
