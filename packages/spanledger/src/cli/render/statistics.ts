import type { AnswerOf } from '../../query/index.ts'
import type { Terminal } from '../terminal.ts'
import { formatCount, formatDateTime, formatDuration, formatInteger, formatMoney, plural } from './format.ts'
import { padEnd } from './width.ts'

const share = (value: number | null): string => (value === null ? '-' : `${Math.round(value * 100)} %`)
const hours = (value: { p50: number; p95: number } | null): string =>
  value === null ? '-' : `${formatDuration(value.p50 * 3.6e6)}, p95 ${formatDuration(value.p95 * 3.6e6)}`
const kinds = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ') || 'nothing'

/** Two short lists: sessions, then work. */
export function renderStatistics(
  { from, sessions: s, work }: AnswerOf<'statistics'>,
  { colors }: Terminal,
): string {
  const rows = (facts: [string, string][]): string =>
    facts.map(([name, value]) => `  ${colors.dim(padEnd(name, 12))}${value}`).join('\n')
  const statuses = Object.entries(work.byStatus)
    .filter(([, count]) => count > 0)
    .map(([status, count]) => `${formatInteger(count)} ${status}`)
  const took = s.seconds
  return `${colors.bold('Sessions')} since ${formatDateTime(from)}
${rows([
  [
    'begun',
    `${formatInteger(s.begun)}, ${s.perHour.toFixed(2)} an hour; ${formatInteger(s.active)} at work now`,
  ],
  [
    'ended',
    `${formatInteger(s.completed)} well, ${formatInteger(s.failed)} failed, ${formatInteger(s.silent)} fell silent; success ${share(s.successRate)}`,
  ],
  ['took', took === null ? '-' : `${formatDuration(took.p50 * 1e3)}, p95 ${formatDuration(took.p95 * 1e3)}`],
  [
    'calls',
    `${plural(s.modelCalls, 'model call')}, ${plural(s.toolCalls, 'tool call')}; ${share(s.errorRate)} failed`,
  ],
  [
    'spent',
    `${formatCount(s.inputTokens)} tokens in, ${formatCount(s.outputTokens)} out, ${formatMoney(s.costUsd)}`,
  ],
  ['found', `${kinds(s.findings.found)}; open now: ${kinds(s.findings.open)}`],
])}

${colors.bold('Work')}
${rows([
  [
    'tasks',
    `${formatInteger(work.tasks)}${statuses.length === 0 ? '' : `: ${statuses.join(', ')}`}; ${formatInteger(work.claimed)} claimed`,
  ],
  [
    'done',
    `${formatInteger(work.completed)}, ${work.tasksPerHour.toFixed(2)} an hour; ${formatInteger(work.failed)} failed; success ${share(work.successRate)}`,
  ],
  ['velocity', `${work.velocity.toFixed(1)} story points a week`],
  ['cycle', hours(work.cycleHours)],
  ['refused', `${formatInteger(work.wipViolations)} for a limit of work in progress`],
])}
`
}
