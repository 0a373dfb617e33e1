import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import type { ExportBatch } from '../exporter.ts'
import { RESOURCE, histogram, log, metric, span } from '../testing/records.ts'
import { consoleExporter } from './console-exporter.ts'

async function printed(
  batch: Omit<ExportBatch, 'resource'>,
  isTTY = false,
  environment = {},
): Promise<string[]> {
  let text = ''
  const exporter = consoleExporter({ isTTY, write: (more) => (text += more) }, environment)
  const { accepted } = await exporter.export({ ...batch, resource: RESOURCE } as ExportBatch)
  expect(accepted).toBe(batch.records.length)
  return text.split('\n').slice(0, -1)
}

test('spans are trees, with what went wrong', async () => {
  const child = span({
    spanId: '2222222222222222',
    parentSpanId: span().spanId,
    name: 'SELECT',
    kind: 'client',
    status: 'error',
    statusMessage: 'deadlock',
    endNanos: 123_956_789,
    attributes: ['db.rows', 3, 'list', ['a', 1], 'big', 2n ** 62n, 'raw', new Uint8Array(2)],
    events: [
      {
        name: 'exception',
        seconds: 1_795_000_000,
        nanos: 5_000_000,
        attributes: ['retry', true],
        droppedAttributes: 0,
      },
    ],
  })
  const other = span({
    traceId: 'ff'.repeat(16),
    name: 'other',
    kind: 'internal',
    parentSpanId: '99'.repeat(8),
  })
  expect(await printed({ kind: 'spans', records: [child, span(), other] })).toEqual([
    'trace 5b8efff798038103d269b633813fc60c',
    '  11:06:40.123 GET /orders 100.0 ms server http.route=/orders',
    '    11:06:40.123 SELECT 500 us client ERROR deadlock db.rows=3 list=["a",1] big="4611686018427387904" raw="2 bytes"',
    '      11:06:40.005 * exception retry=true',
    `trace ${'ff'.repeat(16)}`,
    '  11:06:40.123 other 100.0 ms http.route=/orders',
  ])
})

test('a line for each log record and point', async () => {
  const event = log({
    severity: 17,
    eventName: 'order.failed',
    body: { reason: 'no' },
    traceId: 'ab',
    attributes: [],
  })
  expect(await printed({ kind: 'logs', records: [log(), event] })).toEqual([
    '11:06:40.123 INFO  order placed order.id=7',
    '11:06:40.123 ERROR order.failed {"reason":"no"} trace=ab',
  ])
  expect(await printed({ kind: 'metrics', records: [metric(), histogram()] })).toEqual([
    '11:07:40.000 orders 7 {order} shop=a',
    '11:07:40.000 latency count 3 sum 951.5 min 1.5 max 900 ms',
  ])
})

test('an output that nobody reads any more costs what would be printed, and nothing else', async () => {
  const output = new Writable({ write: (_text, _encoding, done) => done(new Error('write EPIPE')) })
  const exporter = consoleExporter(output)
  const batch = { kind: 'logs', resource: RESOURCE, records: [log()] } as const
  await exporter.export(batch)
  await new Promise((resolve) => setImmediate(resolve))
  expect(await exporter.export(batch)).toEqual({ accepted: 0, rejected: 1, message: 'write EPIPE' })
  exporter.exportSync?.([batch])
  await expect.poll(() => output.listenerCount('error')).toBe(0)
})

test('an output that is read has no listener left', async () => {
  const output = new Writable({ write: (_text, _encoding, done) => setImmediate(done) })
  const exporter = consoleExporter(output)
  for (let i = 0; i < 20; i++) await exporter.export({ kind: 'logs', resource: RESOURCE, records: [log()] })
  expect(output.listenerCount('error')).toBe(1)
  await expect.poll(() => output.listenerCount('error')).toBe(0)
})

test('colours only where a terminal shows them, and nothing that a terminal obeys', async () => {
  const records = [log({ body: 'a\u001b[2Jb\nc', severity: 17 })]
  expect(await printed({ kind: 'logs', records })).toEqual(['11:06:40.123 ERROR a [2Jb c order.id=7'])
  expect((await printed({ kind: 'logs', records }, true))[0]).toContain('\u001b[31mERROR\u001b[39m')
  expect((await printed({ kind: 'logs', records }, true, { NO_COLOR: '1' })).join('')).not.toContain('\u001b')
})

test('spans that are each other’s parents are printed all the same', async () => {
  const a = span({ spanId: 'aaaaaaaaaaaaaaaa', parentSpanId: 'bbbbbbbbbbbbbbbb', name: 'a' })
  const b = span({ spanId: 'bbbbbbbbbbbbbbbb', parentSpanId: 'aaaaaaaaaaaaaaaa', name: 'b' })
  expect((await printed({ kind: 'spans', records: [a, b] })).join('\n')).toContain(' a ')
})
