import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { nodePlatform } from '@spanledger/sdk/platform'
import type { ExportBatch } from './exporter.ts'
import { otlpExporter } from './otlp-exporter.ts'
import type { OtlpExporterOptions } from './otlp-exporter.ts'
import { startGrpcCollector, startHttpCollector } from './testing/collector.ts'
import type { Received } from './testing/collector.ts'
import { RESOURCE, log, metric, span } from './testing/records.ts'

const platform = nodePlatform()
const SENDER = fileURLToPath(new URL('./testing/sender.mjs', import.meta.url))

const cleanups: (() => unknown)[] = []
let folder: string
beforeAll(() => {
  execFileSync(process.execPath, [
    join(import.meta.dirname, '../../../node_modules/typescript/bin/tsc'),
    '-b',
    import.meta.dirname,
  ])
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spanledger-export-'))
})
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
  rmSync(folder, { recursive: true })
})
const kept = async <T extends { close(): unknown }>(opening: Promise<T>): Promise<T> => {
  const opened = await opening
  cleanups.push(() => opened.close())
  return opened
}
function exporterTo(endpoint: string, options: OtlpExporterOptions = {}) {
  const warnings: string[] = []
  const warn = (message: string): void => void warnings.push(message)
  const exporter = otlpExporter(platform, { endpoint, environment: {}, warn, flushMsMax: 2_000, ...options })
  cleanups.push(() => exporter.shutdown())
  return { exporter, warnings }
}
const spans = (...names: string[]): ExportBatch => ({
  kind: 'spans',
  resource: RESOURCE,
  records: names.map((name) => span({ name })),
})
/** The names of spans that came as JSON. */
const namesIn = (received: Received[]): string[] =>
  received.flatMap(({ body }) =>
    (JSON.parse(body.toString()) as any).resourceSpans.flatMap((one: any) =>
      one.scopeSpans.flatMap((two: any) => two.spans.map((three: any) => three.name)),
    ),
  )
const TAKEN = { rejected: 0, message: '' }

test('each signal goes where it belongs', async () => {
  const collector = await kept(startHttpCollector())
  const other = await kept(startGrpcCollector())
  const { exporter } = exporterTo(collector.url, {
    signals: { logs: { endpoint: other.url, protocol: 'grpc' } },
  })
  expect(await exporter.export(spans('a', 'b'))).toEqual({ accepted: 2, ...TAKEN })
  expect(await exporter.export({ kind: 'logs', resource: RESOURCE, records: [log()] })).toMatchObject({
    accepted: 1,
  })
  expect(await exporter.export({ kind: 'metrics', resource: RESOURCE, records: [metric()] })).toMatchObject({
    accepted: 1,
  })
  expect(collector.received.map(({ path }) => path)).toEqual(['/v1/traces', '/v1/metrics'])
  expect(other.received).toHaveLength(1)
})

test('a signal of its own address is sent exactly there', async () => {
  const collector = await kept(startHttpCollector())
  const { exporter } = exporterTo('http://127.0.0.1:1', {
    signals: { traces: { endpoint: `${collector.url}/in?a=1` } },
  })
  expect((await exporter.export(spans('a'))).accepted).toBe(1)
  expect(collector.received[0]!.path).toBe('/in?a=1')
})

test('what is refused is told once and counted; so is what a collector takes in part', async () => {
  const answers = [
    { status: 400, body: '{"message":"bad spans"}' },
    { status: 400, body: '{"message":"bad spans"}' },
    { status: 200, body: '{"partialSuccess":{"rejectedSpans":"1","errorMessage":"old"}}' },
  ]
  const collector = await kept(
    startHttpCollector((response) => {
      const { status, body } = answers.shift()!
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    }),
  )
  const { exporter, warnings } = exporterTo(collector.url)
  const message = 'HTTP 400: bad spans'
  expect(await exporter.export(spans('a', 'b'))).toEqual({ accepted: 0, rejected: 2, message })
  expect(await exporter.export(spans('a'))).toEqual({ accepted: 0, rejected: 1, message })
  expect(await exporter.export(spans('a', 'b'))).toEqual({ accepted: 1, rejected: 1, message: 'old' })
  expect(exporter.stats().traces).toMatchObject({
    refused: 3,
    rejected: 1,
    delivered: 1,
    attempts: 3,
    failures: 0,
  })
  expect(warnings[0]).toBe('2 spans refused by the collector: HTTP 400: bad spans')
})

