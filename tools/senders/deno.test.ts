import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { send, type Spanledger, startSpanledger } from './program.ts'
import { commandOf, environment } from './sender.ts'

let spanledger: Spanledger
beforeEach(async () => {
  spanledger = await startSpanledger()
})
afterEach(async () => spanledger?.stop())

describe.each(['http/protobuf', 'http/json'] as const)("Deno's own OpenTelemetry over %s", (protocol) => {
  it('tells a request from both ends, what was printed, and metrics', async ({ skip }) => {
    await send(commandOf('deno', skip), {
      ...environment(spanledger, { toolchain: 'deno', protocol }),
      OTEL_DENO: 'true',
      OTEL_SERVICE_NAME: 'tea',
      NO_COLOR: '1',
    })
    const { rows } = await spanledger.ask('traces', '--service', 'tea', '--status', 'error')
    expect(rows).toMatchObject([{ name: 'GET', spans: 2, errors: 2 }])
    const { spans } = await spanledger.ask('trace', 'show', rows[0].traceId)
    const attributes = { 'http.request.method': 'GET', 'url.path': '/tea', 'url.query': 'kind=green' }
    expect(spans).toMatchObject([
      { depth: 0, kind: 'client', parentSpanId: null, status: 'error', attributes },
      { depth: 1, kind: 'server', parentSpanId: spans[0].spanId, status: 'error', attributes },
    ])
    const logs = (await spanledger.ask('logs', '--trace', rows[0].traceId)).rows
    expect(logs).toMatchObject([
      { severity: 9, level: 'INFO', body: 'asked for /tea\n', spanId: spans[1].spanId },
      { severity: 17, level: 'ERROR', body: 'out of tea\n', spanId: spans[1].spanId },
    ])
    expect((await spanledger.ask('metrics', 'http.server.request.duration')).rows).toMatchObject([
      { service: 'tea', type: 'histogram', unit: 's', temporality: 'cumulative', count: 1 },
    ])
    const sql = 'SELECT DISTINCT resource->>\'$."process.runtime.name"\' AS runtime, scope_name FROM spans'
    expect((await spanledger.ask('sql', sql)).rows).toEqual([{ runtime: 'deno', scope_name: 'deno' }])
    expect(await spanledger.ask('verify')).toMatchObject({ findings: [] })
  })
})
