import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { nodePlatform } from '@spanledger/sdk/platform'
import { ANSWER_BYTES_MAX } from './limits.ts'
import type { Outcome } from './outcome.ts'
import { targetOf } from './settings.ts'
import type { OtlpOptions } from './settings.ts'
import { grpcOk, startGrpcCollector, startHttpCollector } from './testing/collector.ts'
import { hasOpenssl, startTlsServer } from './testing/tls-server.ts'
import { openTransport } from './transport.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})
const kept = async <T extends { close(): unknown }>(opening: Promise<T>): Promise<T> => {
  const opened = await opening
  cleanups.push(() => opened.close())
  return opened
}

function transportTo(endpoint: string, options: OtlpOptions = {}) {
  const target = targetOf('traces', { endpoint, timeoutMs: 5_000, ...options }, {}, (message) => {
    throw new Error(message)
  })!
  const transport = openTransport(nodePlatform(), target)
  cleanups.push(() => transport.close())
  return (bytes: Uint8Array = Buffer.from('request')): Promise<Outcome> =>
    transport.send({ bytes, encoding: options.protocol === 'http/json' ? 'json' : 'protobuf', items: 1 })
}

const DELIVERED = { kind: 'delivered', rejected: 0, message: '' }

describe('HTTP', () => {
  test('sends what it was told to, on one connection', async () => {
    const collector = await kept(startHttpCollector())
    const send = transportTo(`${collector.url}/otlp`, { headers: { 'Api-Key': 'x' } })
    for (let i = 0; i < 3; i++) expect(await send()).toEqual(DELIVERED)
    expect(collector.received).toHaveLength(3)
    expect(collector.received[0]).toMatchObject({
      path: '/otlp/v1/traces',
      headers: { 'content-type': 'application/x-protobuf', 'api-key': 'x', 'content-length': '7' },
      body: Buffer.from('request'),
    })
  })

  test('packs large requests', async () => {
    const collector = await kept(startHttpCollector())
    const send = transportTo(collector.url, { compression: 'gzip', protocol: 'http/json' })
    expect(await send(Buffer.alloc(100_000, 'a'))).toEqual(DELIVERED)
    expect(await send()).toEqual(DELIVERED)
    expect(collector.received.map(({ headers, body }) => [headers['content-encoding'], body.length])).toEqual(
      [
        ['gzip', 100_000],
        [undefined, 7],
      ],
    )
    expect(collector.received[0]!.headers['content-type']).toBe('application/json')
  })

  test.each([
    [
      '503 with Retry-After',
      503,
      { 'retry-after': '7' },
      { kind: 'unavailable', reason: 'HTTP 503', afterMs: 7_000 },
    ],
    ['400', 400, {}, { kind: 'refused', reason: 'HTTP 400' }],
    ['a redirect', 308, { location: '/elsewhere' }, { kind: 'refused' }],
    ['a web page', 200, { 'content-type': 'text/html' }, { kind: 'refused' }],
    ['a type that says nothing', 200, { 'content-type': 'image/png' }, DELIVERED],
  ])('%s', async (_, status, headers, expected) => {
    const collector = await kept(
      startHttpCollector((response) => response.writeHead(status, headers).end('x')),
    )
    expect(await transportTo(collector.url)()).toMatchObject(expected)
    expect(collector.received).toHaveLength(1)
  })

  test('a body without an end is not read to its end', async () => {
    let written = 0
    const collector = await kept(
      startHttpCollector((response) => {
        const more = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536))) written += 65_536
        }
        response.on('drain', more)
        more()
      }),
    )
    expect(await transportTo(collector.url)()).toEqual(DELIVERED)
    expect(written).toBeLessThan(ANSWER_BYTES_MAX * 4)
  })

  test('a status that came is believed though the answer stops in the middle, or never ends', async () => {
    const cut = await kept(
      startHttpCollector((response) => {
        response.writeHead(200, { 'content-length': 10 }).write('half')
        setImmediate(() => response.destroy())
      }),
    )
    expect(await transportTo(cut.url)()).toEqual(DELIVERED)
    const hanging = await kept(startHttpCollector((response) => response.writeHead(200).write('half')))
    expect(await transportTo(hanging.url, { timeoutMs: 100 })()).toEqual(DELIVERED)
  })

  test('no answer, a closed connection, nobody there and something else there are to be tried again', async () => {
    const silent = await kept(startHttpCollector(() => {}))
    expect(await transportTo(silent.url, { timeoutMs: 100 })()).toEqual({
      kind: 'unavailable',
      reason: 'no answer within 100 ms',
    })
    const closing = await kept(startHttpCollector((response) => response.destroy()))
    expect(await transportTo(closing.url)()).toMatchObject({ kind: 'unavailable' })
    const gone = await startHttpCollector()
    await gone.close()
    expect(await transportTo(gone.url)()).toMatchObject({ reason: expect.stringContaining('ECONNREFUSED') })
    const babbling = await kept(babbler())
    expect(await transportTo(babbling.url)()).toMatchObject({ kind: 'unavailable' })
    const plain = await kept(startHttpCollector())
    expect(await transportTo(plain.url.replace('http:', 'https:'))()).toMatchObject({ kind: 'unavailable' })
  })

  test('a kept connection that is closed just then costs nothing', async () => {
    const collector = await kept(
      startHttpCollector((response, _, count) => {
        if (count === 2) response.socket?.resetAndDestroy()
        else response.end()
      }),
    )
    const send = transportTo(collector.url)
    expect([await send(), await send()]).toEqual([DELIVERED, DELIVERED])
    expect(collector.received).toHaveLength(3)
  })

  test('a CA file that is not there is named, and looked for again', async () => {
    const send = transportTo('https://127.0.0.1:1', { certificate: '/nowhere/ca.pem' })
    expect(await send()).toEqual({ kind: 'unavailable', reason: '/nowhere/ca.pem is not there' })
  })
})

