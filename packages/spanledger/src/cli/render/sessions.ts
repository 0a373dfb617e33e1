import type { AnswerOf } from '../../query/index.ts'
import type { Terminal } from '../terminal.ts'
import { formatCount, formatDuration, formatMoney, formatWhen } from './format.ts'
import { troubles } from './findings.ts'
import { statusPaint } from './marks.ts'
import { table } from './table.ts'

export function renderSessions(answer: AnswerOf<'sessions'>, terminal: Terminal): string {
  if (answer.rows.length === 0) return 'No sessions. Point an agent here: spanledger up says how.\n'
  return table(
    [
      { head: 'SESSION', value: (s) => s.id.slice(0, 13) },
      { head: 'AGENT', value: (s) => s.agent, shrinkTo: 8 },
      {
        head: 'STATUS',
        value: (s) => [s.status, ...troubles(s)].join(', '),
        shrinkTo: 24,
        paint: (text, s) =>
          troubles(s).length > 0
            ? terminal.colors.yellow(text)
            : statusPaint(terminal.colors, s.status)(text),
      },
      { head: 'STARTED', value: (s) => formatWhen(s.startedAt, terminal.nowMs), drop: 1 },
      { head: 'TOOK', align: 'right', value: (s) => took(s), drop: 2 },
      { head: 'MODEL', align: 'right', value: (s) => calls(s.modelCalls, s.failedModelCalls), drop: 5 },
      { head: 'TOOLS', align: 'right', value: (s) => calls(s.toolCalls, s.failedToolCalls), drop: 3 },
      { head: 'INPUT', align: 'right', value: (s) => formatCount(s.tokens.input), drop: 4 },
      { head: 'OUTPUT', align: 'right', value: (s) => formatCount(s.tokens.output), drop: 4 },
      { head: 'COST', align: 'right', value: (s) => formatMoney(s.costUsd) },
      { head: 'WHERE', value: (s) => s.branch ?? lastPart(s.workingDirectory), shrinkTo: 8, drop: 6 },
    ],
    answer.rows,
    terminal,
  )
}

type Row = AnswerOf<'sessions'>['rows'][number]

const took = (s: Row): string =>
  s.endedAt === null ? '-' : formatDuration(Date.parse(s.endedAt) - Date.parse(s.startedAt))

const calls = (all: number, failed: number): string =>
  failed === 0 ? String(all) : `${all} (${failed} failed)`

const lastPart = (path: string | null): string => path?.split(/[\\/]/).findLast((part) => part !== '') ?? ''
