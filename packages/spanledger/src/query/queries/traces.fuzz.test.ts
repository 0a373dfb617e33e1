import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { at, origin, smallLedger, span, spanId, T0, traceId } from '../testing/small-ledger.ts'

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const RUNS = 25

const shop = origin('shop')

interface Made {
  trace: number
  id: number
  /** Milliseconds after T0. */
  start: number
  failed: boolean
}

const made = fc.record({
  trace: fc.integer({ min: 1, max: 8 }),
  id: fc.integer({ min: 1, max: 40 }),
  start: fc.integer({ min: 0, max: 9_000 }),
  failed: fc.boolean(),
})
const segments = fc.array(fc.array(made, { maxLength: 8 }), { maxLength: 8 })
const params = fc.record({
  limit: fc.integer({ min: 1, max: 9 }),
  since: fc.option(fc.integer({ min: 0, max: 9_000 }), { nil: undefined }),
  failed: fc.boolean(),
})

/** What the answer has to be, from every span at once. */
function expected(
  spans: Made[],
  { limit, since, failed }: { limit: number; since: number | undefined; failed: boolean },
): object[] {
  return [...grouped(spans)]
    .map(([trace, all]) => ({
      traceId: traceId(trace),
      start: Math.min(...all.map(({ start }) => start)),
      spans: new Set(all.map(({ id }) => id)).size,
      failed: all.some((one) => one.failed),
    }))
    .filter((trace) => (since === undefined || trace.start >= since) && (!failed || trace.failed))
    .toSorted((a, b) => b.start - a.start || (a.traceId < b.traceId ? -1 : 1))
    .slice(0, limit)
    .map(({ traceId: id, start, spans: count }) => ({
      traceId: id,
      startedAt: new Date(T0 + start).toISOString().replace('Z', '000000Z'),
      spans: count,
    }))
}

it(`tells the latest traces as if it had read everything, however they lie in segments (SEED=${SEED})`, async () => {
  process.stdout.write(`seed ${SEED} (SEED=${SEED} repeats this run)\n`)
  await fc.assert(
    fc.asyncProperty(segments, params, async (written, asked) => {
      const ledger = smallLedger()
      try {
        for (const spans of written)
          ledger.segment('spans', [
            shop,
            ...spans.map(({ trace, id, start, failed }) =>
              span(trace, id, {
                parent: spanId(999),
                start: at(start),
                ...(failed ? { status: 'error' } : {}),
                in: shop.origin,
              }),
            ),
          ])
        const queries = await ledger.queries()
        const answer = await queries.run('traces' as string, {
          limit: asked.limit,
          ...(asked.since === undefined ? {} : { since: new Date(T0 + asked.since).toISOString() }),
          ...(asked.failed ? { status: 'error' } : {}),
        })
        const rows = (answer as { rows: { traceId: string; startedAt: string; spans: number }[] }).rows
        expect(rows.map(({ traceId: id, startedAt, spans }) => ({ traceId: id, startedAt, spans }))).toEqual(
          expected(written.flat(), asked),
        )
      } finally {
        await ledger.remove()
      }
    }),
    { seed: SEED, numRuns: RUNS },
  )
})

function grouped(spans: Made[]): Map<number, Made[]> {
  const traces = new Map<number, Made[]>()
  for (const one of spans) traces.set(one.trace, [...(traces.get(one.trace) ?? []), one])
  return traces
}
