import type { CauseOf } from './causes.ts'
import { dayNumber, dayOf } from './days.ts'
import type { Spending, Tokens } from './session-view.ts'
import type { Activity } from './merge.ts'

/** A model call with its price. */
export interface Priced {
  call: Activity
  model: string
  tokens: Tokens | null
  costUsd: number | null
}

export const unpricedIn = (calls: readonly Priced[]): number =>
  calls.filter(({ call, costUsd }) => costUsd === null && call.outcome !== 'failed').length

/** By day, model and cause, each in the order of its first call. */
export function spendingOf(
  calls: readonly Priced[],
  causeOf: CauseOf,
  sumOf: (calls: readonly Priced[]) => Pick<Spending, 'tokens' | 'costUsd'>,
): Spending[] {
  const groups = new Map<string, Priced[]>()
  for (const one of calls) {
    const key = `${dayNumber(one.call.start)} ${causeOf(one.call)} ${one.model}`
    const group = groups.get(key)
    if (group) group.push(one)
    else groups.set(key, [one])
  }
  return [...groups.values()].map((group) => ({
    day: dayOf(dayNumber(group[0]!.call.start)),
    model: group[0]!.model,
    cause: causeOf(group[0]!.call),
    modelCalls: group.length,
    callMs: group.reduce((sum, { call }) => sum + Math.floor(call.end - call.start), 0),
    unpricedModelCalls: unpricedIn(group),
    ...sumOf(group),
  }))
}