test('without a spool it is tried until the deadline, then dropped and counted', async () => {
  const collector = await kept(startHttpCollector((response) => response.writeHead(503).end()))
  const { exporter } = exporterTo(collector.url, { retryMsMax: 1_200 })
  const result = await exporter.export(spans('a'))
  expect(result).toEqual({ accepted: 0, rejected: 1, message: 'HTTP 503' })
  expect(collector.received.length).toBeGreaterThan(1)
  expect(exporter.stats().traces).toMatchObject({ dropped: 1, failures: collector.received.length })
})

test('shutdown does not wait for a collector that never answers; what was being sent is kept in the spool', async () => {
  const silent = await kept(startHttpCollector(() => {}))
  const { exporter } = exporterTo(silent.url, { flushMsMax: 100, spool: { folder } })
  const exporting = exporter.export(spans('a'))
  await exporter.shutdown()
  expect(await exporting).toMatchObject({ accepted: 1 })
  expect(await exporter.export(spans('b'))).toMatchObject({
    accepted: 0,
    message: 'the exporter was shut down',
  })
  expect(readdirSync(join(folder, 'traces'))).toEqual([expect.stringMatching(/\.free\.spool$/)])
  const collector = await kept(startHttpCollector())
  const { exporter: next } = exporterTo(collector.url, { protocol: 'http/json', spool: { folder } })
  await expect.poll(() => next.stats().traces.delivered).toBe(1)
  expect(collector.received[0]!.headers['content-type']).toBe('application/x-protobuf')
  expect(readdirSync(join(folder, 'traces')).filter((name) => name.endsWith('.spool'))).toEqual([])
})

test('a collector that says when to come again is not asked before, however often it is flushed', async () => {
  const collector = await kept(
    startHttpCollector((response) => response.writeHead(429, { 'retry-after': '3600' }).end()),
  )
  const { exporter } = exporterTo(collector.url, { spool: { folder } })
  expect(await exporter.export(spans('a'))).toMatchObject({ accepted: 1 })
  for (let i = 0; i < 5; i++) await exporter.forceFlush()
  await exporter.export(spans('b'))
  await exporter.forceFlush()
  expect(collector.received).toHaveLength(1)
  expect(exporter.stats().traces).toMatchObject({ spooled: 2, dropped: 0 })
})

test('a batch too large for one request is sent in several', async () => {
  const collector = await kept(startHttpCollector())
  const { exporter } = exporterTo(collector.url, { protocol: 'http/json' })
  const records = Array.from({ length: 20 }, (_, i) =>
    span({ name: `${i}`, attributes: ['x', 'x'.repeat(1_000_000)] }),
  )
  expect(await exporter.export({ kind: 'spans', resource: RESOURCE, records })).toEqual({
    accepted: 20,
    ...TAKEN,
  })
  expect(collector.received.length).toBeGreaterThan(4)
  expect(namesIn(collector.received)).toEqual(records.map(({ name }) => name))
})

test('an address that is none is named once, and the host goes on', async () => {
  const { exporter, warnings } = exporterTo('localhost:4318')
  expect(await exporter.export(spans('a'))).toEqual({
    accepted: 0,
    rejected: 1,
    message: 'there is no endpoint for it',
  })
  await exporter.forceFlush()
  await exporter.shutdown()
  expect(new Set(warnings).size).toBe(3)
  expect(warnings[0]).toContain('endpoint="localhost:4318" is not an http(s) address: no traces are sent')
})

