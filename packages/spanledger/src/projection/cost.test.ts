import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { COST_DIMENSIONS, type CostFigures, costOf, NO_TIES, type Ties } from './cost.ts'
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

const CALL: Step = {
  event: 'SessionModelCalled',
  gap: 0,
  ms: 500,
  outcome: 'ok',
  model: 'm1',
  input: 10,
  purpose: 'main',
}

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

/** All that adds up, by name. */
const figuresIn = ({ modelCalls, tokens, costUsd, time, causes }: CostFigures): Record<string, number> => ({
  modelCalls,
  costNano: billionths(costUsd),
  ...tokens,
  ...time,
  elapsedMs: 0,
  totalMs: time.totalMs ?? 0,
  ...Object.fromEntries(
    CAUSES.flatMap((cause) => [
      [`${cause} nano`, billionths(causes[cause].costUsd)],
      [`${cause} calls`, causes[cause].modelCalls],
      [`${cause} Ms`, causes[cause].timeMs ?? 0],
    ]),
  ),
})

const plus = (a: Record<string, number>, b: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.keys(b).map((name) => [name, (a[name] ?? 0) + b[name]!]))

/** Where the parts of a row are not the whole. */
function faultsIn({ key, modelCalls, costUsd, time, causes }: CostFigures): string[] {
  const parts = Object.values(causes)
  const { modelMs, toolMs, waitingMs, idleMs, totalMs, elapsedMs } = time
  const times = parts.map(({ timeMs }) => timeMs!)
  const held: Record<string, boolean> = {
    calls: sum(parts.map((part) => part.modelCalls)) === modelCalls,
    money: sum(parts.map((part) => billionths(part.costUsd))) === billionths(costUsd),
    activities: modelMs + toolMs + waitingMs + idleMs === totalMs,
    causes: sum(times) === totalMs,
    sign: Math.min(...times, idleMs) >= 0,
    elapsed: elapsedMs! <= totalMs!,
  }
  return Object.keys(held).flatMap((law) => (held[law] ? [] : [`${key}: ${law}`]))
}

const dayAfter = (n: number): string => new Date(T0 + n * DAY).toISOString().slice(0, 10)

const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0)
const billionths = (usd: number | null): number => Math.round((usd ?? 0) * 1e9)

describe('cost, by whatever it is divided', () => {
  it.each(COST_DIMENSIONS)('has rows that add up to the total, and nothing twice: by %s', (by) => {
    fc.assert(
      fc.property(ledger, (figures) => {
        const { rows, total } = costOf(() => figures, by, {}, { ties: tied })
        expect(total.sessions).toBe(figures.length)
        const all = figuresIn(total)
        const none = Object.fromEntries(Object.keys(all).map((name) => [name, 0]))
        // By model there is no time but that of calls.
        const summed = Object.keys(all).filter((name) => by !== 'model' || !name.includes('Ms'))
        expect(rows.map(figuresIn).reduce(plus, none)).toMatchObject(
          Object.fromEntries(summed.map((name) => [name, all[name]])),
        )
        expect([...(by === 'model' ? [] : rows), total].flatMap(faultsIn)).toEqual([])
      }),
      { numRuns: 60 },
    )
  })

  it('has as much before a midnight and after it as in all', () => {
    fc.assert(
      fc.property(ledger, fc.integer({ min: 0, max: 6 }), (figures, days) => {
        const [before, after, all] = [{ until: dayAfter(days) }, { since: dayAfter(days + 1) }, {}].map(
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
    // Session 1 begins 10 s after session 0, which lasts 30 s; session 2 begins when all is over.
    const figures = [
      ...sessionOf(0, [{ ...CALL, ms: 30_000 }]),
      ...sessionOf(1, [{ ...CALL, ms: 25_000 }]),
      ...sessionOf(2, [{ ...CALL, gap: 60_000, ms: 5_000 }]),
    ]
    const { total } = costOf(() => figures, 'agent', {})
    expect(total.time).toMatchObject({ totalMs: 60_000, elapsedMs: 40_000, modelMs: 60_000 })
  })
})

const usd = (steps: readonly Partial<Step>[], cause: (typeof CAUSES)[number]): number | null => {
  const figures = sessionOf(
    0,
    steps.map((one) => ({ ...CALL, gap: 1_000, ms: 500, input: 1_000_000, ...one })),
  )
  return costOf(() => figures, 'agent', {}).total.causes[cause].costUsd
}

describe('causes', () => {
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
