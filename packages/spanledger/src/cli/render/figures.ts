import type { AnswerOf } from '../../query/index.ts'
import type { Terminal } from '../terminal.ts'
import { formatCount, formatInteger, formatMoney, formatWhen, plural } from './format.ts'
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

export function renderCost({ by, from, to, rows, total }: AnswerOf<'cost'>, terminal: Terminal): string {
  const days = [from === null ? '' : ` from ${from}`, to === null ? '' : ` to ${to}`].join('')
  if (rows.length === 0) return `No model calls${days}.\n`
  const drawn = table(
    [
      { head: by.toUpperCase(), value: (r) => r.key, shrinkTo: 10 },
      { head: 'SESSIONS', align: 'right', value: (r) => formatInteger(r.sessions), drop: 3 },
      { head: 'CALLS', align: 'right', value: (r) => formatInteger(r.modelCalls) },
      { head: 'INPUT', align: 'right', value: (r) => formatCount(r.tokens.input) },
      { head: 'CACHED', align: 'right', value: (r) => formatCount(r.tokens.cacheRead), drop: 2 },
      { head: 'OUTPUT', align: 'right', value: (r) => formatCount(r.tokens.output) },
      { head: 'COST', align: 'right', value: (r) => formatMoney(r.costUsd) },
      {
        head: 'UNPRICED',
        align: 'right',
        value: (r) => (r.unpricedModelCalls === 0 ? '' : formatInteger(r.unpricedModelCalls)),
        drop: 1,
      },
    ],
    [...rows, total],
    terminal,
  )
  const left =
    total.unpricedModelCalls === 0
      ? ''
      : `${plural(total.unpricedModelCalls, 'model call')} without a price or without tokens: COST leaves them out\n`
  return `${drawn}${days === '' ? '' : `whole days in UTC${days}\n`}${left}`
}
