import { field, tokensOf, type Activity } from './merge.ts'
import type { Reconciliation } from './reconcile.ts'
import type { SessionSummary, Tokens } from './session-view.ts'
import type { Things } from './things.ts'

interface Call {
  call: Activity
  tokens: Tokens | null
  costUsd: number | null
}

/** Reported and computed cost may differ by rounding before they are said to differ. */
const COST_TOLERANCE = 0.01

/** Which sources told a figure and which was chosen, where they differ; and what is known to be missing. */
export function notesOf(
  head: SessionSummary,
  things: Things,
  calls: readonly Call[],
  reconciliation: Reconciliation,
): string[] {
  return [
    ...differing(things.modelCalls),
    ...withoutTokens(calls),
    ...cutOff(head, things),
    ...turnSums(things, calls),
    ...reportedCost(calls),
    ...unpriced(head),
    ...unsure(reconciliation),
    ...hooksMissed(things),
  ]
}

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`

/** Two sources told the tokens of a call differently: the higher rank's were taken. */
function differing(calls: readonly Activity[]): string[] {
  const seen = new Map<string, number>()
  for (const call of calls)
    for (const part of ['input', 'output'] as const) {
      const told = call.told.filter(({ data }) => data.tokens?.[part] !== undefined)
      const [chosen, other] = [
        told[0],
        told.find(({ data }) => data.tokens?.[part] !== told[0]?.data.tokens?.[part]),
      ]
      if (!chosen || !other) continue
      const key = `${part} tokens: ${chosen.data.source} taken, ${other.data.source} tells others`
      seen.set(key, (seen.get(key) ?? 0) + 1)
    }
  return [...seen].map(([text, count]) => `${text} (${plural(count, 'model call')})`)
}

function withoutTokens(calls: readonly Call[]): string[] {
  const missing = calls.filter(({ tokens, call }) => tokens === null && call.outcome !== 'failed')
  if (missing.length === 0) return []
  const sources = [
    ...new Set(missing.flatMap(({ call }) => call.told.map(({ data }) => data.source))),
  ].toSorted()
  return [
    `missing: the tokens of ${plural(missing.length, 'model call')}, known from ${sources.join(', ')} alone`,
  ]
}

/** The last model call asked for a tool, and no model call followed: what came after was not delivered, or the agent died. */
function cutOff(head: SessionSummary, things: Things): string[] {
  const last = things.modelCalls[things.modelCalls.length - 1]
  if (!last || head.status === 'completed' || head.status === 'active') return []
  const reason = field(last, 'finishReason') ?? ''
  return /^tool/i.test(reason)
    ? [`missing: what followed the last model call, which asked for a tool (${reason})`]
    : []
}

/** Sums that the agent reports for its turns, against those of the calls it told; its subagents' are not in them. */
function turnSums(things: Things, calls: readonly Call[]): string[] {
  const sums = things.turns.map((turn) => tokensOf(turn)).filter((sum) => sum !== null)
  if (sums.length === 0) return []
  const own = calls.filter(({ call }) => call.agent === undefined)
  return (['input', 'output'] as const).flatMap((part) => {
    const reported = sums.reduce((total, sum) => total + sum[part], 0)
    const told = own.reduce((total, { tokens }) => total + (tokens?.[part] ?? 0), 0)
    return reported === told
      ? []
      : [`${part} tokens: its own model calls sum to ${told}, the agent reports ${reported}`]
  })
}

function reportedCost(calls: readonly Call[]): string[] {
  const told = calls.filter(
    ({ call, costUsd }) => costUsd !== null && field(call, 'reportedCostUsd') !== undefined,
  )
  if (told.length === 0) return []
  const reported = told.reduce((sum, { call }) => sum + (field(call, 'reportedCostUsd') ?? 0), 0)
  const computed = told.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0)
  if (Math.abs(reported - computed) <= COST_TOLERANCE * Math.max(reported, computed)) return []
  return [`cost: the agent reports $${reported.toFixed(4)}, the price table gives $${computed.toFixed(4)}`]
}

/** What the notes above leave to be asked. */
function unsure({ session, figures }: Reconciliation): string[] {
  const low = figures.filter(({ confidence, unit }) => confidence === 'low' && unit !== 'usd')
  if (low.length === 0) return []
  return [
    `low confidence: ${low.map(({ figure }) => figure).join(', ')}; session reconcile ${session} tells why`,
  ]
}

const unpriced = (head: SessionSummary): string[] =>
  head.unpricedModelCalls === 0 || head.modelCalls === 0
    ? []
    : [`cost: ${plural(head.unpricedModelCalls, 'model call')} without a price or without tokens left out`]

/** Their numbers were given out one behind the other by all agents of the home: in between may be another session's. */
function hooksMissed({ hooksMissed: gaps }: Things): string[] {
  const missed = gaps.reduce((sum, { data }) => sum + (data.missed ?? 0), 0)
  return missed === 0
    ? []
    : [
        `missing: ${plural(missed, 'hook')} that ran while this session did, of this session or of another one`,
      ]
}
