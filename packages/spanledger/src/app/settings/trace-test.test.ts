import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { TraceTestAnswer } from '../../cli/index.ts'
import { run } from '../../cli/testing/run.ts'
import { startDaemonProcess } from '../testing/daemon-process.ts'
import { runSettings } from './settings.ts'

let root: string
let server: http.Server | undefined
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'spanledger-trace-test-'))
})
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
  server = undefined
  rmSync(root, { recursive: true })
})

async function traceTest(
  env: Record<string, string> = {},
): Promise<{ exit: number; answer: TraceTestAnswer }> {
  const { exit, out } = await run(['trace', 'test', '--json'], {
    settings: (name, params) =>
      runSettings(name, params, {
        env: { HOME: root, SPANLEDGER_HOME: join(root, 'home'), ...env },
        cwd: root,
      }),
  })
  return { exit, answer: JSON.parse(out) as TraceTestAnswer }
}

/** A collector that gives everything the same answer; returns its address. */
async function collector(status: number, headers: Record<string, string> = {}): Promise<string> {
  server = http.createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status, headers).end())
  })
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const PROTOBUF = { 'content-type': 'application/x-protobuf' }

describe('trace test', () => {
  it('reads from the ledger what it wrote there, whatever is sampled', async () => {
    const { exit, answer } = await traceTest({ OTEL_TRACES_SAMPLER: 'always_off' })
    expect(exit).toBe(0)
    expect(answer).toMatchObject({
      ok: true,
      results: [{ exporter: 'ledger', ok: true, how: 'read from the ledger', problem: null }],
    })
  })

  it('asks the daemon, where the daemon is the collector', async () => {
    const home = join(root, 'home')
    const daemon = await startDaemonProcess(home)
    try {
      for (const [protocol, port] of [
        ['http/json', daemon.otlpHttpPort],
        ['grpc', daemon.otlpGrpcPort],
      ] as const) {
        const { exit, answer } = await traceTest({
          OTEL_EXPORTER_OTLP_ENDPOINT: `http://localhost:${port}`,
          OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        })
        expect(answer.results).toMatchObject([{ exporter: 'otlp', ok: true, how: 'found by the daemon' }])
        expect(exit).toBe(0)
      }
    } finally {
      await daemon.end('SIGTERM')
    }
  })

  it('believes another collector that says it took all of it', async () => {
    const { answer } = await traceTest({ OTEL_EXPORTER_OTLP_ENDPOINT: await collector(200, PROTOBUF) })
    expect(answer.results).toMatchObject([{ ok: true, how: 'accepted by the collector' }])
  })

  it.each([
    [401, /401/, 'wants a key'],
    [404, /404/, 'no address for OTLP'],
    [503, /503/, 'see what the collector says'],
  ])('says what to do after HTTP %d', async (status, problem, next) => {
    const { exit, answer } = await traceTest({
      OTEL_EXPORTER_OTLP_ENDPOINT: await collector(status, PROTOBUF),
    })
    expect(exit).toBe(1)
    expect(answer.ok).toBe(false)
    expect(answer.results[0]!.problem).toMatch(problem)
    expect(answer.results[0]!.next).toContain(next)
  })

  it('says what to do where nobody listens, and tests the other destinations all the same', async () => {
    const { exit, answer } = await traceTest({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      SPANLEDGER_EXPORTERS_LEDGER_ENABLED: 'true',
      SPANLEDGER_SPOOL_ENABLED: 'true',
    })
    expect(exit).toBe(1)
    expect(answer.results).toMatchObject([
      { exporter: 'ledger', ok: true },
      { exporter: 'otlp', ok: false, how: null, next: expect.stringContaining('nobody listens there') },
    ])
  })

  it.each([
    [{ SPANLEDGER_ENABLED: 'false' }, 'recording is off: spanledger trace enable'],
    [{ OTEL_TRACES_EXPORTER: 'none' }, 'traces go nowhere: spanledger trace enable --exporter ledger'],
  ])('where %o says so, nothing is sent', async (env, next) => {
    expect(await traceTest(env)).toMatchObject({ exit: 1, answer: { ok: false, results: [], next } })
  })

  it('says what to do where the ledger cannot be written', async () => {
    writeFileSync(join(root, 'home'), 'a file')
    const { exit, answer } = await traceTest()
    expect(exit).toBe(1)
    expect(answer.results).toMatchObject([{ ok: false, next: expect.stringContaining('can be written') }])
  })
})
