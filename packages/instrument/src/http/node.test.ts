import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { activeSpan, record, shutdown, start } from '@spanledger/sdk'
import { object, recordInTests, tree } from '../testing/recorded.ts'
import { serve } from '../testing/serve.ts'
import type { Served } from '../testing/serve.ts'
import { instrumentListener, setHttpRoute } from './index.ts'

const recorded = recordInTests()
let server: Served | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

/** A span ends when the response has closed, which the client need not see first. */
const ended = (count: number) => expect.poll(() => recorded.spans.length).toBe(count)

describe('a node:http server', () => {
  it('records a request by the conventions, with the spans under it', async () => {
    server = await serve(
      instrumentListener((_req, res) => {
        setHttpRoute('/users/:id')
        record('query', () => {})
        res.setHeader('content-length', 2)
        res.end('ok')
      }),
    )
    const headers = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, 'user-agent': 'tester' }
    await fetch(`${server.url}/users/7?page=2&sig=secret`, { method: 'POST', body: 'hello', headers })
    await ended(2)
    const span = recorded.span('POST /users/:id')
    expect(span).toMatchObject({
      kind: 'server',
      status: 'unset',
      traceId: 'a'.repeat(32),
      parentSpanId: 'b'.repeat(16),
    })
    expect(object(span.attributes)).toMatchObject({
      'http.request.method': 'POST',
      'url.path': '/users/7',
      'url.query': 'page=2&sig=REDACTED',
      'url.scheme': 'http',
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(server.url).port),
      'network.protocol.version': '1.1',
      'client.address': '127.0.0.1',
      'user_agent.original': 'tester',
      'http.route': '/users/:id',
      'http.response.status_code': 200,
    })
    expect(tree(recorded.spans)).toEqual({ 'POST /users/:id': { query: {} } })
    const common = {
      'http.request.method': 'POST',
      'http.route': '/users/:id',
      'http.response.status_code': 200,
    }
    expect(await recorded.points('http.server.request.duration')).toMatchObject([{ ...common, count: 1 }])
    expect(await recorded.points('http.server.request.body.size')).toMatchObject([{ ...common, sum: 5 }])
    expect(await recorded.points('http.server.response.body.size')).toMatchObject([{ ...common, sum: 2 }])
    expect(await recorded.points('http.server.active_requests')).toMatchObject([{ value: 0 }])
  })

  it('runs what listens to the request and the answer within it', async () => {
    server = await serve(
      instrumentListener((req: IncomingMessage, res: ServerResponse) => {
        req.on('data', removed).off('data', removed)
        req.prependListener('data', () => record('data', () => {}))
        req.once('end', () => record('end', () => {})).once('end', () => res.end())
        res.on('finish', () => record('finish', () => {}))
        res.on('close', () => record('close', () => {}))
      }),
    )
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.write('POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\n')
    // The body in its own time, from nowhere but the socket.
    setTimeout(() => socket.write('ab'), 20)
    await ended(5)
    socket.destroy()
    expect(tree(recorded.spans)).toEqual({ POST: { data: {}, end: {}, finish: {}, close: {} } })
  })

  it('reads a body that is iterated over within what reads it', async () => {
    server = await serve(
      instrumentListener((req: IncomingMessage, res: ServerResponse) =>
        record('reading', async () => {
          for await (const chunk of req) record(String(chunk), () => {})
          res.end()
        }),
      ),
    )
    await fetch(server.url, { method: 'POST', body: 'ab' })
    await ended(3)
    expect(tree(recorded.spans)).toEqual({ POST: { reading: { ab: {} } } })
  })

  it.each([
    [404, 'unset', undefined],
    [503, 'error', '503'],
  ] as const)('has the status of %i: %s', async (statusCode, status, errorType) => {
    server = await serve(instrumentListener((_req, res) => res.writeHead(statusCode).end()))
    await fetch(server.url)
    await ended(1)
    expect(recorded.spans[0]).toMatchObject({ name: 'GET', status })
    expect(object(recorded.spans[0]!.attributes)['error.type']).toBe(errorType)
  })

  it('ends with an error when the listener throws or rejects, and throws it on', async () => {
    const throwing = instrumentListener((_req: never, _res: never): void => {
      throw new TypeError('no')
    })
    const rejecting = instrumentListener(async (_req: never, _res: never) => {
      throw new RangeError('nor this')
    })
    const [req, res] = exchange()
    expect(() => throwing(req, res)).toThrow('no')
    const [req2, res2] = exchange()
    await expect(rejecting(req2, res2)).rejects.toThrow('nor this')
    expect(recorded.spans).toMatchObject([
      { status: 'error', statusMessage: 'no', events: [{ name: 'exception' }] },
      { status: 'error', statusMessage: 'nor this', events: [{ name: 'exception' }] },
    ])
    expect(recorded.spans.map((span) => object(span.attributes)['error.type'])).toEqual([
      'TypeError',
      'RangeError',
    ])
  })

  it('ends when the client goes away', async () => {
    server = await serve(instrumentListener((_req, res) => void res.write('some, and no more')))
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.write('GET /slow HTTP/1.1\r\nHost: here\r\n\r\n')
    await new Promise((resolve) => socket.once('data', resolve))
    socket.destroy()
    await ended(1)
    expect(recorded.spans[0]).toMatchObject({ status: 'unset' })
    expect(object(recorded.spans[0]!.attributes)).toMatchObject({
      'error.type': 'aborted',
      'http.response.status_code': 200,
    })
    expect(await recorded.points('http.server.active_requests')).toMatchObject([{ value: 0 }])
  })

  it('that breaks its own answer has failed, whatever it began with', async ({ skip }) => {
    if ('deno' in process.versions) skip('Deno does not keep why')
    server = await serve(
      instrumentListener((_req: IncomingMessage, res: ServerResponse) => {
        res.writeHead(200).write('some, and no more')
        setTimeout(() => res.destroy(new RangeError('backend died')), 20)
      }),
    )
    await expect(fetch(server.url).then((response) => response.text())).rejects.toBeDefined()
    await ended(1)
    expect(recorded.spans[0]).toMatchObject({
      status: 'error',
      statusMessage: 'backend died',
      events: [{ name: 'exception' }],
    })
    expect(object(recorded.spans[0]!.attributes)).toMatchObject({
      'error.type': 'RangeError',
      'http.response.status_code': 200,
    })
  })

  it('records HTTP/2 by the compatible interface', async () => {
    const http2 = createHttp2Server(instrumentListener((_req, res) => void res.end('ok')))
    await new Promise<void>((resolve) => http2.listen(0, '127.0.0.1', resolve))
    const session = connectHttp2(`http://127.0.0.1:${(http2.address() as AddressInfo).port}`)
    const stream = session.request({ ':path': '/two?a=1', ':authority': 'shop.example' }).resume()
    await new Promise((resolve) => stream.once('close', resolve))
    await ended(1)
    session.destroy()
    await new Promise((resolve) => http2.close(resolve))
    expect(object(recorded.span('GET').attributes)).toMatchObject({
      'url.path': '/two',
      'server.address': 'shop.example',
      'network.protocol.version': '2',
      'http.response.status_code': 200,
    })
  })

  it('begins with its path, by which a sampler decides', async () => {
    const names: string[] = []
    await shutdown()
    await start({
      processors: () => [],
      atExit: false,
      openTelemetry: false,
      sampler: {
        description: 'remembers',
        shouldSample({ name }) {
          names.push(name)
          return { sampled: false }
        },
      },
    })
    server = await serve(instrumentListener((_req, res) => res.end()))
    await fetch(`${server.url}/health/live?a=1`)
    expect(names).toEqual(['GET /health/live'])
  })

  it('keeps the name that a program gives its span', async () => {
    server = await serve(
      instrumentListener((_req, res) => {
        activeSpan().updateName('own')
        res.end()
      }),
    )
    await fetch(`${server.url}/a`)
    await ended(1)
    expect(recorded.span('own').kind).toBe('server')
  })

  it('survives what no client should send', async ({ skip }) => {
    if ('bun' in process.versions) skip('Bun answers what it cannot read by itself')
    server = await serve(instrumentListener((_req, res) => res.end()))
    const { port } = new URL(server.url)
    const raw = [
      'OPTIONS * HTTP/1.1\r\nHost: [::1]:x\r\n',
      'GET http://proxied.example/a?b HTTP/1.1\r\nHost: proxied.example:99999999\r\n',
      'PROPFIND / HTTP/1.1\r\nHost: here\r\ntraceparent: 00-zz\r\nbaggage: ;;;=\r\ncontent-length: 0\r\n',
    ]
    for (const request of raw) {
      const socket = connect(Number(port), '127.0.0.1')
      socket.end(`${request}Connection: close\r\n\r\n`)
      await new Promise((resolve) => socket.once('close', resolve).resume())
    }
    await ended(3)
    expect(recorded.spans.map((span) => object(span.attributes))).toMatchObject([
      { 'http.request.method': 'OPTIONS', 'url.path': '*', 'server.address': '::1' },
      { 'url.path': '/a', 'url.query': 'b', 'server.address': 'proxied.example' },
      { 'http.request.method': '_OTHER', 'http.request.method_original': 'PROPFIND' },
    ])
    expect(recorded.spans[2]).toMatchObject({ name: 'HTTP', parentSpanId: '' })
  })
})

const removed = (): void => record('removed', () => {})

/** A request that nobody answers. */
function exchange(): [never, never] {
  const request = { method: 'GET', url: '/', httpVersion: '1.1', headers: {} }
  const response = {
    statusCode: 200,
    headersSent: false,
    writableFinished: false,
    once: () => {},
    getHeader: () => {},
  }
  return [request as never, response as never]
}
