import { expect, it } from 'vitest'
import { record, shutdown } from '@spanledger/sdk'
import { instrumentFetchHandler } from '../http/index.ts'
import { object, recordInTests, tree } from '../testing/recorded.ts'
import * as otel from './index.ts'

const recorded = recordInTests()

it('spans: end on every path, with what was set on them', async () => {
  expect(otel.isOTELEnabled()).toBe(true)
  expect(otel.getActiveSpan()).toBeUndefined()
  await otel.withSpan(
    'outer',
    async () => {
      otel.setSpanAttributes({ a: 1 })
      expect(() =>
        otel.withSpanSync('inner', () => {
          throw new Error('boom')
        }),
      ).toThrow('boom')
      await otel.withDbSpan('kv.get', ['users', 'secret-id'], async () => {})
    },
    { kind: 'server' },
  )
  expect(tree(recorded.spans)).toEqual({ outer: { inner: {}, 'get users': {} } })
  expect(recorded.span('outer')).toMatchObject({ kind: 'server' })
  expect(recorded.span('inner')).toMatchObject({ status: 'error' })
  expect(JSON.stringify(recorded.spans)).not.toContain('secret-id')
})

it('the route: on the request where one is served, on the active span otherwise', async () => {
  const handler = instrumentFetchHandler(() =>
    record('router', () => {
      otel.setRouteAttribute('/users/:id', 'GET')
      otel.recordSpanException(new TypeError('boom'))
      return new Response('ok')
    }),
  )
  await (await handler(new Request('http://localhost/users/7'))).text()
  expect(tree(recorded.spans)).toEqual({ 'GET /users/:id': { router: {} } })
  expect(recorded.span('router')).toMatchObject({ status: 'error', events: [{ name: 'exception' }] })
  record('raw', () => otel.setRouteAttribute('/x/:y', 'PUT'))
  expect(object(recorded.span('PUT /x/:y').attributes)).toEqual({ 'http.route': '/x/:y' })
})

it('a request that goes out: measured, shown without secrets, failed by its status', async () => {
  const response = await otel.withHttpClientSpan('get', 'https://u:p@host/a?sig=s', async () => ({
    status: 503,
  }))
  expect(response.status).toBe(503)
  const span = recorded.span('GET')
  expect(span).toMatchObject({ kind: 'client', status: 'error' })
  expect(object(span.attributes)).toMatchObject({
    'url.full': 'https://host/a?sig=REDACTED',
    'server.port': 443,
    'http.response.status_code': 503,
  })
  expect(await recorded.points('http.client.request.duration')).toHaveLength(1)
})

it('contexts: taken from headers, kept for a request, and handed on', async () => {
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  otel.setRequestContext('r1', otel.extractContextFromHeaders(new Headers({ traceparent })))
  otel.createChildSpan('child', 'r1').end()
  expect(recorded.span('child')).toMatchObject({ traceId: 'a'.repeat(32), parentSpanId: 'b'.repeat(16) })
  const headers = new Headers()
  otel.injectContextIntoHeaders(headers, otel.getRequestContext('r1'))
  expect(headers.get('traceparent')).toBe(traceparent)
  otel.runWithContext(otel.getRequestContext('r1'), () => {
    expect([otel.getCurrentTraceId(), otel.getCurrentSpanId()]).toEqual(['a'.repeat(32), 'b'.repeat(16)])
    expect(otel.isCurrentSpanSampled()).toBe(true)
    expect(otel.createSpanLink()).toMatchObject({ context: { spanId: 'b'.repeat(16) } })
  })
  otel.clearRequestContext('r1')
  expect(otel.getRequestContext('r1')).toBeUndefined()
})

it('off, they do nothing, and run what they are given', async () => {
  await shutdown()
  expect(otel.isOTELEnabled()).toBe(false)
  expect(await otel.withSpan('a', () => otel.withSpanSync('b', () => 1))).toBe(1)
  expect(await otel.withDbSpan('get', ['k'], () => 2)).toBe(2)
  expect(await otel.withHttpClientSpan('GET', 'nowhere', () => 3)).toBe(3)
  otel.setRequestContext('r', otel.extractContextFromHeaders({}))
  expect(otel.runWithContext(otel.getRequestContext('r'), () => otel.getCurrentTraceId())).toBeUndefined()
  otel.setRouteAttribute('/', 'GET')
})

it('a thenable: awaited within its span, which fails with it', async () => {
  const query = {
    // oxlint-disable-next-line unicorn/no-thenable -- as query builders do
    then: (_done: unknown, failed: (error: Error) => void) =>
      void setTimeout(() => record('run', () => failed(new TypeError('no table'))), 20),
  }
  await expect(otel.withSpan('q', () => query as unknown as Promise<string>)).rejects.toThrow('no table')
  expect(tree(recorded.spans)).toEqual({ q: { run: {} } })
  expect(recorded.span('q')).toMatchObject({ status: 'error', statusMessage: 'no table' })
})
