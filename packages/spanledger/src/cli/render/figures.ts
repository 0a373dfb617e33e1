import type { AnswerOf } from '../../query/index.ts'
import type { Terminal } from '../terminal.ts'
import { formatCount, formatInteger, formatMoney, formatWhen } from './format.ts'
import { table } from './table.ts'

const NONE = 'No sessions. Point an agent here: spanledger up says how.\n'

const calls = (all: number, failed: number): string =>
  failed === 0 ? formatInteger(all) : `${formatInteger(all)} (${formatInteger(failed)} failed)`

export function renderAgents({ rows }: AnswerOf<'agents'>, terminal: Terminal): string {
  if (rows.length === 0) return NONE
  return table(
    [
      { head: 'AGENT', value: (a) => a.agent, shrinkTo: 8 },
      { head: 'VERSION', value: (a) => a.agentVersion ?? '-' },
      { head: 'SESSIONS', align: 'right', value: (a) => formatInteger(a.sessions) },
      { head: 'MODEL', align: 'right', value: (a) => calls(a.modelCalls, a.failedModelCalls), drop: 3 },
      { head: 'TOOLS', align: 'right', value: (a) => calls(a.toolCalls, a.failedToolCalls) },
      { head: 'INPUT', align: 'right', value: (a) => formatCount(a.tokens.input), drop: 2 },
      { head: 'OUTPUT', align: 'right', value: (a) => formatCount(a.tokens.output), drop: 2 },
      { head: 'COST', align: 'right', value: (a) => formatMoney(a.costUsd) },
      { head: 'LAST SEEN', value: (a) => formatWhen(a.lastSeenAt, terminal.nowMs) },
    ],
    rows,
    terminal,
  )
}
