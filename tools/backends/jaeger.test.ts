import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Built } from './build.ts'
import { buildJaeger, type Jaeger, type JaegerTrace, startJaeger } from './jaeger.ts'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const PROGRAM = at('../../packages/spanledger/bin/spanledger.js')
const SERVICE = at('programs/order.mjs')

let built: Built
const cleanups: (() => unknown)[] = []
beforeAll(() => {
  built = buildJaeger()
})
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function start(skip: (reason: string) => never): Promise<Jaeger> {
  if ('missing' in built) return skip(built.missing)
  const jaeger = await startJaeger(built.program)
  cleanups.push(() => jaeger.stop())
  return jaeger
}

/** A person's way: the command writes the settings, and a service that starts then follows them. Its trace's id. */
function recordThrough(jaeger: Jaeger, environment: Record<string, string>): string {
  const home = mkdtempSync(join(tmpdir(), 'spanledger-jaeger-'))
  cleanups.push(() => rmSync(home, { recursive: true }))
  const node = (args: string[]): string =>
    execFileSync(process.execPath, args, {
      cwd: at('../..'),
      encoding: 'utf8',
      env: { ...process.env, SPANLEDGER_HOME: home, ...environment },
    })
  const endpoint = `http://127.0.0.1:${jaeger.httpPort}`
  const settings = ['--exporter', 'jaeger', '--jaeger-endpoint', endpoint, '--service-name', 'shop']
  node([PROGRAM, 'trace', 'enable', ...settings])
  return node(['--import', '@spanledger/sdk/register', SERVICE]).trim()
}

const tagsOf = (list: readonly { key: string; value: unknown }[]): Record<string, unknown> =>
  Object.fromEntries(list.map(({ key, value }) => [key, value]))

async function whole(jaeger: Jaeger, traceId: string): Promise<JaegerTrace> {
  await expect.poll(async () => (await jaeger.trace(traceId))?.spans.length, { timeout: 10_000 }).toBe(2)
  return (await jaeger.trace(traceId))!
}

describe('Jaeger', () => {
  it.for([
    { protocol: 'http/protobuf', environment: () => ({}) },
    {
      protocol: 'grpc',
      environment: ({ grpcPort }: Jaeger) => ({
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${grpcPort}`,
      }),
    },
  ])('shows a trace of a service, sent over $protocol', async ({ environment }, { skip }) => {
    const jaeger = await start(skip)
    const { spans, processes } = await whole(jaeger, recordThrough(jaeger, environment(jaeger)))
    const order = spans.find(({ operationName }) => operationName === 'handle order')!
    const charge = spans.find(({ operationName }) => operationName === 'charge')!
    expect(charge.references).toMatchObject([{ refType: 'CHILD_OF', spanID: order.spanID }])
    expect(order.references).toEqual([])
    expect(tagsOf(order.tags)).toMatchObject({ 'order.id': 7, 'order.parts': '["tea","cup"]' })
    expect(tagsOf(order.logs[0]!.fields)).toMatchObject({ event: 'accepted', retry: 1 })
    expect(tagsOf(charge.tags)).toMatchObject({ error: true, 'otel.status_code': 'ERROR' })
    expect(tagsOf(charge.logs[0]!.fields)).toMatchObject({
      event: 'exception',
      'exception.message': 'card refused',
    })
    expect(charge.startTime).toBeGreaterThanOrEqual(order.startTime)
    expect(processes[order.processID]!.serviceName).toBe('shop')
    expect(tagsOf(processes[order.processID]!.tags)).toMatchObject({
      'telemetry.sdk.name': 'spanledger',
      'telemetry.sdk.language': 'nodejs',
    })
  })
})
