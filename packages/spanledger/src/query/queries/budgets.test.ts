import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Queries } from '../open-queries.ts'
import { at, type SmallLedger, smallLedger } from '../testing/small-ledger.ts'

const DAY = 86_400_000
let ledger: SmallLedger
let queries: Queries

/** A dollar a million tokens; a call a day for so many days before 2026-11-21 12:00, a Saturday, of so many dollars each. */
async function home(usd: readonly number[]): Promise<void> {
  ledger.segment(
    'events',
    usd.map((dollars, i) => {
      const ms = -(usd.length - 1 - i) * DAY
      return {
        event: 'SessionModelCalled',
        id: `00000000-0000-8000-8000-${String(i).padStart(12, '0')}`,
        stream: `session-s${i}`,
        version: 1,
        position: i + 1,
        time: at(ms),
        data: {
          session: `s${i}`,
          agent: 'codex',
          task: i % 2 === 0 ? 'login' : 'logout',
          source: 'log:x',
          rank: 3,
          model: 'm',
          keys: [`request:${i}`],
          tokens: { input: dollars * 1e6, output: 0 },
          outcome: 'ok',
          startUnixNano: at(ms),
          endUnixNano: at(ms + 1_000),
        },
      }
    }),
  )
  queries = await ledger.queries({ pricePerMillion: 1 })
}

beforeEach(() => {
  ledger = smallLedger()
})
afterEach(() => ledger.remove())

const policies = (): string => readFileSync(join(ledger.dir, 'policies.yaml'), 'utf8')

describe('budgets', () => {
  it('are set in the policies, which keep their comments, told as an event, and taken away', async () => {
    await home([1])
    writeFileSync(join(ledger.dir, 'policies.yaml'), '# ours\nleaseMinutes: 20\n')
    expect(await queries.run('budgets', {})).toEqual({ rows: [] })
    await queries.run('budget.set', { of: 'team', name: 'web', usd: '50', every: 'week' })
    expect(await queries.run('budget.set', { of: 'everything', usd: 300 })).toMatchObject({
      period: 'month',
      usd: 300,
    })
    expect(await queries.run('budget.set', { of: 'task', name: 'login', usd: 5 })).toMatchObject({
      period: 'total',
    })
    expect(policies()).toMatch(/^# ours\nleaseMinutes: 20\nbudgets:\n/)
    expect(await queries.run('events', { type: 'BudgetSet' })).toMatchObject({ rows: { length: 3 } })
    await queries.run('budget.remove', { of: 'team', name: 'web', every: 'week' })
    expect(await queries.run('budgets', {})).toMatchObject({ rows: { length: 2 } })
    expect(await queries.run('budget.remove', { of: 'team', name: 'web', every: 'week' })).toMatchObject({
      refused: 'UNKNOWN_BUDGET',
    })
    expect(await queries.run('budget.set', { of: 'team', usd: 3 })).toMatchObject({
      refused: 'BAD_PARAMETER',
    })
    expect(await queries.run('budget.set', { of: 'everything', name: 'x', usd: 3 })).toMatchObject({
      refused: 'BAD_PARAMETER',
    })
  })

  it('say what is spent in their period, and what is left', async () => {
    await home([...Array.from({ length: 30 }, () => 2), 4])
    await queries.run('budget.set', { of: 'everything', usd: 10, every: 'day' })
    await queries.run('budget.set', { of: 'everything', usd: 20, every: 'week' })
    await queries.run('budget.set', { of: 'everything', usd: 100, every: 'month' })
    await queries.run('budget.set', { of: 'task', name: 'login', usd: 20 })
    await queries.run('budget.set', { of: 'agent', name: 'nobody', usd: 5 })
    expect(await queries.run('budgets', {})).toMatchObject({
      rows: [
        {
          of: 'task',
          name: 'login',
          period: 'total',
          spentUsd: 34,
          leftUsd: -14,
          from: null,
          forecast: null,
        },
        // From Monday the 16th on.
        { period: 'week', spentUsd: 14, leftUsd: 6, from: '2026-11-16', to: '2026-11-23' },
        { period: 'month', spentUsd: 44, leftUsd: 56, from: '2026-11-01', to: '2026-12-01' },
        { period: 'day', spentUsd: 4, leftUsd: 6, from: '2026-11-21', to: '2026-11-22' },
        { of: 'agent', spentUsd: 0, why: 'too little history: 7 days are needed' },
      ],
    })
  })

  it('are forecast from the days before: of days that all cost the same, exactly', async () => {
    await home(Array.from({ length: 31 }, () => 2))
    await queries.run('budget.set', { of: 'everything', usd: 50, every: 'month' })
    // The test's clock says 13:00: 11 hours of today and nine days are to come.
    const middle = 42 + 2 * (11 / 24 + 9)
    const { rows } = (await queries.run('budgets', {})) as unknown as {
      rows: { forecast: Record<string, number> }[]
    }
    for (const part of ['low', 'middle', 'high']) expect(rows[0]!.forecast[part]).toBeCloseTo(middle, 6)
    expect(rows[0]!.forecast['chance']).toBe(1)
    expect(await queries.run('budgets', {})).toEqual({ rows })
  })

  it('that the policies say wrongly are refused with their place', async () => {
    await home([])
    writeFileSync(join(ledger.dir, 'policies.yaml'), 'budgets:\n  web: { week: 5 }\n')
    await expect(queries.run('budgets', {})).rejects.toThrow(/policies\.yaml: budgets\.web/)
  })
})
