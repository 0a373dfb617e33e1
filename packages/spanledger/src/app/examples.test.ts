import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { Client, credentials } from '@grpc/grpc-js'
import { nodePlatform } from '@spanledger/sdk/platform'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Signal } from '../otlp/index.ts'
import { normalForm } from '../otlp/testing/normal-form.ts'
import { fromOtlpJson, toProtobuf } from '../otlp/testing/oracle.ts'
import { startDaemon, type Daemon } from './daemon.ts'

/** The examples of opentelemetry-proto, each sent in every way a request can come in. */
const EXAMPLES: [string, Signal][] = [
  ['trace.json', 'traces'],
  ['metrics.json', 'metrics'],
  ['logs.json', 'logs'],
  ['events.json', 'logs'],
]
const PROGRAM = fileURLToPath(new URL('../../bin/spanledger.js', import.meta.url))
const KINDS = { traces: 'spans', metrics: 'metrics', logs: 'logs' }
const METHODS = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
}

const read = (file: string): Buffer =>
  readFileSync(new URL(`../../../../fixtures/otlp/${file}`, import.meta.url))
/** The oracle reads JSON with JSON.parse, which rounds times that stand as bare numbers; as text they stay exact. */
const decode = (signal: Signal, json: Buffer): ReturnType<typeof fromOtlpJson> =>
  fromOtlpJson(signal, json.toString().replace(/: (\d{16,})/g, ': "$1"'))

const folder = mkdtempSync(join(tmpdir(), 'spanledger-examples-'))
const daemons: Daemon[] = []
beforeAll(async () => {
  for (const home of ['json', 'protobuf', 'gzip', 'grpc'].map((name) => join(folder, name))) {
    daemons.push(await startDaemon(nodePlatform(), { home, otlpHttpPort: 0, otlpGrpcPort: 0, port: 0 }))
  }
})
afterAll(async () => {
  await Promise.all(daemons.map((daemon) => daemon.close()))
  rmSync(folder, { recursive: true })
})

describe.each(EXAMPLES)('%s', (file, signal) => {
  const json = read(file)
  const protobuf = toProtobuf(signal, decode(signal, json))

  it('gives the same lines as JSON, protobuf, gzip and gRPC', async () => {
    const [overJson, overProtobuf, overGzip, overGrpc] = daemons as [Daemon, Daemon, Daemon, Daemon]
    await post(overJson, signal, json, { 'content-type': 'application/json' })
    await post(overProtobuf, signal, protobuf, { 'content-type': 'application/x-protobuf' })
    await post(overGzip, signal, gzipSync(json), {
      'content-type': 'application/json',
      'content-encoding': 'gzip',
    })
    await callGrpc(overGrpc, signal, protobuf)
    const lines = linesOf(overJson, signal)
    expect(lines.length).toBeGreaterThan(1)
    expect(linesOf(overProtobuf, signal)).toEqual(lines)
    expect(linesOf(overGzip, signal)).toEqual(lines)
    expect(linesOf(overGrpc, signal)).toEqual(lines)
  })
})

describe.each(['traces', 'metrics', 'logs'] as const)('export %s', (signal) => {
  it('gives as many records as asked for', async () => {
    const args = [PROGRAM, 'export', signal, '--limit', '1', '--home', daemons[0]!.home]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    expect(stdout.trimEnd().split('\n')).toHaveLength(1)
    expect(normalForm(signal, fromOtlpJson(signal, stdout))).toHaveLength(1)
  })

  it('gives back what came in', async () => {
    const sent = EXAMPLES.filter(([, of]) => of === signal).flatMap(([file]) =>
      normalForm(signal, decode(signal, read(file))),
    )
    const args = [PROGRAM, 'export', signal, '--home', daemons[0]!.home]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    const exported = stdout
      .trimEnd()
      .split('\n')
      .flatMap((line) => normalForm(signal, fromOtlpJson(signal, line)))
    expect(exported.toSorted()).toEqual(sent.toSorted())
  })
})

async function post(
  daemon: Daemon,
  signal: Signal,
  body: Uint8Array,
  headers: Record<string, string>,
): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${daemon.otlpHttpPort}/v1/${signal}`, {
    method: 'POST',
    body,
    headers,
  })
  expect({ status: response.status, text: await response.text() }).toMatchObject({ status: 200 })
}

function callGrpc(daemon: Daemon, signal: Signal, message: Uint8Array): Promise<void> {
  const client = new Client(`127.0.0.1:${daemon.otlpGrpcPort}`, credentials.createInsecure())
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(METHODS[signal], bytes, bytes, Buffer.from(message), (error) => {
      client.close()
      if (error) reject(error)
      else resolve()
    })
  })
}

const bytes = (buffer: Buffer): Buffer => buffer

/** All lines but the segments' headers, which hold their writer's name and time. */
function linesOf(daemon: Daemon, signal: Signal): string[] {
  const segments = join(daemon.home, 'ledger', KINDS[signal])
  return readdirSync(segments)
    .flatMap((name) => readFileSync(join(segments, name), 'utf8').trimEnd().split('\n'))
    .filter((line) => !line.startsWith('{"ledger"'))
}
