import { plain } from '../../query/index.ts'
import type { Terminal } from '../terminal.ts'
import { displayWidth, fit, padEnd, padStart } from './width.ts'

export interface TableColumn<Row> {
  head: string
  value: (row: Row) => string
  /** Stands before the value as it is: the branches of a tree, whose blanks count. */
  indent?: (row: Row) => string
  align?: 'right'
  /** May be cut down to so many columns where the terminal is narrow; others are always whole. */
  shrinkTo?: number
  /** Given up, as a whole, where the terminal is narrow; the highest number first. */
  drop?: number
  paint?: (text: string, row: Row) => string
}

const GAP = 2

/** A table that fits the terminal; every cell goes through `plain`. */
export function table<Row>(
  columns: readonly TableColumn<Row>[],
  rows: readonly Row[],
  terminal: Terminal,
  indent = '',
): string {
  const cells = rows.map((row) =>
    columns.map((column) => (column.indent?.(row) ?? '') + plain(column.value(row))),
  )
  const widths = columns.map((column, i) =>
    cells.reduce((widest, row) => Math.max(widest, displayWidth(row[i]!)), displayWidth(column.head)),
  )
  const shown = chosen(columns, widths, terminal.columns - indent.length)
  const line = (texts: (i: number) => string, paint: (text: string, i: number) => string): string =>
    indent +
    shown
      .map((i, place) => {
        const text = fit(texts(i), widths[i]!)
        if (columns[i]!.align === 'right') return ' '.repeat(widths[i]! - displayWidth(text)) + paint(text, i)
        const last = place === shown.length - 1
        return paint(text, i) + (last ? '' : ' '.repeat(widths[i]! - displayWidth(text)))
      })
      .join(' '.repeat(GAP))
      .trimEnd()
  const head = line(
    (i) =>
      columns[i]!.align === 'right'
        ? padStart(columns[i]!.head, widths[i]!)
        : padEnd(columns[i]!.head, widths[i]!),
    (text) => terminal.colors.dim(text),
  )
  const body = rows.map((row, r) =>
    line(
      (i) => cells[r]![i]!,
      (text, i) => columns[i]!.paint?.(text, row) ?? text,
    ),
  )
  return [head, ...body].join('\n') + '\n'
}

/** Which columns are shown; shrinks `widths` in place. Shrinks first, then drops. */
function chosen<Row>(columns: readonly TableColumn<Row>[], widths: number[], available: number): number[] {
  let shown = columns.map((_, i) => i)
  for (;;) {
    const total = shown.reduce((sum, i) => sum + widths[i]!, 0) + GAP * (shown.length - 1)
    let excess = total - available
    const slack = shown.reduce(
      (sum, i) => sum + Math.max(0, widths[i]! - (columns[i]!.shrinkTo ?? widths[i]!)),
      0,
    )
    const droppable = shown.filter((i) => columns[i]!.drop !== undefined)
    if (excess > slack && droppable.length > 0) {
      const dropped = droppable.reduce((a, b) => (columns[b]!.drop! >= columns[a]!.drop! ? b : a))
      shown = shown.filter((i) => i !== dropped)
      continue
    }
    while (excess > 0) {
      const widest = shown
        .filter((i) => widths[i]! > (columns[i]!.shrinkTo ?? widths[i]!))
        .toSorted((a, b) => widths[b]! - widths[a]!)[0]
      if (widest === undefined) break
      widths[widest]!--
      excess--
    }
    return shown
  }
}