describe('the daemon of a home', () => {
  test('is found where it listens now, and found again elsewhere', async () => {
    await mkdir(join(folder, 'run'))
    const point = async (port: number): Promise<void> =>
      writeFileSync(
        join(folder, 'run', 'daemon.json'),
        JSON.stringify({ process: await platform.processes.self(), otlpHttpPort: port }),
      )
    const { exporter } = exporterTo('', { daemon: folder, retryMsMax: 20_000 })
    const first = await startHttpCollector()
    await point(first.port)
    expect((await exporter.export(spans('a'))).accepted).toBe(1)
    await first.close()
    const second = await kept(startHttpCollector())
    const exporting = exporter.export(spans('b'))
    await point(second.port)
    expect((await exporting).accepted).toBe(1)
    expect(second.received).toHaveLength(1)
  })

  test('that runs no more is told', async () => {
    const { exporter } = exporterTo('', { daemon: folder, retryMsMax: 0 })
    expect((await exporter.export(spans('a'))).message).toBe(`no daemon runs for ${folder}`)
  })
})

describe('a process of its own', () => {
  test('is not kept alive by an export that hangs, nor by anything that waits', async () => {
    const silent = await kept(startHttpCollector(() => {}))
    const grpc = await kept(startGrpcCollector(() => {}))
    for (const [url, protocol] of [
      [silent.url, 'http/protobuf'],
      [grpc.url, 'grpc'],
      ['http://127.0.0.1:1', 'http/protobuf'],
    ]) {
      const sender = startSender('hang', url!, protocol!, folder)
      expect(await sender.exited).toEqual({ code: 0, signal: null })
      expect(sender.stderr()).not.toContain('Error')
    }
  })

  test('that is killed, over and over, while the collector comes and goes, loses nothing that was said to be safe', async () => {
    const taken: string[] = []
    let unanswered = 0
    const collectors: Awaited<ReturnType<typeof startHttpCollector>>[] = []
    const goAway = async (): Promise<void> => {
      for (const collector of collectors.splice(0)) await collector.close()
    }
    cleanups.push(goAway)
    const { port } = await startHttpCollector().then(async (one) => {
      await one.close()
      return one
    })
    const comeBack = async (): Promise<void> => {
      const collector = await startHttpCollector((response, received) => {
        taken.push(...namesIn([received]))
        // Dies between taking it and saying so.
        if (Math.random() < 0.05) {
          unanswered++
          return void response.destroy()
        }
        response.setHeader('content-type', 'application/json').end('{}')
      }, port)
      collectors.push(collector)
    }
    const safe: string[] = []
    const rounds = 6
    for (let round = 0; round < rounds; round++) {
      if (round % 3 !== 1) await comeBack()
      const sender = startSender('spool', `http://127.0.0.1:${port}`, 'http/json', folder, String(round))
      await expect.poll(() => sender.told.length).toBeGreaterThan(20)
      await goAway()
      const before = sender.told.length
      await expect.poll(() => sender.told.length).toBeGreaterThan(before + 20)
      if (round % 2 === 1) await comeBack()
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 200))
      sender.kill()
      await sender.exited
      safe.push(...sender.told)
      await goAway()
    }
    await comeBack()
    const { exporter } = exporterTo(`http://127.0.0.1:${port}`, { spool: { folder } })
    await expect
      .poll(() => readdirSync(join(folder, 'traces')).filter((name) => name.endsWith('.spool')), {
        timeout: 25_000,
      })
      .toEqual([])
    await exporter.shutdown()
    await goAway()
    expect(safe.filter((name) => !taken.includes(name))).toEqual([])
    // A killed sender may have had one request under way; an ended collector as well.
    const twice = taken.length - new Set(taken).size
    expect(twice).toBeLessThanOrEqual(unanswered + 3 * rounds)
  }, 90_000)
})

interface Sender {
  told: string[]
  stderr(): string
  exited: Promise<{ code: number | null; signal: string | null }>
  kill(): void
}
function startSender(...args: string[]): Sender {
  const child = spawn(process.execPath, [SENDER, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const told: string[] = []
  let rest = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    told.push(...lines)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal })),
  )
  cleanups.push(() => child.kill('SIGKILL'))
  return { told, stderr: () => stderr, exited, kill: () => child.kill('SIGKILL') }
}
