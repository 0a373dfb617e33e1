import http from 'node:http'
import http2 from 'node:http2'
import { afterEach, describe, expect, it } from 'vitest'
import { RPC } from './answer.ts'
import { startReceiver } from './testing/receiver.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const start = async (): Promise<Awaited<ReturnType<typeof startReceiver>>> => {
  const receiver = await startReceiver({ limits: { inflightBytesMax: 1_000, requestMsMax: 200 } })
  cleanups.push(() => receiver.close())
  return receiver
}

const open = (port: number, length: number): http.ClientRequest => {
  const request = http.request({
    host: '127.0.0.1',
    port,
    path: '/v1/traces',
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', 'content-length': length },
  })
  cleanups.push(() => request.destroy())
  return request
}

const statusOf = (request: http.ClientRequest): Promise<number | undefined> =>
  new Promise((resolve) => {
    request.once('error', () => resolve(undefined))
    request.once('response', (response) => resolve(response.resume().statusCode))
  })

const sendWhole = (port: number): Promise<number | undefined> => {
  const request = open(port, 900)
  request.end(Buffer.alloc(900))
  return statusOf(request)
}

describe('a client that stalls in the midst of its request', () => {
  it('is told over HTTP to try again, and keeps nobody else out for long', async () => {
    const { httpPort } = await start()
    const stalled = open(httpPort, 900)
    const answer = statusOf(stalled)
    stalled.write(Buffer.alloc(800))
    await expect.poll(() => sendWhole(httpPort)).toBe(503)
    expect(await answer).toBe(503)
    expect(await sendWhole(httpPort)).toBe(200)
  })

  it('is told over gRPC to try again, and keeps nobody else out for long', async () => {
    const { httpPort, grpcPort } = await start()
    const session = http2.connect(`http://127.0.0.1:${grpcPort}`)
    cleanups.push(() => session.destroy())
    const stalled = session.request({
      ':method': 'POST',
      ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    const answer = new Promise((resolve) => {
      stalled.once('response', (headers) => resolve(headers['grpc-status']))
    })
    stalled.write(Buffer.alloc(800))
    await expect.poll(() => sendWhole(httpPort)).toBe(503)
    expect(await answer).toBe(String(RPC.UNAVAILABLE))
    expect(await sendWhole(httpPort)).toBe(200)
  })
})

it('puts a body together however small the pieces it comes in', async () => {
  const receiver = await startReceiver()
  cleanups.push(() => receiver.close())
  const sizes = [1, 1, 70_000, 3, 16_384, 65_536, 1, 40_000, 40_000, 2]
  const body = Buffer.from(Array.from({ length: sizes.reduce((a, b) => a + b) }, (_, i) => i % 251))
  const request = http.request({
    host: '127.0.0.1',
    port: receiver.httpPort,
    path: '/v1/traces',
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
  })
  const answer = statusOf(request)
  let at = 0
  for (const size of sizes) {
    request.write(body.subarray(at, (at += size)))
    await new Promise((resolve) => setImmediate(resolve))
  }
  request.end()
  expect(await answer).toBe(200)
  expect(Buffer.compare(body, receiver.received[0]!.bytes)).toBe(0)
})
