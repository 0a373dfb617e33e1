import { expect } from 'vitest'
import type { Spanledger } from './program.ts'
import * as story from './story.ts'

/** As Spanledger writes a time of the story. */
function iso(after: number): string {
  const unix = BigInt(story.at(after))
  const fraction = String(unix % 1_000_000_000n).padStart(9, '0')
  return `${new Date(Number(unix / 1_000_000n)).toISOString().slice(0, 19)}.${fraction}Z`
}

/** What a person asks. Here only what `export` cannot show: that the questions read the same. */
export async function expectAnswers(
  spanledger: Spanledger,
  { traceId, ids }: story.Told,
  { temporality }: story.Dialect,
): Promise<void> {
  expect(
    await spanledger.ask('traces', '--service', story.SERVICE, '--attr', 'int=42', '--name', 'GET *'),
  ).toMatchObject({
    rows: [
      {
        traceId,
        name: 'GET /orders/{id}',
        startedAt: iso(0),
        durationMs: 1000.000001,
        spans: 4,
        errors: 1,
        services: [story.SERVICE],
      },
    ],
  })

  const { spans } = await spanledger.ask('trace', 'show', traceId)
  const common = { service: story.SERVICE, status: 'unset', statusMessage: null, events: [], links: [] }
  expect(spans).toMatchObject([
    {
      ...common,
      depth: 0,
      spanId: ids.root,
      parentSpanId: null,
      kind: 'server',
      startedAt: iso(0),
      durationMs: 1000.000001,
      attributes: {
        text: 'grüße ☃ 𝄞 "quoted"\n',
        int: 42,
        tiny: 5e-324,
        no: false,
        'list.double': [0.5, 1.5],
      },
    },
    {
      ...common,
      depth: 1,
      spanId: ids.select,
      parentSpanId: ids.root,
      kind: 'client',
      startedAt: iso(1000),
      durationMs: 0.001001,
      status: 'error',
      statusMessage: 'deadlock',
      events: [
        { name: 'exception', time: iso(1500), attributes: { 'exception.type': 'Deadlock', retry: 1 } },
        { name: 'again', time: iso(1501), attributes: {} },
      ],
    },
    {
      ...common,
      depth: 2,
      spanId: ids.publish,
      parentSpanId: ids.select,
      kind: 'producer',
      startedAt: iso(3000),
      durationMs: 0,
    },
    {
      ...common,
      depth: 1,
      spanId: ids.compute,
      parentSpanId: ids.root,
      kind: 'internal',
      startedAt: iso(5000),
    },
  ])
  const remote = await spanledger.ask('trace', 'show', story.REMOTE.traceId)
  expect(remote.spans).toMatchObject([
    { missing: true, spanId: story.REMOTE.spanId },
    { spanId: ids.consume, kind: 'consumer', status: 'ok', links: [{ traceId, spanId: ids.publish }] },
  ])

  expect((await spanledger.ask('logs', '--severity', 'info')).rows).toMatchObject([
    {
      time: iso(10),
      severity: 9,
      level: 'INFO',
      service: story.SERVICE,
      body: 'order placed',
      traceId,
      spanId: ids.select,
      attributes: { 'order.id': 7, 'order.ok': true },
    },
    { time: iso(11), severity: 17, level: 'ERROR', eventName: 'order.failed', traceId: null, spanId: null },
  ])

  expect((await spanledger.ask('metrics')).rows).toMatchObject([
    { name: 'latency', type: 'histogram', unit: 'ms', series: 1 },
    { name: 'orders', type: 'sum', unit: '{order}', series: 2 },
    { name: 'size', type: 'exponentialHistogram', unit: 'By', series: 1 },
    { name: 'stock', type: 'sum', lastValue: 7 },
    { name: 'temperature', type: 'gauge', unit: 'Cel', lastValue: 21.5 },
    { name: 'ticks', type: 'sum', lastValue: 7 },
  ])
  const orders = (await spanledger.ask('metrics', 'orders')).rows as any[]
  expect(orders.toSorted((a, b) => b.value - a.value)).toMatchObject([
    { attributes: { shop: 'a' }, temporality, value: 7 },
    { attributes: { shop: 'b' }, temporality, value: 5 },
  ])
  expect((await spanledger.ask('metrics', 'size')).rows).toMatchObject([
    { count: 5, sum: 1007, min: 0, max: 1000 },
  ])

  const sql = `SELECT start_unix_nano, duration_ns, resource->>'$."host.cores"' AS cores, scope_version, trace_state
FROM spans WHERE name = 'consume'`
  expect((await spanledger.ask('sql', sql)).rows).toEqual([
    {
      start_unix_nano: story.at(4000),
      duration_ns: 7,
      cores: '8',
      scope_version: '4.5.6',
      trace_state: 'vendor=value',
    },
  ])
}
