import { createHash } from 'node:crypto'
import { utimesSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { log, smallLedger, type SmallLedger, span, spanId, traceId } from '../testing/small-ledger.ts'

/** What has one name twice, or one that begins with `$`. */
const pairs = (...list: [string, unknown][]) => ({ $kvlist: list }) as never
const content = {
  resource: { attrs: pairs(['service.name', 'shop'], ['host.name', 'b'], ['host.name', 'a']) },
}
const digest = createHash('sha256').update(JSON.stringify(content)).digest()
const shop = { origin: digest.subarray(0, 6).toString('base64url'), ...content }

let ledger: SmallLedger
beforeEach(() => {
  ledger = smallLedger()
  const attrs = pairs(
    ['$odd', null],
    ['twice', 1],
    ['twice', 2],
    ['http.route', '/a "b"'],
    ['n', 1.0],
    ['list', ['x', { y: 1 }]],
  )
  for (const path of [
    ledger.segment('spans', [
      shop,
      span(1, 1, { attrs, in: shop.origin }),
      span(2, 2, { attrs: { 'http.route': '/b' }, in: shop.origin }),
    ]),
    ledger.segment('logs', [
      shop,
      log(1, {
        body: 'said',
        attrs: pairs(['twice', 1], ['event.name', 'paid'], ['twice', 2]),
        in: shop.origin,
      }),
    ]),
  ])
    utimesSync(path, 1, 1)
})
afterEach(() => ledger.remove())

const seal = async (): Promise<void> => {
  for await (const _ of (await (await ledger.queries()).run('seal', {})) as AsyncIterable<unknown>);
}

const ask = async (name: string, params: object): Promise<unknown> =>
  (await ledger.queries()).run(name as string, params)

describe.each([
  ['lines', () => Promise.resolve()],
  ['columns', seal],
])('over %s, lists with repeated names are read by their names', (_, prepare) => {
  beforeEach(prepare)
  it('by SQL', async () => {
    const query = `SELECT service, "http.route" AS route, attributes, resource->>'$."host.name"' AS host FROM spans ORDER BY span_id`
    expect(await ask('sql', { query })).toMatchObject({
      rows: [
        {
          service: 'shop',
          route: '/a "b"',
          attributes: { $odd: null, 'http.route': '/a "b"', n: 1, list: ['x', { y: 1 }], twice: 2 },
          host: 'a',
        },
        { service: 'shop', route: '/b', attributes: { 'http.route': '/b' } },
      ],
    })
    expect(await ask('sql', { query: 'SELECT service, resource FROM origins' })).toMatchObject({
      rows: [{ service: 'shop', resource: { 'service.name': 'shop', 'host.name': 'a' } }],
    })
  })

  it.each([['n=1.00'], ['twice=2'], ['http.route=/a "b"'], ['list=["x",{"y":1}]']])(
    'by traces --attr %s',
    async (attr) => {
      expect(await ask('traces', { attr })).toMatchObject({
        rows: [{ traceId: traceId(1), service: 'shop' }],
      })
    },
  )

  it('by logs and trace', async () => {
    expect(await ask('logs', { event: 'paid', service: 'shop' })).toMatchObject({
      rows: [{ body: 'said', attributes: { 'event.name': 'paid', twice: 2 } }],
    })
    expect(await ask('trace', { id: traceId(1) })).toMatchObject({
      services: ['shop'],
      spans: [{ spanId: spanId(1), service: 'shop', attributes: { 'http.route': '/a "b"', twice: 2 } }],
    })
  })
})