describe('gRPC', () => {
  const grpc = { protocol: 'grpc' } as const

  test('sends frames on one connection', async () => {
    const collector = await kept(startGrpcCollector())
    const send = transportTo(collector.url, { ...grpc, headers: { 'Api-Key': 'x' }, timeoutMs: 2_000 })
    for (let i = 0; i < 3; i++) expect(await send()).toEqual(DELIVERED)
    expect(collector.received).toHaveLength(3)
    expect(collector.received[0]).toMatchObject({
      path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      headers: {
        'content-type': 'application/grpc+proto',
        te: 'trailers',
        'api-key': 'x',
        'grpc-timeout': '2000m',
      },
      body: Buffer.from('request'),
    })
  })

  test('packs, and reads a partial success', async () => {
    const partial = Buffer.from([0x0a, 6, 0x08, 3, 0x12, 2, 0x6e, 0x6f])
    const collector = await kept(startGrpcCollector((stream) => grpcOk(stream, partial)))
    const send = transportTo(collector.url, { ...grpc, compression: 'gzip' })
    expect(await send(Buffer.alloc(100_000, 'a'))).toEqual({ kind: 'delivered', rejected: 3, message: 'no' })
    expect(collector.received[0]!.body).toHaveLength(100_000)
  })

  test('reads a status that comes with the headers', async () => {
    const status = {
      ':status': 200,
      'content-type': 'application/grpc',
      'grpc-status': '14',
      'grpc-message': 'a%20b',
    }
    const collector = await kept(startGrpcCollector((stream) => stream.respond(status, { endStream: true })))
    expect(await transportTo(collector.url, grpc)()).toEqual({
      kind: 'unavailable',
      reason: 'gRPC UNAVAILABLE: a b',
    })
  })

  test('no answer, a closed connection, nobody there and something else there are to be tried again', async () => {
    const silent = await kept(startGrpcCollector(() => {}))
    expect(await transportTo(silent.url, { ...grpc, timeoutMs: 100 })()).toMatchObject({
      kind: 'unavailable',
    })
    const closing = await kept(startGrpcCollector((stream) => stream.session?.destroy()))
    expect(await transportTo(closing.url, grpc)()).toMatchObject({ kind: 'unavailable' })
    const half = await kept(
      startGrpcCollector((stream) => {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' })
        stream.write(Buffer.from([0, 0]))
        setImmediate(() => stream.close(2))
      }),
    )
    expect(await transportTo(half.url, grpc)()).toMatchObject({ kind: 'unavailable' })
    const gone = await startGrpcCollector()
    await gone.close()
    expect(await transportTo(gone.url, grpc)()).toMatchObject({
      reason: expect.stringContaining('ECONNREFUSED'),
    })
    const http1 = await kept(startHttpCollector())
    expect(await transportTo(http1.url, grpc)()).toMatchObject({ kind: 'unavailable' })
  })

  test('goes on with a new connection after one was lost', async () => {
    const collector = await kept(
      startGrpcCollector((stream, _, count) => (count === 1 ? stream.session?.destroy() : grpcOk(stream))),
    )
    const send = transportTo(collector.url, grpc)
    expect([(await send()).kind, (await send()).kind]).toEqual(['unavailable', 'delivered'])
  })

  test('an answer without an end, and one that is not gRPC, are final', async () => {
    const endless = await kept(
      startGrpcCollector((stream) => {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' })
        stream.end(Buffer.alloc(ANSWER_BYTES_MAX + 100_000))
      }),
    )
    expect(await transportTo(endless.url, grpc)()).toMatchObject({ kind: 'refused' })
    const other = await kept(
      startGrpcCollector((stream) => stream.respond({ ':status': 404 }, { endStream: true })),
    )
    expect(await transportTo(other.url, grpc)()).toMatchObject({ kind: 'refused' })
  })
})

/** Says something that is no protocol. */
async function babbler(): Promise<{ url: string; close(): Promise<void> }> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {})
    socket.resume()
    socket.end('HTTP/9 what?\r\n\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

describe('TLS', () => {
  test.for(['http/protobuf', 'grpc'] as const)(
    'over %s with an own CA and a client certificate; without either it is to be tried again',
    async (protocol, { skip }) => {
      if (!hasOpenssl()) skip('no openssl to make certificates with')
      const server = await kept(startTlsServer(protocol))
      const files = { certificate: server.ca, clientKey: server.key, clientCertificate: server.cert }
      expect(await transportTo(server.url, { protocol, ...files })()).toEqual(DELIVERED)
      expect(await transportTo(server.url, { protocol })()).toMatchObject({ kind: 'unavailable' })
      const { certificate } = files
      expect(await transportTo(server.url, { protocol, certificate })()).toMatchObject({
        kind: 'unavailable',
      })
    },
  )
})
