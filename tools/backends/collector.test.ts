import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { otlpExporter } from '../../packages/export/dist/index.js'
import { nodePlatform } from '../../packages/sdk/dist/platform/index.js'
import { RESOURCE, histogram, log, metric, span } from '../../packages/export/src/testing/records.ts'
import { buildCollector, type Collector, startCollector } from './collector.ts'

let built: ReturnType<typeof buildCollector>
const cleanups: (() => unknown)[] = []
beforeAll(() => {
  built = buildCollector()
})
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function start(
  skip: (reason: string) => never,
  ports?: Parameters<typeof startCollector>[1],
): Promise<Collector> {
  if ('missing' in built) return skip(built.missing)
  const collector = await startCollector(built.program, ports)
  cleanups.push(() => collector.stop())
  return collector
}

const CASES = [
  { protocol: 'http/protobuf', compression: 'gzip' },
  { protocol: 'http/json', compression: 'none' },
  { protocol: 'grpc', compression: 'none' },
  { protocol: 'grpc', compression: 'gzip' },
] as const

describe("OpenTelemetry's Collector", () => {
  it.for(CASES)(
    'takes spans, log records and metrics over $protocol, $compression',
    async (how, { skip }) => {
      const collector = await start(skip)
      const port = how.protocol === 'grpc' ? collector.grpcPort : collector.httpPort
      const exporter = otlpExporter(nodePlatform(), {
        endpoint: `http://127.0.0.1:${port}`,
        environment: {},
        ...how,
      })
      cleanups.push(() => exporter.shutdown())
      const event = {
        name: 'exception',
        seconds: 1_795_000_000,
        nanos: 200_000_001,
        attributes: ['retry', 1],
        droppedAttributes: 0,
      }
      const records = [
        span({
          attributes: ['int', 42, 'double', 0.1, 'list', ['a', 1], 'yes', true],
          events: [event],
          status: 'error',
        }),
      ]
      expect(await exporter.export({ kind: 'spans', resource: RESOURCE, records })).toMatchObject({
        accepted: 1,
      })
      const logs = [log({ traceId: span().traceId, spanId: span().spanId, flags: 1 })]
      expect(await exporter.export({ kind: 'logs', resource: RESOURCE, records: logs })).toMatchObject({
        accepted: 1,
      })
      const metrics = [metric(), histogram()]
      expect(await exporter.export({ kind: 'metrics', resource: RESOURCE, records: metrics })).toMatchObject({
        accepted: 2,
      })
      await expect.poll(() => collector.told()).toContain('ExplicitBounds #2: 500.000000')
      for (const line of [
        'service.name: Str(shop)',
        'InstrumentationScope shop.orders 1.2.3',
        'Trace ID       : 5b8efff798038103d269b633813fc60c',
        'Start time     : 2026-11-18 11:06:40.123456789 +0000 UTC',
        'int: Int(42)',
        'double: Double(0.1)',
        'list: Slice(["a",1])',
        'yes: Bool(true)',
        'Status code    : Error',
        '-> Timestamp: 2026-11-18 11:06:40.200000001 +0000 UTC',
        'Body: Str(order placed)',
        'IsMonotonic: true',
        'Value: 7',
        'Sum: 951.500000',
      ])
        expect(collector.told()).toContain(line)
    },
  )

  it('ended and brought back, has everything', async ({ skip }) => {
    const folder = mkdtempSync(join(tmpdir(), 'spanledger-backends-'))
    cleanups.push(() => rmSync(folder, { recursive: true }))
    const first = await start(skip)
    const exporter = otlpExporter(nodePlatform(), {
      endpoint: `http://127.0.0.1:${first.httpPort}`,
      spool: { folder },
      environment: {},
      warn: () => {},
    })
    cleanups.push(() => exporter.shutdown())
    const exportOne = (name: string) =>
      exporter.export({ kind: 'spans', resource: RESOURCE, records: [span({ name })] })
    await exportOne('before')
    await expect.poll(() => first.told()).toContain('Name           : before')
    await first.stop()
    cleanups.splice(1, 1)
    for (let i = 0; i < 20; i++) expect(await exportOne(`while away ${i}`)).toMatchObject({ accepted: 1 })
    const second = await start(skip, first)
    await expect.poll(() => exporter.stats().traces.delivered, { timeout: 30_000 }).toBe(21)
    const told = second.told()
    for (let i = 0; i < 20; i++) expect(told.split(`Name           : while away ${i}\n`)).toHaveLength(2)
  })
})
