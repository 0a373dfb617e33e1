import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { LogData, MetricData, SpanData } from '../record/index.ts'
import {
  activeSpan,
  counter,
  forceFlush,
  inject,
  isRecording,
  log,
  record,
  runWithCarrier,
  scope,
  shutdown,
  start,
  startSpan,
  upDownCounter,
  withSpan,
  withSpanSync,
} from './index.ts'
import { REGISTER, expectWhole, preloading, runProgram } from './testing/run-program.ts'

afterEach(async () => {
  await shutdown()
  vi.unstubAllEnvs()
})

const program = preloading(REGISTER)

describe('a program that is recorded without a change', () => {
  test.each([
    ['end', 0, null],
    ['exit', 3, null],
    ['throw', 1, null],
    ['term', null, 'SIGTERM'],
  ])('keeps everything when it ends by %s, and ends as it would have', (how, status, signal) => {
    const ran = runProgram(program, how)
    expect([ran.status, ran.signal]).toEqual([status, signal])
    expectWhole(expect, ran)
  })

  test('continues the trace that started it', () => {
    const { spans } = runProgram(program, 'end', { TRACEPARENT: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` })
    expect(spans.find(({ name }) => name === 'handle order')).toMatchObject({
      trace: 'a'.repeat(32),
      parent: 'b'.repeat(16),
      flags: 0x301,
    })
  })

  test.each([{ OTEL_TRACES_SAMPLER: 'always_off' }, { OTEL_SDK_DISABLED: 'true' }])('obeys %o', (env) => {
    const { spans, logs, status } = runProgram(program, 'end', env)
    expect([status, spans.length, logs.length]).toEqual([0, 0, 'OTEL_SDK_DISABLED' in env ? 0 : 2])
  })

  test('warns once of a variable it cannot read, and a ledger it cannot write, and runs on', () => {
    const { status, output } = runProgram(program, 'end', {
      OTEL_SPAN_LINK_COUNT_LIMIT: 'many',
      SPANLEDGER_HOME: join(process.execPath, 'no'),
    })
    expect(status).toBe(0)
    expect(output.match(/SpanledgerWarning: .*/g)).toEqual([
      expect.stringContaining('configuration: OTEL_SPAN_LINK_COUNT_LIMIT: limits.links: "many"') as string,
      expect.stringContaining('ledger: cannot write to') as string,
    ])
  })
})

test('without register nothing is recorded, and no file is made', () => {
  const { output, spans, status } = runProgram(preloading(REGISTER).slice(0, -2), 'end')
  expect([output, spans, status]).toEqual(['off\n', [], 0])
})

test('off, helpers run what they are given, and carry nothing', async () => {
  const boom = new Error('boom')
  expect(isRecording()).toBe(false)
  expect(record('r', { a: 1 }, (span) => span.isRecording())).toBe(false)
  expect(withSpanSync('s', {}, () => 2)).toBe(2)
  expect(await withSpan('s', {}, async () => 3)).toBe(3)
  expect(() =>
    record('r', () => {
      throw boom
    }),
  ).toThrow(boom)
  expect(startSpan('s').setAttribute('a', 1).addEvent('e').setStatus('error')).toBe(activeSpan())
  expect(inject({ a: 1 })).toEqual({ a: 1 })
  expect(runWithCarrier({ traceparent: 'x' }, () => 4)).toBe(4)
  log.fatal('nowhere')
  await forceFlush()
})

test('instruments made before the start measure from it on, and again after another start', async () => {
  const home = mkdtempSync(join(tmpdir(), 'spanledger-'))
  const early = counter('early')
  early.add(100)
  for (const round of [1, 2]) {
    const spans: SpanData[] = []
    const values: unknown[] = []
    const processor = {
      span: (span: SpanData) => void spans.push(span),
      log: () => {},
      metrics: (all: readonly { points: readonly object[] }[]) =>
        void values.push(...all.flatMap(({ points }) => points)),
      forceFlush: async () => {},
      shutdown: async () => {},
    }
    await start({ home, processors: () => [processor], atExit: false, openTelemetry: false })
    early.add(round)
    expect(await withSpan('outer', { kind: 'server' }, async (span) => activeSpan() === span)).toBe(true)
    // A query that runs when it is asked.
    const query = {
      // oxlint-disable-next-line no-thenable -- as Drizzle's and Knex's queries
      then: (_: unknown, failed: (error: Error) => void) => setTimeout(failed, 20, new Error('down')),
    }
    for (const run of [withSpan, scope('shop').withSpan])
      await expect(run('query', {}, () => query as never)).rejects.toThrow('down')
    await shutdown()
    early.add(100)
    const failed = { name: 'query', status: 'error', statusMessage: 'down' }
    expect(spans).toMatchObject([{ name: 'outer', kind: 'server' }, failed, failed])
    expect(values).toMatchObject([{ value: round }])
  }
  expect(readdirSync(home)).toEqual([])
  rmSync(home, { recursive: true })
})

test('an instrument that is asked for again is the same, so that who makes one a request keeps one', () => {
  expect(counter('asked again')).toBe(counter('asked again'))
  expect(counter('asked again')).not.toBe(upDownCounter('asked again'))
  expect(scope('shop').counter('asked again')).not.toBe(counter('asked again'))
  const named = scope('named by request')
  const many = Array.from({ length: 2_001 }, (_, i) => named.counter(`${i}`))
  expect(named.counter('0')).toBe(many[0])
  expect(named.counter('2000')).not.toBe(many[2_000])
})

test('a scope puts its name and version on everything that is recorded with it', async () => {
  const shop = scope('shop.orders', '1.2.3')
  const [orders, stock] = [shop.counter('orders'), shop.gauge('stock')]
  shop.observe('upDownCounter', 'open', (result) => result.observe(4))
  expect(shop.record('off', (span) => span.isRecording())).toBe(false)
  expect(await shop.withSpan('off', {}, () => 1)).toBe(1)
  shop.startSpan('off').end()
  shop.log.info('off')
  const told: (SpanData | LogData | MetricData['metric'])[] = []
  const processor = {
    span: (span: SpanData) => void told.push(span),
    log: (one: LogData) => void told.push(one),
    metrics: (all: readonly MetricData[]) => void told.push(...all.map(({ metric }) => metric)),
    forceFlush: async () => {},
    shutdown: async () => {},
  }
  await start({ processors: () => [processor], atExit: false, openTelemetry: false })
  shop.record('handle', { id: 7 }, (outer) => {
    expect(activeSpan()).toBe(outer)
    shop.withSpanSync('pay', { kind: 'client' }, () => shop.log.warn('late', { id: 7 }))
    shop.startSpan('left').end()
  })
  orders.add(1)
  stock.record(2)
  await shutdown()
  expect(told.map((one) => ('name' in one ? one.name : one.body))).toEqual(
    'late pay left handle orders stock open'.split(' '),
  )
  expect(told).toMatchObject(told.map(() => ({ scope: { name: 'shop.orders', version: '1.2.3' } })))
  expect(told[3]).toMatchObject({ attributes: ['id', 7] })
})
