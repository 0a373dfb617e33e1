import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { COST_DIMENSIONS, costOf, NO_TIES, type Ties } from './cost.ts'
import { priceTable } from './prices.ts'
import type { SessionFigures } from './session-projection.ts'
import { CAUSES } from './session-view.ts'
import { evolve, initialState } from './state.ts'
import { figuresOf } from './view.ts'

const prices = priceTable([
  { model: 'm*', validFrom: '1970-01-01', input: 3.1, output: 15.7, cacheRead: 0.3 },
])
const DAY = 86_400_000
const T0 = Date.UTC(2026, 10, 20, 22)
const nano = (ms: number): string => String(BigInt(Math.round(ms * 1000)) * 1000n)

interface Step {
  event:
    | 'SessionModelCalled'
    | 'SessionToolUsed'
    | 'SessionPersonAwaited'
    | 'SessionCompacted'
    | 'SessionFailed'
  gap: number
  ms: number
  outcome: 'ok' | 'failed'
  model: string
  input: number
  purpose: string
}

const step: fc.Arbitrary<Step> = fc.record({
  event: fc.constantFrom(
    'SessionModelCalled' as const,
    'SessionModelCalled' as const,
    'SessionToolUsed' as const,
    'SessionPersonAwaited' as const,
    'SessionCompacted' as const,
    'SessionFailed' as const,
  ),
  // Some overlap what was before, some lie a day and more behind it.
  gap: fc.oneof(fc.integer({ min: -3_000, max: 60_000 }), fc.integer({ min: 0, max: 2 * DAY })),
  ms: fc.double({ min: 0, max: 90_000, noNaN: true }),
  outcome: fc.constantFrom('ok' as const, 'ok' as const, 'failed' as const),
  model: fc.constantFrom('m1', 'm2', 'unheard-of'),
  input: fc.nat(100_000),
  purpose: fc.constantFrom('main', 'compact'),
})

/** A session as its events tell it. */
function sessionOf(n: number, steps: readonly Step[]): SessionFigures[] {
  const id = `s${n}`
  const state = initialState(id)
  const of = {
    session: id,
    agent: `agent-${n % 3}`,
    source: 'log:test',
    rank: 3,
    task: `t${n % 4}`,
    run: `r${n}`,
  }
  let at = T0 + n * 10_000
  for (const [i, { event, gap, ms, outcome, model, input, purpose }] of steps.entries()) {
    at += gap
    evolve(state, {
      id: `${id}-${i}`,
      event,
      data: {
        ...of,
        startUnixNano: nano(at),
        endUnixNano: nano(at + ms),
        keys: [`k:${i}`],
        ...(event === 'SessionModelCalled'
          ? { outcome, model, purpose, tokens: { input, output: input >> 3, cacheRead: input >> 1 } }
          : event === 'SessionToolUsed'
            ? { outcome }
            : {}),
      },
    })
    at += ms
  }
  const figures = figuresOf(state, prices, -Infinity)
  return figures ? [figures] : []
}

const ledger = fc
  .array(fc.array(step, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 6 })
  .map((sessions) => sessions.flatMap((steps, n) => sessionOf(n, steps)))

/** Sessions of every kind: in a failed attempt, in a second one, in a team, in none. */
const tied: Ties = {
  keyOf(summary, by) {
    const n = Number(summary.id.slice(1))
    if (by === 'team') return n % 2 === 0 ? 'web' : null
    if (by === 'worktree') return n % 3 === 0 ? 'w' : null
    if (by === 'pull-request') return n % 5 === 0 ? 'shop#12' : null
    return NO_TIES.keyOf(summary, by)
  },
  causeOf(summary) {
    const n = Number(summary.id.slice(1))
    return n % 4 === 1 ? 'failed' : n % 4 === 2 ? 'retry' : NO_TIES.causeOf(summary)
  },
}

const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0)
const billionths = (usd: number | null): number => Math.round((usd ?? 0) * 1e9)

