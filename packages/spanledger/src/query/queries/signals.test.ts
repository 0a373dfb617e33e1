import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Queries } from '../open-queries.ts'
import {
  at,
  log,
  metricDefinition,
  origin,
  point,
  smallLedger,
  type SmallLedger,
  span,
  spanId,
  traceId,
} from '../testing/small-ledger.ts'

let ledger: SmallLedger
let queries: Queries
beforeEach(async () => {
  ledger = smallLedger()
  queries = await ledger.queries()
})
afterEach(() => ledger.remove())

const shop = origin('shop')
const cart = origin('cart', { 'deployment.environment.name': 'prod' })
const rows = async (name: string, params: object): Promise<Record<string, unknown>[]> => {
  const answer = (await queries.run(name as string, params)) as { rows: Record<string, unknown>[] }
  expect(answer).toHaveProperty('rows')
  return answer.rows
}

const ids = async (params: object): Promise<unknown[]> =>
  (await rows('traces', params)).map((row) => row['traceId'])

describe('traces', () => {
  beforeEach(() => {
    ledger.segment('spans', [
      shop,
      cart,
      span(1, 1, { name: 'GET /cart', kind: 'server', start: at(0), ns: 2e9, in: shop.origin }),
      span(1, 2, {
        parent: spanId(1),
        name: 'SELECT',
        start: at(10),
        ns: 5e6,
        status: 'error',
        attrs: { 'db.rows': 7, 'http.response.status_code': 500 },
        in: cart.origin,
      }),
      span(2, 3, {
        name: 'POST /order',
        start: at(5000),
        ns: 300e6,
        attrs: { 'user.tier': "o'hara", ratio: 1.5 },
        in: shop.origin,
      }),
      span(3, 4, { parent: spanId(999), name: '100%_real', start: at(9000), ns: 1e6, in: cart.origin }),
    ])
  })

  it('are told latest first, with root, services, spans and errors', async () => {
    expect(await rows('traces', {})).toEqual([
      expect.objectContaining({ traceId: traceId(3), name: '100%_real', service: 'cart', spans: 1 }),
      expect.objectContaining({ traceId: traceId(2), name: 'POST /order', durationMs: 300 }),
      {
        traceId: traceId(1),
        name: 'GET /cart',
        service: 'shop',
        startedAt: '2026-11-21T12:00:00.000000000Z',
        durationMs: 2000,
        spans: 2,
        errors: 1,
        services: ['cart', 'shop'],
      },
    ])
  })

  it.each([
    [{ service: 'cart' }, [3, 1]],
    [{ service: 'c*t', status: 'error' }, [1]],
    [{ service: 'shop', status: 'error' }, []],
    [{ name: 'GET /*' }, [1]],
    [{ name: '100%_*' }, [3]],
    [{ name: '1__%*' }, []],
    [{ minDuration: '300ms' }, [2, 1]],
    [{ maxDuration: '1.5s', minDuration: '2ms' }, [2]],
    [{ attr: 'db.rows>=7' }, [1]],
    [{ attr: 'db.rows>7' }, []],
    [{ attr: ['db.rows=7.0', 'http.response.status_code=500'] }, [1]],
    [{ attr: "user.tier=o'hara" }, [2]],
    [{ attr: 'user.tier!=nobody' }, [2]],
    [{ attr: 'user.tier!=5' }, [2]],
    [{ attr: "user.tier!=o'hara" }, []],
    [{ attr: 'db.rows!=7.0' }, []],
    [{ attr: `db.rows=${'9'.repeat(400)}` }, []],
    [{ attr: 'deployment.environment.name=prod' }, [3, 1]],
    [{ since: '2026-11-21T12:00:05Z' }, [3, 2]],
    [{ until: '2026-11-21T12:00:05Z' }, [1]],
  ])('%j', async (params, expected) => expect(await ids(params)).toEqual(expected.map(traceId)))

  it.each([
    { since: '59m59s' },
    { attr: 'db.rows' },
    { attr: 'a">=x' },
    { attr: 'db.rows>many' },
    { status: 'bad' },
    { limit: 0 },
    { nothing: 1 },
    { attr: 'db.rows>1e999' },
    { since: `${'9'.repeat(400)}d` },
    { minDuration: `${'9'.repeat(400)}h` },
    { limit: '9'.repeat(400) },
  ])('refuse %j', async (params) => {
    expect(await queries.run('traces' as string, params)).toMatchObject({ refused: 'BAD_PARAMETER' })
  })

  it('name the value that is no duration', async () => {
    expect(await queries.run('traces', { minDuration: 'long' })).toMatchObject({
      message: expect.stringContaining('minDuration: "long" is no duration'),
    })
  })

  it('say when they were cut', async () => {
    expect(await queries.run('traces', { limit: 2 })).toMatchObject({ cut: true, limit: 2 })
    expect(await queries.run('traces', { limit: '3' })).toMatchObject({ cut: false })
  })

  it('count a span that was sent twice once, in whatever segment', async () => {
    ledger.segment('spans', [
      cart,
      span(1, 2, { parent: spanId(1), start: at(10), status: 'error', in: cart.origin }),
    ])
    expect((await rows('traces', { name: 'GET /cart' }))[0]).toMatchObject({ spans: 2, errors: 1 })
  })

  it('that began before since are left out although later spans of theirs stand in a newer segment', async () => {
    ledger.segment('spans', [
      cart,
      span(1, 50, { parent: spanId(1), name: 'late', start: at(20_000), in: cart.origin }),
    ])
    expect(await ids({ since: '2026-11-21T12:00:06Z' })).toEqual([3].map(traceId))
    expect((await rows('traces', { limit: 1 }))[0]).toMatchObject({ traceId: traceId(3) })
    expect((await rows('traces', { name: 'late' }))[0]).toMatchObject({ name: 'GET /cart', spans: 3 })
  })

  it('are the latest of all segments, whatever the order they were written in', async () => {
    for (const [i, trace] of [40, 30, 20, 10].entries())
      ledger.segment('spans', [shop, span(trace, 100 + i, { start: at(100_000 + trace), in: shop.origin })])
    expect(await ids({ limit: 3 })).toEqual([40, 30, 20].map(traceId))
    expect(await ids({ limit: 6 })).toEqual([40, 30, 20, 10, 3, 2].map(traceId))
  })

  it('outlive damage', async () => {
    ledger.segment(
      'spans',
      [
        'not json',
        '{"span":5}',
        '{"origin":"damaged',
        `{"span":"x","trace":"short","name":"n","start":"1","ns":1,"in":"a"}`,
        '{"span":"00000000000000ff","trace":{"a":1},"start":"x"}',
        '\u0000\u0001',
        span(9, 9, { start: at(10_000), in: 'gone' }),
      ],
      { torn: '{"span":"00000000000000fe","tr' },
    )
    expect((await rows('traces', {}))[0]).toMatchObject({ traceId: traceId(9), service: null })
    expect(await ids({})).toHaveLength(4)
  })
})

