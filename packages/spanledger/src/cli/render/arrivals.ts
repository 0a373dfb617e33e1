import type { AnswerOf } from '../../query/index.ts'
import type { Terminal } from '../terminal.ts'
import { formatInteger, formatWhen } from './format.ts'
import { table } from './table.ts'

export function renderArrivals({ rows }: AnswerOf<'arrivals'>, terminal: Terminal): string {
  if (rows.length === 0) return 'Nothing arrived. What is missing: spanledger doctor\n'
  const told = (way: { events: number; lastAt: string } | null): string =>
    way === null ? '-' : `${formatInteger(way.events)}, ${formatWhen(way.lastAt, terminal.nowMs)}`
  return table(
    [
      { head: 'AGENT', value: (row) => row.agent, shrinkTo: 8 },
      { head: 'SESSIONS', align: 'right', value: (row) => formatInteger(row.sessions) },
      { head: 'TELEMETRY', value: (row) => told(row.telemetry) },
      { head: 'HOOKS', value: (row) => told(row.hooks) },
      { head: 'TRANSCRIPTS', value: (row) => told(row.transcripts) },
      { head: 'HOOKS MISSED', align: 'right', value: (row) => formatInteger(row.hooksMissed), drop: 1 },
    ],
    rows,
    terminal,
  )
}