describe('cost, by whatever it is divided', () => {
  it.each(COST_DIMENSIONS)('has rows that add up to the total, and nothing twice: by %s', (by) => {
    fc.assert(
      fc.property(ledger, (figures) => {
        const { rows, total } = costOf(() => figures, by, {}, { ties: tied })
        expect(sum(rows.map(({ modelCalls }) => modelCalls))).toBe(total.modelCalls)
        expect(sum(rows.map(({ costUsd }) => billionths(costUsd)))).toBe(billionths(total.costUsd))
        expect(sum(rows.map(({ tokens }) => tokens.input))).toBe(total.tokens.input)
        expect(total.sessions).toBe(figures.length)
        if (by !== 'model') expect(sum(rows.map(({ time }) => time.totalMs!))).toBe(total.time.totalMs)
        for (const cause of CAUSES) {
          expect(sum(rows.map(({ causes }) => billionths(causes[cause].costUsd)))).toBe(
            billionths(total.causes[cause].costUsd),
          )
          if (by !== 'model')
            expect(sum(rows.map(({ causes }) => causes[cause].timeMs!))).toBe(total.causes[cause].timeMs)
        }
        for (const row of [...rows, total]) {
          const parts = Object.values(row.causes)
          expect(sum(parts.map(({ modelCalls }) => modelCalls))).toBe(row.modelCalls)
          expect(sum(parts.map(({ costUsd }) => billionths(costUsd)))).toBe(billionths(row.costUsd))
          if (row.time.totalMs === null) continue
          const { modelMs, toolMs, waitingMs, idleMs, totalMs, elapsedMs } = row.time
          expect(modelMs + toolMs + waitingMs + idleMs).toBe(totalMs)
          expect(sum(parts.map(({ timeMs }) => timeMs!))).toBe(totalMs)
          expect(Math.min(...parts.map(({ timeMs }) => timeMs!))).toBeGreaterThanOrEqual(0)
          expect(elapsedMs).toBeLessThanOrEqual(totalMs)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('has as much before a midnight and after it as in all', () => {
    fc.assert(
      fc.property(ledger, fc.integer({ min: 0, max: 6 }), (figures, days) => {
        const day = (n: number): string => new Date(T0 + n * DAY).toISOString().slice(0, 10)
        const [before, after, all] = [{ until: day(days) }, { since: day(days + 1) }, {}].map(
          (range) => costOf(() => figures, 'task', range, { ties: tied }).total,
        )
        for (const of of [
          ({ costUsd }) => billionths(costUsd),
          ({ modelCalls }) => modelCalls,
          ({ time }) => time.totalMs!,
          ({ time }) => time.toolMs,
        ] satisfies ((total: NonNullable<typeof all>) => number)[])
          expect(of(before!) + of(after!)).toBe(of(all!))
      }),
      { numRuns: 60 },
    )
  })

  it('leaves out of the rows, at a limit, what cost least, and nothing of the total', () => {
    fc.assert(
      fc.property(ledger, fc.constantFrom(...COST_DIMENSIONS), fc.nat(4), (figures, by, limit) => {
        const all = costOf(() => figures, by, {}, { ties: tied })
        const cut = costOf(() => figures, by, {}, { ties: tied, limit })
        expect(cut).toEqual({ rows: all.rows.slice(0, limit), total: all.total })
      }),
      { numRuns: 60 },
    )
  })

  it('says how long nobody but one was at work', () => {
    const call = (gap: number, ms: number): Step => ({
      event: 'SessionModelCalled',
      gap,
      ms,
      outcome: 'ok',
      model: 'm1',
      input: 10,
      purpose: 'main',
    })
    // Session 1 begins 10 s after session 0, which lasts 30 s; session 2 begins when all is over.
    const figures = [
      ...sessionOf(0, [call(0, 30_000)]),
      ...sessionOf(1, [call(0, 25_000)]),
      ...sessionOf(2, [call(60_000, 5_000)]),
    ]
    const { total } = costOf(() => figures, 'agent', {})
    expect(total.time).toMatchObject({ totalMs: 60_000, elapsedMs: 40_000, modelMs: 60_000 })
  })
})

describe('causes', () => {
  const usd = (steps: readonly Partial<Step>[], cause: (typeof CAUSES)[number]): number | null =>
    costOf(
      () =>
        sessionOf(
          0,
          steps.map((one) => ({
            event: 'SessionModelCalled' as const,
            gap: 1_000,
            ms: 500,
            outcome: 'ok' as const,
            model: 'm1',
            input: 1_000_000,
            purpose: 'main',
            ...one,
          })),
        ),
      'agent',
      {},
    ).total.causes[cause].costUsd

  it('are told apart: a call that failed, the one made again, the one that shortens', () => {
    const told = [{ outcome: 'failed' as const }, {}, {}, { purpose: 'compact' }]
    const each = 0.5 * 3.1 + 0.5 * 0.3 + 0.125 * 15.7
    for (const cause of CAUSES) expect(usd(told, cause)).toBeCloseTo(each, 6)
  })

  it('count a call that lies in a compaction as a part of it', () => {
    const told = [{}, { event: 'SessionCompacted' as const, ms: 10_000 }, { gap: -9_000, ms: 2_000 }]
    expect(usd(told, 'compaction')).toBe(usd(told, 'work'))
  })

  it('are those of the whole session where it failed', () => {
    const told = [{}, { purpose: 'compact' }, { event: 'SessionFailed' as const }]
    expect(usd(told, 'work')).toBeNull()
    expect(usd(told, 'failed')).toBeGreaterThan(0)
  })
})