describe('one trace', () => {
  it('is a tree with what is missing marked', async () => {
    ledger.segment('spans', [
      shop,
      span(1, 3, { parent: spanId(77), name: 'orphan', start: at(30), in: shop.origin }),
      span(1, 2, {
        parent: spanId(1),
        name: 'child',
        start: at(10),
        ns: 4e6,
        status: 'error',
        message: 'no',
        in: shop.origin,
      }),
      span(1, 1, {
        name: 'root',
        start: at(0),
        ns: 50e6,
        events: [{ name: 'e', time: at(1) }],
        links: [{ trace: traceId(2), span: spanId(5) }],
        in: shop.origin,
      }),
      span(2, 5, {
        name: 'other',
        links: [{ trace: traceId(1), span: spanId(1) }],
        attrs: { seen: traceId(1) },
        in: shop.origin,
      }),
    ])
    const answer = (await queries.run('trace' as string, { id: traceId(1) })) as {
      spans: Record<string, unknown>[]
    }
    expect(answer).toMatchObject({
      traceId: traceId(1),
      durationMs: 50,
      spanCount: 3,
      errors: 1,
      services: ['shop'],
      cut: false,
      omitted: 0,
      duplicates: 0,
      damaged: 0,
    })
    expect(
      answer.spans.map(({ depth, name, missing, spanId: id }) => [
        depth,
        missing === true ? `missing ${String(id)}` : name,
      ]),
    ).toEqual([
      [0, 'root'],
      [1, 'child'],
      [0, `missing ${spanId(77)}`],
      [1, 'orphan'],
    ])
    expect(answer.spans[1]).toMatchObject({
      offsetMs: 10,
      durationMs: 4,
      status: 'error',
      statusMessage: 'no',
      parentSpanId: spanId(1),
    })
  })

  it('is found by a beginning, and says when that is not enough; or is the last', async () => {
    expect(await queries.run('trace', { id: 'last' })).toMatchObject({ refused: 'UNKNOWN_TRACE' })
    ledger.segment('spans', [
      shop,
      span(0x12345678, 1, { start: at(1), in: shop.origin }),
      span(0x12345679, 2, { start: at(0), in: shop.origin }),
    ])
    expect(await queries.run('trace', { id: '12345678' })).toMatchObject({ traceId: traceId(0x12345678) })
    expect(await queries.run('trace', { id: '1234567' })).toMatchObject({
      refused: 'AMBIGUOUS_ID',
      near: [traceId(0x12345678), traceId(0x12345679)],
    })
    expect(await queries.run('trace', { id: 'ffffffff' })).toMatchObject({ refused: 'UNKNOWN_TRACE' })
    expect(await queries.run('trace', { id: traceId(5) })).toMatchObject({ refused: 'UNKNOWN_TRACE' })
    expect(await queries.run('trace', { id: 'last' })).toMatchObject({ traceId: traceId(0x12345678) })
    expect(await queries.run('trace', { id: 'xyz' })).toMatchObject({ refused: 'BAD_PARAMETER' })
    expect(await queries.run('trace', { id: '12' })).toMatchObject({ refused: 'BAD_PARAMETER' })
  })

  it('leaves out what is beyond the limit and says how much', async () => {
    const many = Array.from({ length: 20 }, (_, i) =>
      span(1, i + 1, { ...(i === 0 ? {} : { parent: spanId(1) }), in: shop.origin }),
    )
    ledger.segment('spans', [shop, ...many, many[3]!])
    expect(await queries.run('trace', { id: traceId(1), limit: 5 })).toMatchObject({
      spanCount: 20,
      cut: true,
      omitted: 15,
      duplicates: 1,
    })
  })

  it('has no negative durations, whatever the clocks did', async () => {
    ledger.segment('spans', [shop, span(1, 1, { start: at(10), end: at(5), in: shop.origin })])
    expect(await queries.run('trace', { id: traceId(1) })).toMatchObject({
      durationMs: 0,
      spans: [{ durationMs: 0 }],
    })
    expect((await rows('traces', {}))[0]).toMatchObject({ durationMs: 0 })
  })

  it('knows where a span came from although its own segment has lost the definition', async () => {
    ledger.segment('spans', [shop, span(1, 1, { in: shop.origin })])
    ledger.segment('spans', [span(2, 2, { in: shop.origin })])
    expect(await queries.run('trace', { id: traceId(2) })).toMatchObject({
      services: ['shop'],
      spans: [{ service: 'shop' }],
    })
  })
})

