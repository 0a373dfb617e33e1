import type { SessionFold } from './fold.ts'
import { latestFirst } from './session-list.ts'
import { addTokens, NO_TOKENS } from './merge.ts'
import type { SessionSummary, Tokens } from './session-view.ts'

const COUNTS = [
  'prompts',
  'modelCalls',
  'failedModelCalls',
  'toolCalls',
  'failedToolCalls',
  'subagents',
  'errors',
  'compactions',
  'unpricedModelCalls',
] as const

/** What the figures of sessions grew by; less than nothing where later telemetry corrected earlier one. */
export type Growth = Record<(typeof COUNTS)[number], number> & { tokens: Tokens; costUsd: number }

/** As its events tell it: that an open session falls silent is no event, and no change. */
type Course = 'open' | 'completed' | 'failed'

/** Null: not known then; after it, as a part of another session. */
export interface SessionChange extends Growth {
  id: string
  agent: string
  startedAt: string
  endedAt: string | null
  status: { from: Course | null; to: Course | null }
}

export const NO_GROWTH: Readonly<Growth> = {
  ...(Object.fromEntries(COUNTS.map((count) => [count, 0])) as Record<(typeof COUNTS)[number], number>),
  tokens: { ...NO_TOKENS },
  costUsd: 0,
}

/** Sums of dollars in binary carry noise; a billionth of one is kept, as in the figures themselves. */
const dollars = (value: number): number => Math.round(value * 1e9) / 1e9 + 0

export function addGrowth(a: Growth, b: Growth): Growth {
  const sum = { ...NO_GROWTH, tokens: addTokens(a.tokens, b.tokens), costUsd: dollars(a.costUsd + b.costUsd) }
  for (const count of COUNTS) sum[count] = a[count] + b[count]
  return sum
}

function growth(before: SessionSummary | undefined, after: SessionSummary | undefined): Growth {
  const [a, b] = [before ?? NO_GROWTH, after ?? NO_GROWTH]
  const grown = { ...NO_GROWTH, costUsd: dollars((b.costUsd ?? 0) - (a.costUsd ?? 0)) }
  for (const count of COUNTS) grown[count] = b[count] - a[count]
  grown.tokens = { ...NO_TOKENS }
  for (const part of Object.keys(NO_TOKENS) as (keyof Tokens)[])
    grown.tokens[part] = b.tokens[part] - a.tokens[part]
  return grown
}

const courseOf = (summary: SessionSummary | undefined): Course | null => {
  if (!summary) return null
  return summary.status === 'completed' || summary.status === 'failed' ? summary.status : 'open'
}

/**
 * Sessions that differ between two moments of one ledger, latest start first; changes from A to B and from B to C add up to
 * those from A to C.
 *
 * only  this one, even where it is shown inside of another
 */
export function changesBetween(before: SessionFold, after: SessionFold, only?: string): SessionChange[] {
  const ids = only === undefined ? [...new Set([...before.ids(), ...after.ids()])] : [only]
  return ids
    .map((id) => changeOf(id, before, after, (fold) => only !== undefined || fold.isShown(id)))
    .filter((change) => change !== undefined)
    .toSorted(latestFirst)
}

function changeOf(
  id: string,
  before: SessionFold,
  after: SessionFold,
  isShown: (fold: SessionFold) => boolean,
): SessionChange | undefined {
  if (isShown(before) === isShown(after) && before.extent(id) === after.extent(id)) return undefined
  const [from, to] = [before, after].map((fold) => (isShown(fold) ? fold.summary(id) : undefined))
  const known = to ?? from
  if (!known) return undefined
  const { agent, startedAt, endedAt } = known
  const status = { from: courseOf(from), to: courseOf(to) }
  return { id, agent, startedAt, endedAt, status, ...growth(from, to) }
}
