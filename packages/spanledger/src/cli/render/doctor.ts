import { plain } from '../../query/index.ts'
import type { ConnectedState, DoctorAnswer, Finding } from '../settings-answers.ts'
import type { Terminal } from '../terminal.ts'
import { formatInteger, formatWhen, plural } from './format.ts'
import { table } from './table.ts'

const STATE: Record<ConnectedState, string> = {
  yes: '✓',
  part: 'in part',
  differs: 'differs',
  no: '-',
  none: 'has none',
  variables: 'by variables',
}

export function renderDoctor(answer: DoctorAnswer, terminal: Terminal): string {
  const { colors, nowMs } = terminal
  const { ok, home, daemon, spool, agents, findings, hints } = answer
  const verdict = ok
    ? colors.green('✓ nothing needs doing')
    : colors.red(`✗ ${plural(findings.length, 'thing')} to do`)
  const running =
    daemon === null
      ? 'none runs'
      : `process ${daemon.pid}, OTLP on ${daemon.otlpHttpPort} (HTTP) and ${daemon.otlpGrpcPort} (gRPC)`
  const waits = spool.waiting === 0 ? '' : `hooks   ${formatInteger(spool.waiting)} wait to be taken\n`
  const rows = table(
    [
      { head: 'AGENT', value: (row) => row.title },
      {
        head: 'INSTALLED',
        value: ({ installed }) => (installed === null ? '-' : (installed.version ?? 'yes')),
        drop: 2,
      },
      { head: 'TELEMETRY', value: (row) => STATE[row.telemetry] },
      { head: 'HOOKS', value: (row) => STATE[row.hooks] },
      { head: 'SESSIONS', align: 'right', value: ({ arrived }) => formatInteger(arrived.sessions), drop: 3 },
      { head: 'BY OTLP', align: 'right', value: ({ arrived }) => formatInteger(arrived.telemetry) },
      { head: 'BY HOOKS', align: 'right', value: ({ arrived }) => formatInteger(arrived.hooks), drop: 1 },
      {
        head: 'TRANSCRIPTS',
        align: 'right',
        value: ({ arrived }) => formatInteger(arrived.transcripts),
        drop: 4,
      },
      {
        head: 'LAST',
        value: ({ arrived }) => (arrived.lastAt === null ? '-' : formatWhen(arrived.lastAt, nowMs)),
        drop: 5,
      },
    ],
    agents,
    terminal,
  )
  return [
    `${verdict}\n\n`,
    `home    ${plain(home.dir)}${home.writable ? '' : colors.red('  cannot be written')}\n`,
    `daemon  ${running}\n`,
    waits,
    `\n${rows}${colors.dim('Arrived: events of the last day.')}\n`,
    lines(findings, colors.red('✗')),
    lines(hints, colors.yellow('!')),
  ].join('')
}

const lines = (list: readonly Finding[], sign: string): string =>
  list
    .map(({ where, message, next }) => `\n${sign} ${plain(where)}: ${plain(message)}\n  ${plain(next)}\n`)
    .join('')
