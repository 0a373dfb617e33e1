import type { NewEvent } from '@spanledger/sdk/model'
import { expect, it } from 'vitest'
import { watchBudgets } from './watch-budgets.ts'

const BUDGET = { of: 'team', name: 'web', period: 'day', usd: 10, from: '2026-11-21', to: '2026-11-22' }

/** Looks at each of these, one after the other; what was appended and told. */
async function watched(looks: { usd?: number; spentUsd: number }[][]) {
  const ledger = new Map<string, NewEvent>()
  const warnings: string[] = []
  let isDone: (() => void) | undefined
  const done = new Promise<void>((resolve) => (isDone = resolve))
  const clock = {
    monotonicMs: () => 0,
    rest: () => new Promise<void>((resolve) => setImmediate(resolve)),
  }
  const questions = {
    run: () => {
      const rows = (looks.shift() ?? []).map((given) => {
        const row = { ...BUDGET, ...given }
        return { ...row, share: row.spentUsd / row.usd }
      })
      if (looks.length === 0) setImmediate(() => isDone!())
      return Promise.resolve({ rows })
    },
    append: (stream: string, [event]: readonly NewEvent[]) => {
      expect(stream).toBe('budgets')
      const isNew = !ledger.has(event!.id)
      if (isNew) ledger.set(event!.id, event!)
      return Promise.resolve(isNew ? 1 : 0)
    },
  }
  const watching = watchBudgets({ clock } as never, questions, (message) => warnings.push(message))
  await done
  await watching.stop()
  return { events: [...ledger.values()].map(({ event, data }) => [event, data]), warnings }
}

it('tells once that a budget is nearly spent, and once that it is', async () => {
  const { events, warnings } = await watched([
    [{ spentUsd: 7.99 }],
    [{ spentUsd: 8 }],
    [{ spentUsd: 9.5 }],
    [{ spentUsd: 10 }],
    [{ spentUsd: 12 }],
  ])
  expect(events).toEqual([
    ['BudgetNeared', { ...BUDGET, spentUsd: 8 }],
    ['BudgetExceeded', { ...BUDGET, spentUsd: 10 }],
  ])
  expect(warnings).toEqual([
    '$8.00 of $10.00 are spent of the budget of team web (day), 80 %: spanledger budget list',
    '$10.00 of $10.00 are spent of the budget of team web (day): spanledger budget list',
  ])
})

it('takes another amount for another budget', async () => {
  const { events } = await watched([
    [{ spentUsd: 10 }],
    [{ spentUsd: 10, usd: 12 }],
    [{ spentUsd: 12, usd: 12 }],
  ])
  expect(events.map(([event]) => event)).toEqual(['BudgetExceeded', 'BudgetNeared', 'BudgetExceeded'])
})
