import { plain, type AnswerOf } from '../../query/index.ts'
import type { Terminal } from '../terminal.ts'
import { formatClock, formatCount, formatDateTime, formatDuration, formatMoney, plural } from './format.ts'
import { table } from './table.ts'
import { fit, padEnd, padStart } from './width.ts'

type Replay = AnswerOf<'events.replay'>
type SessionDiff = Exclude<AnswerOf<'state.diff'>, { kind: unknown }>
type Change = SessionDiff['rows'][number]
type Growth = SessionDiff['sum']

const OFFSET_WIDTH = 9

/** When, how long after the beginning, what; the stream only where there are several. */
export function renderReplay(answer: Replay, terminal: Terminal): string {
  if (answer.rows.length === 0) return 'No events.\n'
  return [replayHead(answer, terminal), ...replayLines(answer, terminal)].map((line) => `${line}\n`).join('')
}

export function replayHead({ rows, total }: Replay, { colors }: Terminal): string {
  return colors.dim(
    `${plural(total, 'event')} from ${formatDateTime(rows[0]!.at)} on; time, since the beginning, what happened`,
  )
}

export function replayLines({ rows }: Replay, { colors, columns }: Terminal): string[] {
  const streams = [...new Set(rows.map(({ event }) => event.stream))]
  const width = streams.length === 1 ? 0 : 21
  return rows.map(({ at, offsetMs, says, event }) => {
    const stream = width === 0 ? '' : `${padEnd(fit(plain(event.stream), width), width)}  `
    const clock = formatClock(at)
    const left = `${clock}  ${padStart(`+${formatDuration(offsetMs)}`, OFFSET_WIDTH)}  `
    const words = fit(plain(says), Math.max(20, columns - left.length - (width === 0 ? 0 : width + 2)))
    return colors.dim(left + stream) + (/failed|rejected|^error/.test(says) ? colors.red(words) : words)
  })
}

export function renderMatches(answer: AnswerOf<'events.query'>, terminal: Terminal): string {
  const lines = answer.rows.map(({ key, events, gapMs, open }) => {
    const [first] = events
    const chain = events.map(({ event, position }) => `${plain(event)} #${position}`).join(' → ')
    const gap = events.length > 1 ? `  ${formatDuration(gapMs)}` : ''
    const still = open === true ? terminal.colors.yellow('  so far') : ''
    return `${formatDateTime(first!.time)}  ${chain}${gap}${still}  ${terminal.colors.dim(plain(key))}\n`
  })
  return lines.join('') + (lines.length > 0 ? '\n' : '') + matchCounts(answer)
}

function matchCounts({ matched, begun, seen, dropped, withoutKey, open }: AnswerOf<'events.query'>): string {
  const parts = [
    `${plural(matched, 'match', 'matches')} of ${plural(begun, 'beginning')} in ${plural(seen, 'event')} of these types`,
    ...(open > 0 ? [`${plural(open, 'match', 'matches')} may yet be undone`] : []),
    ...(dropped > 0 ? [`${plural(dropped, 'beginning')} left undecided: too many were open at once`] : []),
    ...(withoutKey > 0 ? [`${plural(withoutKey, 'event')} without the field of --by left out`] : []),
  ]
  return `${parts.join('\n')}\n`
}

export function renderStateDiff(answer: SessionDiff, terminal: Terminal): string {
  const head = `From ${formatDateTime(answer.from)} to ${formatDateTime(answer.to)}: `
  if (answer.rows.length === 0) return `${head}nothing changed.\n`
  const { sum } = answer
  const courses = [
    ...(sum.started > 0 ? [`${sum.started} started`] : []),
    ...(sum.completed > 0 ? [`${sum.completed} completed`] : []),
    ...(sum.failed > 0 ? [`${sum.failed} failed`] : []),
  ]
  const changed = [`${plural(answer.total, 'session')} changed`, ...courses].join(', ')
  const totals = `${head}${changed}\n  ${grown(sum).join(', ') || 'no figure changed'}\n\n`
  return (
    totals +
    table(
      [
        { head: 'SESSION', value: (row) => row.id.slice(0, 13) },
        { head: 'AGENT', value: (row) => row.agent, shrinkTo: 8 },
        { head: 'STATUS', value: course },
        { head: 'CHANGE', value: (row) => grown(row).join(', '), shrinkTo: 20 },
      ],
      answer.rows,
      terminal,
    )
  )
}

const course = ({ status: { from, to } }: Change): string => {
  if (to === null) return 'now part of another'
  if (from === null) return to === 'open' ? 'started' : `started, ${to}`
  return from === to ? to : to === 'open' ? 'went on' : to
}

/** Only what changed, with its sign. */
function grown(growth: Omit<Growth, 'started' | 'completed' | 'failed'>): string[] {
  const { tokens, costUsd } = growth
  const count = (value: number, one: string): string[] =>
    value === 0 ? [] : [`${sign(value)}${plural(Math.abs(value), one)}`]
  const calls = (value: number, one: string, failures: number): string[] =>
    count(value, one).map((text) => text + failed(failures))
  const part = (value: number, name: string): string[] =>
    value === 0 ? [] : [`${sign(value)}${formatCount(Math.abs(value))} ${name}`]
  return [
    ...count(growth.prompts, 'prompt'),
    ...calls(growth.modelCalls, 'model call', growth.failedModelCalls),
    ...calls(growth.toolCalls, 'tool call', growth.failedToolCalls),
    ...count(growth.subagents, 'subagent'),
    ...count(growth.errors, 'error'),
    ...count(growth.compactions, 'compaction'),
    ...part(tokens.input, 'tokens in'),
    ...part(tokens.output, 'out'),
    ...(costUsd === 0 ? [] : [sign(costUsd) + formatMoney(Math.abs(costUsd))]),
  ]
}

const sign = (value: number): string => (value < 0 ? '-' : '+')
const failed = (value: number): string => (value > 0 ? ` (${value} failed)` : '')