describe('logs', () => {
  beforeEach(() => {
    ledger.segment('logs', [
      shop,
      log(0, { severity: 9, level: 'INFO', body: 'started', in: shop.origin }),
      log(20, {
        severity: 17,
        body: 'it broke',
        trace: traceId(1),
        span: spanId(1),
        attrs: { code: 5 },
        in: shop.origin,
      }),
      log(10, { level: 'warning', body: { a: ['Ünïcode'] }, in: shop.origin }),
      {
        log: '0',
        observed: at(30),
        name: 'event.from.field',
        attrs: { 'event.name': 'tool_result' },
        in: shop.origin,
      },
      log(5, { name: 'named', in: shop.origin }),
      'damage',
    ])
  })

  it('are the latest, oldest of them first', async () => {
    const all = await rows('logs', {})
    expect(all.map((row) => row['body'])).toEqual(['started', null, '{"a":["Ünïcode"]}', 'it broke', null])
    expect(all[3]).toEqual({
      time: '2026-11-21T12:00:00.020000000Z',
      severity: 17,
      level: null,
      service: 'shop',
      eventName: null,
      body: 'it broke',
      attributes: { code: 5 },
      traceId: traceId(1),
      spanId: spanId(1),
    })
    expect(all.map((row) => row['eventName'])).toEqual([null, 'named', null, null, 'tool_result'])
    expect(await queries.run('logs', { limit: 2 })).toMatchObject({
      cut: true,
      rows: [{ body: 'it broke' }, { eventName: 'tool_result' }],
    })
  })

  it.each([
    [{ severity: 'warn' }, 2],
    [{ severity: 'error' }, 1],
    [{ search: 'BROKE' }, 1],
    [{ search: 'ünïcode' }, 1],
    [{ search: "'; drop" }, 0],
    [{ trace: traceId(1).slice(0, 9) }, 1],
    [{ event: 'tool_*' }, 1],
    [{ service: 'cart' }, 0],
    [{ since: '2026-11-21T12:00:00.020Z' }, 2],
    [{ until: '2026-11-21T12:00:00.005Z' }, 1],
    [{ since: '2026-11-22' }, 0],
  ])('%j', async (params, expected) => expect(await rows('logs', params)).toHaveLength(expected))
})

