import type { AnswerOf } from '../../query/index.ts'
import type { Terminal } from '../terminal.ts'
import { formatBytes, formatInteger, plural } from './format.ts'
import { table } from './table.ts'

export function renderProjections({ rows }: AnswerOf<'projections'>, terminal: Terminal): string {
  return table(
    [
      { head: 'NAME', value: (p) => p.name },
      { head: 'VERSION', align: 'right', value: (p) => String(p.version) },
      {
        head: 'STATE',
        value: (p) => (p.rebuilding === null ? p.state : `rebuilding ${percent(p.rebuilding)}`),
      },
      { head: 'SEEN', align: 'right', value: (p) => `${formatInteger(p.seen)} ${p.unit}` },
      { head: 'BEHIND', align: 'right', value: (p) => formatInteger(p.behind) },
      {
        head: 'POSITION',
        align: 'right',
        value: (p) => (p.position === null ? '-' : formatInteger(p.position)),
      },
      { head: 'SIZE', align: 'right', value: (p) => formatBytes(p.bytes) },
      { head: 'DIGEST', value: (p) => p.digest?.slice(0, 12) ?? '-', drop: 2 },
      { head: 'ANSWERS', value: (p) => p.answers.join(', '), shrinkTo: 8, drop: 1 },
    ],
    rows,
    terminal,
  )
}

/** A line for each. */
export function renderRebuild({ rows }: AnswerOf<'rebuild'>, { colors }: Terminal): string {
  const line = ({ name, unit, items, seconds, compared, differing }: (typeof rows)[number]): string => {
    const rate = seconds > 0 ? `, ${formatInteger(Math.round(items / seconds))}/s` : ''
    const from = `from ${formatInteger(items)} ${unit} in ${seconds.toFixed(1)} s${rate}`
    if (differing === null || compared === null) return `${name}: rebuilt ${from}`
    if (differing.length === 0)
      return `${name}: ${colors.green('the same')}, ${plural(compared, 'thing')} compared, derived anew ${from}`
    return `${name}: ${colors.red('differs')} in ${differing.join(', ')}; spanledger rebuild ${name} puts it right`
  }
  return rows.map((row) => `${line(row)}\n`).join('')
}

interface Step {
  done: number
  total: number
}

const percent = ({ done, total }: Step): string =>
  `${total === 0 ? 100 : Math.min(100, Math.floor((100 * done) / total))}%`

/** What a rebuild says of itself while it goes on; undefined when none does. */
export function rebuildProgress({ rows }: AnswerOf<'projections'>, seconds: number): string | undefined {
  const one = rows.find(({ rebuilding }) => rebuilding !== null)
  if (!one?.rebuilding) return undefined
  const { done, total } = one.rebuilding
  const rate = seconds > 0 ? `, ${formatInteger(Math.round(done / seconds))}/s` : ''
  return `${one.name}: ${percent(one.rebuilding)}, ${formatInteger(done)} of ${formatInteger(total)} ${one.unit}${rate}`
}
