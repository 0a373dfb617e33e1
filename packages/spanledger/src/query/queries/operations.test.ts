import { utimesSync } from 'node:fs'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { at, origin, smallLedger, type SmallLedger, span } from '../testing/small-ledger.ts'

let ledger: SmallLedger
beforeEach(() => void (ledger = smallLedger()))
afterEach(() => ledger.remove())

const shop = origin('shop')
type Row = Record<string, unknown>
const ask = async (params: object): Promise<{ since: string; until: string; rows: Row[]; cut: boolean }> =>
  (await (await ledger.queries()).run('operations' as string, params)) as never
const of = (id: number, more: object): object => span(1, id, { name: 'GET /', in: shop.origin, ...more })

it('counts calls and errors by service, name and kind, and tells rates over the time that was asked for', async () => {
  const path = ledger.segment('spans', [
    shop,
    of(0, { kind: 'server' }),
    of(1_000, { kind: 'server', status: 'error' }),
    of(2_000, { kind: 'client' }),
    of(9_000, { name: 'POST /', in: 'nowhere', ns: 0 }),
    of(9_500, { name: 'never', start: 'x' }),
  ])
  const expected = [
    { service: 'shop', name: 'GET /', kind: 'server', calls: 2, errors: 1, perSecond: 0.2, maxMs: 1 },
    { service: 'shop', name: 'GET /', kind: 'client', calls: 1, errors: 0, perSecond: 0.1 },
    { service: null, name: 'POST /', kind: 'internal', calls: 1, p50Ms: 0, p99Ms: 0, maxMs: 0 },
  ]
  const range = { since: '2026-11-21T12:00:00Z', until: '2026-11-21T12:00:10Z' }
  expect((await ask(range)).rows).toMatchObject([expected[0]!, expected[2]!, expected[1]!].toSorted(byCalls))
  expect(await ask({})).toMatchObject({
    since: '2026-11-21T12:00:00.000000000Z',
    until: '2026-11-21T12:00:09.000000000Z',
  })
  expect(await ask({ limit: 1 })).toMatchObject({
    cut: true,
    rows: [{ name: 'GET /', kind: 'server', calls: 2, errors: 1, maxMs: 1 }],
  })
  expect((await ask({ ...range, name: 'POST*' })).rows).toMatchObject([expected[2]!])
  expect((await ask({ since: '2026-11-21T12:00:01Z', until: '2026-11-21T12:00:02Z' })).rows).toMatchObject([
    { calls: 1, errors: 1, perSecond: 1 },
  ])
  utimesSync(path, 1, 1)
  for await (const _ of (await (await ledger.queries()).run('seal' as string, {})) as AsyncIterable<unknown>)
    void _
  expect((await ask({ since: '2026-11-21T12:00:01Z', until: '2026-11-21T12:00:02Z' })).rows).toMatchObject([
    { calls: 1, errors: 1, perSecond: 1 },
  ])
})

/** As the answer is ordered. */
const byCalls = (a: Row, b: Row): number =>
  Number(b['calls']) - Number(a['calls']) || (a['service'] === null ? 1 : b['service'] === null ? -1 : 0)

it('tells percentiles by nearest rank, at most 1 % off', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 2 ** 40 }), { minLength: 1, maxLength: 60 }),
      async (all) => {
        const one = smallLedger()
        try {
          one.segment('spans', [
            shop,
            ...all.map((ns, i) => span(1, i, { name: 'q', start: at(i), ns, in: shop.origin })),
          ])
          const { rows } = (await (await one.queries()).run('operations' as string, {})) as { rows: Row[] }
          const sorted = all.toSorted((a, b) => a - b)
          for (const [name, rank] of [
            ['p50Ms', 0.5],
            ['p95Ms', 0.95],
            ['p99Ms', 0.99],
          ] as const) {
            const exact = sorted[Math.ceil(rank * sorted.length) - 1]! / 1e6
            expect(Math.abs(Number(rows[0]![name]) - exact) / exact).toBeLessThan(0.0100001)
          }
        } finally {
          await one.remove()
        }
      },
    ),
    { numRuns: 10 },
  )
})
