import { addTokens, compare, NO_TOKENS } from './merge.ts'
import type { SessionFigures } from './session-projection.ts'
import type { SessionSummary, Spending, Tokens } from './session-view.ts'

/** What all sessions of an agent's version came to. */
export interface AgentFigures {
  agent: string
  agentVersion: string | null
  sessions: number
  modelCalls: number
  failedModelCalls: number
  toolCalls: number
  failedToolCalls: number
  tokens: Tokens
  /** Null when no model call could be priced. */
  costUsd: number | null
  /** Model calls that costUsd leaves out. */
  unpricedModelCalls: number
  lastSeenAt: string
}

export const COST_DIMENSIONS = ['day', 'agent', 'model', 'task', 'branch', 'repository', 'session'] as const
export type CostDimension = (typeof COST_DIMENSIONS)[number]

/** What model calls came to, by one of COST_DIMENSIONS. */
export interface CostFigures extends Omit<Spending, 'day' | 'model'> {
  /** The day in UTC, the agent, the model ...; NOT_TOLD for sessions that do not say. */
  key: string
  /** That had model calls there. */
  sessions: number
}

/** Whole days in UTC, as `2026-11-21`, both included. */
export interface Days {
  since?: string
  until?: string
}

interface Cost {
  tokens: Tokens
  costUsd: number | null
  unpricedModelCalls: number
}

const NO_COST: Cost = { tokens: NO_TOKENS, costUsd: null, unpricedModelCalls: 0 }

/** Sums of dollars in binary carry noise; a billionth of one is kept. */
const dollars = (value: number): number => Math.round(value * 1e9) / 1e9

const addCost = (a: Cost, b: Cost): Cost => ({
  tokens: addTokens(a.tokens, b.tokens),
  costUsd: a.costUsd === null ? b.costUsd : b.costUsd === null ? a.costUsd : a.costUsd + b.costUsd,
  unpricedModelCalls: a.unpricedModelCalls + b.unpricedModelCalls,
})

const rounded = <T extends { costUsd: number | null }>(row: T): T =>
  row.costUsd === null ? row : { ...row, costUsd: dollars(row.costUsd) }

/** Last seen first. */
export function agentsOf(figures: Iterable<SessionFigures>): AgentFigures[] {
  const rows = new Map<string, AgentFigures>()
  for (const { summary } of figures) {
    const { agent, agentVersion } = summary
    const key = JSON.stringify([agent, agentVersion])
    const row = rows.get(key)
    const lastSeenAt = summary.endedAt ?? summary.startedAt
    rows.set(key, {
      agent,
      agentVersion,
      sessions: (row?.sessions ?? 0) + 1,
      modelCalls: (row?.modelCalls ?? 0) + summary.modelCalls,
      failedModelCalls: (row?.failedModelCalls ?? 0) + summary.failedModelCalls,
      toolCalls: (row?.toolCalls ?? 0) + summary.toolCalls,
      failedToolCalls: (row?.failedToolCalls ?? 0) + summary.failedToolCalls,
      ...addCost(row ?? NO_COST, summary),
      lastSeenAt: row && row.lastSeenAt > lastSeenAt ? row.lastSeenAt : lastSeenAt,
    })
  }
  return [...rows.values()]
    .map(rounded)
    .toSorted(
      (a, b) =>
        compare(b.lastSeenAt, a.lastSeenAt) ||
        compare(a.agent, b.agent) ||
        compare(a.agentVersion ?? '', b.agentVersion ?? ''),
    )
}

/** Days latest first, the others dearest first; `total` is of all of them. */
export function costBy(
  figures: Iterable<SessionFigures>,
  by: CostDimension,
  { since = '', until = '\uffff' }: Days,
): { rows: CostFigures[]; total: CostFigures } {
  const rows = new Map<string, CostFigures>()
  let total: CostFigures = { key: 'total', sessions: 0, modelCalls: 0, ...NO_COST }
  for (const { summary, spending } of figures) {
    const counted = new Set<string>()
    for (const one of spending) {
      if (one.day < since || one.day > until) continue
      const key = by === 'day' || by === 'model' ? one[by] : keyOf(summary, by)
      const row = rows.get(key) ?? { key, sessions: 0, modelCalls: 0, ...NO_COST }
      rows.set(key, addSpending(row, one, !counted.has(key)))
      total = addSpending(total, one, counted.size === 0)
      counted.add(key)
    }
  }
  const keys = (a: CostFigures, b: CostFigures): number => compare(a.key, b.key)
  return {
    rows: [...rows.values()]
      .map(rounded)
      .toSorted((a, b) => (by === 'day' ? keys(b, a) : (b.costUsd ?? -1) - (a.costUsd ?? -1) || keys(a, b))),
    total: rounded(total),
  }
}

/** Of sessions that were not started by `spanledger run`, or for no task. */
const NOT_TOLD = '(none)'

const keyOf = (summary: SessionSummary, by: Exclude<CostDimension, 'day' | 'model'>): string =>
  by === 'session' ? summary.id : (summary[by] ?? NOT_TOLD)

const addSpending = (row: CostFigures, one: Spending, isNew: boolean): CostFigures => ({
  key: row.key,
  sessions: row.sessions + (isNew ? 1 : 0),
  modelCalls: row.modelCalls + one.modelCalls,
  ...addCost(row, one),
})
