import type { NewEvent } from '@spanledger/sdk/model'
import { type Platform, uuidFrom } from '@spanledger/sdk/platform'
import type { AnswerOf } from '../query/index.ts'
import { type Beside, lookEvery } from './beside.ts'
import type { Questions } from './questions.ts'

const PACE = { firstMs: 5_000, everyMs: 15_000 }
/** Of a budget, that is told while something can still be done. */
const NEAR = 0.8

type Row = AnswerOf<'budgets'>['rows'][number]

/** A budget that is nearly, or more than, spent in its period. Once each: a budget that is set to another amount is another. */
type BudgetEvent = NewEvent<
  'BudgetNeared' | 'BudgetExceeded',
  Pick<Row, 'of' | 'name' | 'period' | 'usd' | 'from' | 'to' | 'spentUsd'>
>

/** Says, by events in stream `budgets` and by `warn`, which budgets are nearly spent or exceeded, while work goes on. */
export function watchBudgets(
  platform: Pick<Platform, 'clock'>,
  questions: Pick<Questions, 'run' | 'append'>,
  warn: (message: string) => void,
): Beside {
  return lookEvery(
    platform,
    PACE,
    async () => {
      const { rows } = (await questions.run('budgets', {})) as AnswerOf<'budgets'>
      for (const row of rows) {
        if (row.share < NEAR) continue
        const event = budgetEvent(row)
        // One that is there already is not appended again, whoever appended it.
        if ((await questions.append('budgets', [event])) > 0) warn(told(row))
      }
    },
    (error) => warn(`budgets are not watched: ${error.message}`),
  )
}

function budgetEvent({ of, name, period, usd, from, to, spentUsd, share }: Row): BudgetEvent {
  const event = share >= 1 ? 'BudgetExceeded' : 'BudgetNeared'
  const id = uuidFrom(event, of, name ?? '', period, from ?? '', String(usd))
  return { event, id, data: { of, name, period, usd, from, to, spentUsd } }
}

const told = ({ of, name, period, usd, spentUsd, share }: Row): string =>
  `$${spentUsd.toFixed(2)} of $${usd.toFixed(2)} are spent of the budget of ${name === null ? of : `${of} ${name}`}` +
  ` (${period})${share >= 1 ? '' : `, ${Math.round(share * 100)} %`}: spanledger budget list`
