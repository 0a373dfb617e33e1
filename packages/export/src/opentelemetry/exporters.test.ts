import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LedgerLogRecordExporter, LedgerMetricExporter, LedgerSpanExporter, ledgerPipeline } from './index.ts'
import type { ReadableSpan, ResourceMetrics, SdkExportResult, SdkResource } from './sdk-types.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'spanledger-otel-'))
})
afterEach(() => rmSync(home, { recursive: true }))

const linesOf = (kind: string): any[] => {
  const folder = join(home, 'ledger', kind)
  return readdirSync(folder)
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').slice(1, -1))
    .map((line) => JSON.parse(line))
}
const resource: SdkResource = { attributes: { 'service.name': 'shop' } }
const scope = { name: 'shop.orders', version: '1.2.3' }
const context = { traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174', traceFlags: 1 }
const span = (more: Partial<ReadableSpan> = {}): ReadableSpan => ({
  name: 'GET /orders',
  kind: 1,
  spanContext: () => context,
  startTime: [1_795_000_000, 123_456_789],
  endTime: [1_795_000_000, 123_456_799],
  status: { code: 0 },
  attributes: {},
  links: [],
  events: [],
  resource,
  instrumentationScope: scope,
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
  ...more,
})
const exported = (start: (done: (result: SdkExportResult) => void) => void): Promise<SdkExportResult> =>
  new Promise((resolve) => start(resolve))

test('a span is kept with its exception, status, links and where it came from', async () => {
  const exporter = new LedgerSpanExporter({ home })
  const one = span({
    parentSpanContext: { ...context, spanId: 'aaaaaaaaaaaaaaaa', isRemote: true },
    status: { code: 2, message: 'deadlock' },
    attributes: { 'http.route': '/orders', list: [1, 2] },
    events: [
      {
        name: 'exception',
        time: [1_795_000_000, 5],
        attributes: { 'exception.type': 'Deadlock', 'exception.message': 'x' },
      },
    ],
    links: [{ context: { ...context, spanId: 'bbbbbbbbbbbbbbbb' }, attributes: { reason: 'follows' } }],
    droppedAttributesCount: 3,
  })
  expect(await exported((done) => exporter.export([one], done))).toEqual({ code: 0 })
  expect(linesOf('spans')).toMatchObject([
    { origin: expect.any(String), resource: { attrs: { 'service.name': 'shop' } }, scope },
    {
      span: context.spanId,
      trace: context.traceId,
      parent: 'aaaaaaaaaaaaaaaa',
      kind: 'server',
      start: '1795000000123456789',
      ns: 10,
      status: 'error',
      message: 'deadlock',
      flags: 0x301,
      attrs: { 'http.route': '/orders', list: [1, 2] },
      dropped: 3,
      events: [{ name: 'exception', attrs: { 'exception.type': 'Deadlock', 'exception.message': 'x' } }],
      links: [{ span: 'bbbbbbbbbbbbbbbb', attrs: { reason: 'follows' }, flags: 0x101 }],
    },
  ])
  await exporter.shutdown()
  expect(await exported((done) => exporter.export([one], done))).toMatchObject({ code: 1 })
})

test('log records and metrics are kept', async () => {
  const logs = new LedgerLogRecordExporter({ home })
  const log = {
    hrTime: [1_795_000_000, 1] as [number, number],
    hrTimeObserved: [1_795_000_000, 2] as [number, number],
    severityNumber: 9,
    body: { order: 7 },
    resource,
    instrumentationScope: scope,
    attributes: {},
    droppedAttributesCount: 0,
  }
  expect(await exported((done) => logs.export([log], done))).toEqual({ code: 0 })
  expect(linesOf('logs')[1]).toMatchObject({ log: '1795000000000000001', severity: 9, body: { order: 7 } })

  const metrics = new LedgerMetricExporter({ home })
  const point = { startTime: [1, 0] as [number, number], endTime: [2, 0] as [number, number], attributes: {} }
  const metric = {
    descriptor: { name: 'orders', description: '', unit: '', valueType: 0 },
    aggregationTemporality: 1,
  }
  const value = { count: 2, sum: 3, min: 1, max: 2, scale: 3, zeroCount: 0 }
  const buckets = { positive: { offset: 4, bucketCounts: [1, 1] }, negative: { offset: 0, bucketCounts: [] } }
  const collected: ResourceMetrics = {
    resource,
    scopeMetrics: [
      {
        scope,
        metrics: [
          { ...metric, dataPointType: 3, isMonotonic: true, dataPoints: [{ ...point, value: 7 }] },
          { ...metric, dataPointType: 2, dataPoints: [{ ...point, value: 1.5 }] },
          { ...metric, dataPointType: 1, dataPoints: [{ ...point, value: { ...value, ...buckets } }] },
          { ...metric, dataPointType: 3, dataPoints: [] },
        ],
      },
    ],
  }
  expect(await exported((done) => metrics.export(collected, done))).toEqual({ code: 0 })
  expect(linesOf('metrics').filter((line) => 'point' in line)).toMatchObject([
    { point: 'orders', value: 7, start: '1000000000', time: '2000000000' },
    { point: 'orders', value: 1.5, time: '2000000000' },
    { point: 'orders', count: 2, sum: 3, scale: 3, positive: { offset: 4, counts: [1, 1] } },
  ])
  await Promise.all([logs.shutdown(), metrics.shutdown()])
})

test('forceFlush and shutdown lose nothing, however much was recorded in one turn', async () => {
  const { spanProcessors, logRecordProcessors, metricReaders } = ledgerPipeline({ home })
  for (let i = 0; i < 40_000; i++) spanProcessors[0]!.onEnd(span({ name: `${i}` }))
  spanProcessors[0]!.onEnd(span({ spanContext: () => ({ ...context, traceFlags: 0 }) }))
  await spanProcessors[0]!.forceFlush()
  expect(linesOf('spans').filter((line) => 'span' in line).length).toBe(40_000)
  await Promise.all(
    [...spanProcessors, ...logRecordProcessors, ...metricReaders].map((one) => one.shutdown()),
  )
})

test('what is recorded before the resource is complete waits for it', async () => {
  const complete = new EventTarget()
  const completed = new Promise<void>((resolve) => complete.addEventListener('now', () => resolve()))
  const late = {
    attributes: {} as Record<string, string>,
    asyncAttributesPending: true,
    waitForAsyncAttributes: () => completed,
  }
  const { spanProcessors } = ledgerPipeline({ home })
  spanProcessors[0]!.onEnd(span({ resource: late }))
  late.attributes['host.id'] = 'h'
  complete.dispatchEvent(new Event('now'))
  await spanProcessors[0]!.shutdown()
  expect(linesOf('spans')).toMatchObject([
    { resource: { attrs: { 'host.id': 'h' } } },
    { name: 'GET /orders' },
  ])
})

test('secrets are taken out before anything is written, by what the home says', async () => {
  const exporter = new LedgerSpanExporter({ home })
  const one = span({ name: 'login password=hunter22', attributes: { 'db.password': 'opensesame' } })
  expect(await exported((done) => exporter.export([one], done))).toEqual({ code: 0 })
  expect(linesOf('spans')).toMatchObject([
    {},
    { name: 'login password=[redacted:assignment]', attrs: { 'db.password': '[redacted:sensitive-key]' } },
  ])
  await exporter.shutdown()
})

test('times that are no times, or not within their second, are written as times', async () => {
  const exporter = new LedgerSpanExporter({ home })
  const spans = [
    span({ startTime: [1_795_000_000, 1_500_000_000.7], endTime: [1_795_000_001, 500_000_001] }),
    span({ startTime: [1_795_000_000.5, -1], endTime: [1_795_000_000, 0] }),
    span({ startTime: [Number.NaN, 0], endTime: [0, Number.POSITIVE_INFINITY] }),
  ]
  expect(await exported((done) => exporter.export(spans, done))).toEqual({ code: 0 })
  expect(
    linesOf('spans')
      .slice(1)
      .map(({ start, ns }) => [start, ns]),
  ).toEqual([
    ['1795000001500000000', 1],
    ['1795000000499999999', 0],
    ['0', 0],
  ])
})
