import { addTokens, compare, NO_TOKENS } from './merge.ts'
import type { SessionFigures } from './session-projection.ts'
import type { Tokens } from './session-view.ts'

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