describe('metrics', () => {
  const tokens = metricDefinition({
    name: 'tokens',
    type: 'sum',
    unit: '{token}',
    temporality: 'delta',
    monotonic: true,
  })
  const requests = metricDefinition({
    name: 'requests',
    type: 'sum',
    temporality: 'cumulative',
    monotonic: true,
  })
  const heap = metricDefinition({ name: 'heap', type: 'gauge', unit: 'By' })
  const latency = metricDefinition({ name: 'latency', type: 'histogram', unit: 's', temporality: 'delta' })
  beforeEach(() => {
    ledger.segment('metrics', [
      shop,
      tokens,
      requests,
      heap,
      latency,
      point(tokens, 1, { start: at(0), value: 10, attrs: { model: 'a' }, in: shop.origin }),
      point(tokens, 2, { start: at(1), value: 5, attrs: { model: 'a' }, in: shop.origin }),
      point(tokens, 2, { start: at(1), value: 7, attrs: { model: 'b' }, in: shop.origin }),
      point(requests, 1, { start: at(0), value: 10, in: shop.origin }),
      point(requests, 2, { start: at(0), value: 30, in: shop.origin }),
      point(requests, 9, { start: at(8), value: 2, in: shop.origin }),
      point(heap, 1, { value: 5.5, in: shop.origin }),
      point(heap, 2, { value: { $double: 'Infinity' }, in: shop.origin }),
      point(heap, 3, { value: { $int: '9223372036854775807' }, in: shop.origin }),
      point(latency, 1, {
        start: at(0),
        count: 2,
        sum: 3.5,
        min: 0.5,
        max: 3,
        bounds: [1],
        counts: [1, 1],
        in: shop.origin,
      }),
      point(latency, 2, {
        start: at(1),
        count: 1,
        sum: 0.5,
        min: 0.5,
        max: 0.5,
        bounds: [1],
        counts: [1, 0],
        in: shop.origin,
      }),
    ])
  })

  it('are listed with their values, as each is told by itself', async () => {
    expect(await rows('metrics', {})).toEqual([
      {
        name: 'heap',
        type: 'gauge',
        unit: 'By',
        services: ['shop'],
        points: 3,
        series: 1,
        lastTime: '2026-11-21T12:00:00.003000000Z',
        value: 2 ** 63,
      },
      expect.objectContaining({ name: 'latency', points: 2, value: null }),
      expect.objectContaining({ name: 'requests', series: 1, value: 32 }),
      expect.objectContaining({ name: 'tokens', points: 3, series: 2, value: 22 }),
    ])
    expect(await rows('metrics', { service: 'other' })).toEqual([])
  })

  it('respect temporality: deltas are added up, cumulative sums over restarts', async () => {
    expect(await rows('metric', { name: 'tokens' })).toEqual([
      expect.objectContaining({ attributes: { model: 'a' }, value: 15, points: 2 }),
      expect.objectContaining({ attributes: { model: 'b' }, value: 7, points: 1 }),
    ])
    expect(await rows('metric', { name: 'requests' })).toEqual([
      expect.objectContaining({ value: 32, points: 3 }),
    ])
    expect(await rows('metric', { name: 'latency' })).toEqual([
      expect.objectContaining({ count: 3, sum: 4, min: 0.5, max: 3, value: null }),
    ])
    expect(await rows('metric', { name: 'heap' })).toEqual([expect.objectContaining({ value: 2 ** 63 })])
  })

  it('that nobody sent are refused', async () => {
    expect(await queries.run('metric', { name: 'nothing' })).toMatchObject({ refused: 'UNKNOWN_METRIC' })
  })
})
