import http2 from 'node:http2'
import { Client, credentials, status, type Metadata, type ServiceError } from '@grpc/grpc-js'
import { afterEach, describe, expect, it } from 'vitest'
import { startReceiver } from './testing/receiver.ts'

type Receiver = Awaited<ReturnType<typeof startReceiver>>
const cleanups: (() => unknown)[] = []
const start = async (options?: Parameters<typeof startReceiver>[0]): Promise<Receiver> => {
  const receiver = await startReceiver(options)
  cleanups.push(() => receiver.close())
  return receiver
}
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const TRACES = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const METRICS = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export'
const LOGS = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'
const identity = (bytes: Buffer): Buffer => bytes

/** grpc-js, the client most of the world's JavaScript uses, with bytes for messages. */
function client(port: number, options: Record<string, string | number> = {}) {
  const grpc = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options)
  cleanups.push(() => grpc.close())
  return (
    method: string,
    message: Buffer,
  ): Promise<{ error: ServiceError | null; answer?: Buffer; trailers: Metadata }> =>
    new Promise((resolve) => {
      let trailers: Metadata
      const call = grpc.makeUnaryRequest(method, identity, identity, message, (error, answer) =>
        resolve({
          error,
          ...(answer === undefined ? {} : { answer }),
          trailers: error?.metadata ?? trailers,
        }),
      )
      call.on('status', (outcome) => (trailers = outcome.metadata))
    })
}

describe('OTLP over gRPC', () => {
  it('hands the three signals on', async () => {
    const { grpcPort, received } = await start()
    const call = client(grpcPort)
    for (const method of [TRACES, METRICS, LOGS]) {
      expect(await call(method, Buffer.from('message'))).toMatchObject({
        error: null,
        answer: Buffer.alloc(0),
      })
    }
    expect(received.map(({ signal, bytes }) => `${signal} ${Buffer.from(bytes)}`)).toEqual([
      'traces message',
      'metrics message',
      'logs message',
    ])
  })

  it('takes gzip, large messages and an empty one', async () => {
    const { grpcPort, received } = await start()
    const gzip = client(grpcPort, { 'grpc.default_compression_algorithm': 2 })
    expect((await gzip(TRACES, Buffer.alloc(5_000_000, 'a'))).error).toBeNull()
    const plain = client(grpcPort)
    expect((await plain(TRACES, Buffer.alloc(20_000_000, 'b'))).error).toBeNull()
    expect((await plain(TRACES, Buffer.alloc(0))).error).toBeNull()
    expect(received.map(({ bytes }) => bytes.length)).toEqual([5_000_000, 20_000_000, 0])
  })

  it('tells a partial success', async () => {
    const { grpcPort } = await start({ ingest: () => Promise.resolve({ rejected: 1, message: 'x' }) })
    const { answer } = await client(grpcPort)(TRACES, Buffer.alloc(0))
    expect([...answer!]).toEqual([0x0a, 5, 0x08, 1, 0x12, 1, 0x78])
  })

  it.each([
    ['MALFORMED_OTLP', status.INVALID_ARGUMENT],
    ['STORAGE_FULL', status.UNAVAILABLE],
    ['BUG', status.INTERNAL],
  ])('answers an ingest that fails with %s as code %i', async (code, expected) => {
    const { grpcPort } = await start({
      ingest: () => Promise.reject(Object.assign(new Error('100% wrong – ü'), { code })),
    })
    const { error, trailers } = await client(grpcPort)(TRACES, Buffer.from('x'))
    expect(error).toMatchObject({ code: expected, details: expect.stringContaining('100% wrong – ü') })
    const retry = trailers.get('grpc-status-details-bin')[0]?.toString() ?? ''
    expect(retry.includes('google.rpc.RetryInfo')).toBe(expected === status.UNAVAILABLE)
  })

  it('answers RESOURCE_EXHAUSTED over the limit, and serves the next call on the same connection', async () => {
    const { grpcPort } = await start({ limits: { requestBytesMax: 1_000 } })
    const call = client(grpcPort)
    expect((await call(TRACES, Buffer.alloc(100_000))).error?.code).toBe(status.RESOURCE_EXHAUSTED)
    expect((await call(TRACES, Buffer.alloc(1_000))).error).toBeNull()
    const gzip = client(grpcPort, { 'grpc.default_compression_algorithm': 2 })
    expect((await gzip(TRACES, Buffer.alloc(10_000_000))).error?.code).toBe(status.RESOURCE_EXHAUSTED)
  })

  it('answers UNIMPLEMENTED to other methods', async () => {
    const { grpcPort } = await start()
    const { error } = await client(grpcPort)('/grpc.health.v1.Health/Check', Buffer.alloc(0))
    expect(error?.code).toBe(status.UNIMPLEMENTED)
  })

  it.each([
    ['a frame that lies about its length', Buffer.from([0, 0, 0, 0, 9, 1]), '3'],
    ['no frame', Buffer.from([0, 0]), '3'],
    ['a compressed frame without an encoding', Buffer.from([1, 0, 0, 0, 1, 1]), '3'],
    ['a flag that does not exist', Buffer.from([7, 0, 0, 0, 1, 1]), '3'],
  ])('refuses %s', async (_, bytes, code) => {
    const { grpcPort } = await start()
    const headers = await raw(grpcPort, { ':path': TRACES, 'content-type': 'application/grpc' }, bytes)
    expect(headers['grpc-status']).toBe(code)
  })

  it('refuses a foreign authority and what is not gRPC', async () => {
    const { grpcPort } = await start()
    const foreign = { ':path': TRACES, 'content-type': 'application/grpc', ':authority': 'evil.example' }
    expect((await raw(grpcPort, foreign, Buffer.alloc(5)))['grpc-status']).toBe('7')
    const web = { ':path': TRACES, 'content-type': 'application/grpc-web+proto' }
    expect((await raw(grpcPort, web, Buffer.alloc(5)))[':status']).toBe(415)
  })
})

/** One HTTP/2 request as it is, answered with its headers. */
async function raw(
  port: number,
  headers: Record<string, string>,
  body: Buffer,
): Promise<http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader> {
  const session = http2.connect(`http://127.0.0.1:${port}`)
  cleanups.push(() => session.destroy())
  const stream = session.request({ ':method': 'POST', te: 'trailers', ...headers })
  stream.on('error', () => {})
  stream.end(body)
  return new Promise((resolve) => stream.once('response', (answer) => resolve(answer)))
}
