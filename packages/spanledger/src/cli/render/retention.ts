import { plain, type AnswerOf } from '../../query/index.ts'
import type { Terminal } from '../terminal.ts'
import { formatBytes, formatInteger, formatWhen, plural } from './format.ts'
import { table, type TableColumn } from './table.ts'

type Row = AnswerOf<'retention'>['removed'][number]
type HeldRow = AnswerOf<'retention'>['held'][number]

export function renderRetention(answer: AnswerOf<'retention'>, terminal: Terminal): string {
  const { colors } = terminal
  const { removed, held, dryRun, records, freedBytes } = answer
  const warnings = answer.warnings.map((warning) => `${colors.yellow('!')} ${plain(warning)}\n`).join('')
  if (Object.keys(answer.rules).length === 0)
    return `Everything is kept: config.yaml has no retention rules (docs/reference/configuration.md)\n${warnings}`
  const verb = dryRun ? 'would be removed' : 'removed'
  const head =
    removed.length === 0
      ? `Nothing ${dryRun ? 'would be removed' : 'to remove'}: the rules name nothing that is sealed and not held\n`
      : `${plural(removed.length, 'segment')} ${verb}, ${plural(records, 'record')}, ${formatBytes(freedBytes)}\n\n${table(columnsOf(terminal), removed, terminal)}`
  const kept =
    held.length === 0
      ? ''
      : `\n${plural(held.length, 'segment')} held\n\n${table([...columnsOf<HeldRow>(terminal), HELD], held, terminal)}`
  return `${head}${kept}${warnings}`
}

const columnsOf = <R extends Row>({ nowMs }: Terminal): TableColumn<R>[] => [
  { head: 'SEGMENT', value: (row) => `${row.kind}/${row.segment}`, shrinkTo: 20 },
  { head: 'RULE', value: (row) => row.rule },
  { head: 'RECORDS', align: 'right', value: (row) => formatInteger(row.records) },
  { head: 'FROM', value: (row) => (row.from === null ? '-' : formatWhen(row.from, nowMs)), drop: 2 },
  { head: 'TO', value: (row) => (row.to === null ? '-' : formatWhen(row.to, nowMs)), drop: 1 },
  { head: 'ON DISK', align: 'right', value: (row) => formatBytes(row.storedBytes + row.derivedBytes) },
]

const HELD: TableColumn<HeldRow> = { head: 'BY', value: (row) => row.holds.join(', '), shrinkTo: 12 }

export function renderHolds({ holds }: AnswerOf<'hold.list'>, terminal: Terminal): string {
  if (holds.length === 0) return 'Nothing is held.\n'
  return table(
    [
      { head: 'HELD', value: (hold) => hold.kind },
      { head: 'ID', value: (hold) => hold.id },
      { head: 'SINCE', value: (hold) => formatWhen(hold.placedAt, terminal.nowMs) },
      { head: 'WHY', value: (hold) => hold.reason ?? '', shrinkTo: 10 },
    ],
    holds,
    terminal,
  )
}
