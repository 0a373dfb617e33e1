import { type AnswerOf, plain } from '../../query/index.ts'
import type { Terminal } from '../terminal.ts'
import { formatMoney, plural } from './format.ts'
import { table } from './table.ts'

type Row = AnswerOf<'budgets'>['rows'][number]

/** From here on a budget is said to be nearly used up. */
const NEAR = 0.8

export function renderBudgets({ rows }: AnswerOf<'budgets'>, terminal: Terminal): string {
  if (rows.length === 0) return 'No budgets: spanledger budget set everything --usd 100 --every month\n'
  const { colors } = terminal
  const drawn = table<Row>(
    [
      { head: 'BUDGET', value: nameOf, shrinkTo: 10 },
      { head: 'EVERY', value: ({ period }) => period },
      { head: 'USD', align: 'right', value: ({ usd }) => formatMoney(usd) },
      { head: 'SPENT', align: 'right', value: ({ spentUsd }) => formatMoney(spentUsd), drop: 2 },
      {
        head: 'USED',
        align: 'right',
        value: ({ share }) => `${Math.round(share * 100)}%`,
        paint: (cell, { share }) =>
          share >= 1 ? colors.red(cell) : share >= NEAR ? colors.yellow(cell) : cell,
      },
      {
        head: 'LEFT',
        align: 'right',
        value: ({ leftUsd }) => (leftUsd < 0 ? `-${formatMoney(-leftUsd)}` : formatMoney(leftUsd)),
        drop: 4,
      },
      { head: 'FORECAST (4 OF 5)', value: forecast, shrinkTo: 20, drop: 1 },
      {
        head: 'ABOVE',
        align: 'right',
        value: (row) => (row.forecast === null ? '' : `${Math.round(row.forecast.chance * 100)}%`),
        drop: 3,
      },
    ],
    rows,
    terminal,
  )
  const unpriced = Math.max(...rows.map(({ unpricedModelCalls }) => unpricedModelCalls))
  return unpriced === 0
    ? drawn
    : `${drawn}${plural(unpriced, 'model call')} without a price or without tokens are left out\n`
}

const nameOf = ({ of, name }: Pick<Row, 'of' | 'name'>): string => (name === null ? of : `${of} ${name}`)

const forecast = ({ forecast: told, why }: Row): string =>
  told === null
    ? (why ?? '')
    : `${formatMoney(told.low)} to ${formatMoney(told.high)}, most likely ${formatMoney(told.middle)}`

export const renderBudgetSet = (budget: AnswerOf<'budget.set'>): string =>
  plain(
    budget.usd === null
      ? `${nameOf(budget)} has no budget for ${budget.period} any more`
      : `${nameOf(budget)}: ${formatMoney(budget.usd)} ${budget.period === 'total' ? 'in total' : `a ${budget.period}`}`,
  ) + '\n'
