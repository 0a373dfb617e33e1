import { plain, type AnswerOf } from '../../query/index.ts'
import type { Terminal } from '../terminal.ts'
import { formatDuration, formatInteger, formatMoney, plural } from './format.ts'
import { table } from './table.ts'

type Answer = AnswerOf<'session.reconcile'>
type Figure = Answer['figures'][number]

interface Row {
  name: string
  value: string
  of: string
  sure: string
}

/** Each figure with how sure it is, and what every source told of it below; then why, where it is not plain. */
export function renderReconciliation(answer: Answer, terminal: Terminal): string {
  const { colors } = terminal
  const paint: Record<string, (text: string) => string> = {
    high: colors.green,
    medium: colors.yellow,
    low: colors.red,
  }
  const rows = answer.figures.flatMap((figure): Row[] => [
    {
      name: figure.figure,
      value: figure.chosen === null ? '-' : told(figure, figure.chosen),
      of: '',
      sure: figure.confidence,
    },
    ...figure.sources.map((source) => ({
      name: `· ${source.source}`,
      value: told(figure, source.value),
      of: source.calls === null ? '' : plural(source.calls, 'call'),
      sure: source.differs ? `differs: ${told(figure, source.chosen)} taken` : '',
    })),
  ])
  const lines = table<Row>(
    [
      { head: 'FIGURE', value: (row) => row.name },
      { head: 'TOLD', align: 'right', value: (row) => row.value },
      { head: 'OF', align: 'right', value: (row) => row.of },
      {
        head: 'CONFIDENCE',
        value: (row) => row.sure,
        paint: (text, row) => (paint[row.sure] ?? colors.yellow)(text),
      },
    ],
    rows,
    terminal,
  )
  const why = answer.figures
    .filter(({ confidence, sources }) => confidence !== 'high' || sources.some(({ differs }) => differs))
    .map((figure) => `  ${figure.figure}: ${plain(figure.why)}`)
  const head = `${plain(answer.session)}  ${plain(answer.agent)}  confidence ${paint[answer.confidence]!(answer.confidence)}`
  return `${[head, lines.trimEnd(), ...(why.length === 0 ? [] : [['Why', ...why].join('\n')])].join('\n\n')}\n`
}

const told = ({ unit }: Figure, value: number): string =>
  unit === 'usd' ? formatMoney(value) : unit === 'ms' ? formatDuration(value) : formatInteger(value)
