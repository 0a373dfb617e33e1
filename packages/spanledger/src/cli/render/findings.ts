import { type AnswerOf, findingWords, plain } from '../../query/index.ts'
import type { Terminal } from '../terminal.ts'
import { formatClock, formatWhen, plural } from './format.ts'
import { table } from './table.ts'

type Session = AnswerOf<'sessions'>['rows'][number]
type Row = AnswerOf<'stuck'>['rows'][number]
type Watched = AnswerOf<'watch'> extends AsyncIterable<infer Item> ? Item : never

export function renderStuck({ rows, active }: AnswerOf<'stuck'>, terminal: Terminal): string {
  if (rows.length === 0) return `Nothing is stuck: ${plural(active, 'session')} at work.\n`
  const { colors } = terminal
  const list = table<Row>(
    [
      { head: 'SESSION', value: (row) => row.id.slice(0, 13) },
      { head: 'AGENT', value: (row) => row.agent, shrinkTo: 8 },
      { head: 'SINCE', value: (row) => formatWhen(row.finding.since, terminal.nowMs) },
      {
        head: 'WHERE',
        value: (row) => row.task ?? row.branch ?? row.workingDirectory ?? '',
        shrinkTo: 8,
        drop: 1,
      },
      {
        head: 'WHAT',
        value: (row) => row.what,
        shrinkTo: 24,
        paint: (text, row) => (row.finding.severity === 'serious' ? colors.red(text) : colors.yellow(text)),
      },
    ],
    rows,
    terminal,
  )
  const first = rows[0]!
  return `${list}\nsee: spanledger session show ${plain(first.id.slice(0, 13))}\n     spanledger events list --stream 'session-${plain(first.id)}'\n`
}

/** What is wrong with a session at work, in a word each. */
export const troubles = ({ status, findings = [] }: Pick<Session, 'status' | 'findings'>): string[] =>
  status === 'active'
    ? findings.filter(({ clearedAt }) => clearedAt === undefined).map(({ kind }) => kind)
    : []

/** A line for each finding of a session, and when it was over. */
export function findingLines({ findings = [] }: Pick<Session, 'findings'>): string[] {
  return findings.map((finding) => {
    const end = finding.clearedAt === undefined ? '' : `, until ${formatClock(finding.clearedAt)}`
    return `${formatClock(finding.foundAt)} ${findingWords(finding)}${end}`
  })
}

/** A finding, or its end, in a line. */
export function renderWatched({ time, session, event, data, what }: Watched, { colors }: Terminal): string {
  const mark = event.endsWith('Cleared')
    ? colors.green('✓')
    : 'severity' in data && data.severity === 'serious'
      ? colors.red('✗')
      : colors.yellow('!')
  return `${colors.dim(formatClock(time))}  ${mark} ${plain(session.slice(0, 13))}  ${plain(what)}`
}
