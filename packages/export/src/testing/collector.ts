import http from 'node:http'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import http2 from 'node:http2'
import type { ServerHttp2Stream } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { gunzipSync } from 'node:zlib'

export interface Received {
  path: string
  headers: IncomingHttpHeaders
  /** Inflated; over gRPC without its frame. */
  body: Buffer
}

/** A collector that does as it is told: takes everything unless `answer` says otherwise. */
export interface Collector {
  url: string
  port: number
  received: Received[]
  close(): Promise<void>
}

type AnswerHttp = (response: ServerResponse, received: Received, count: number) => void
type AnswerGrpc = (stream: ServerHttp2Stream, received: Received, count: number) => void

const takeHttp: AnswerHttp = (response) => response.setHeader('content-type', 'application/x-protobuf').end()

export async function startHttpCollector(answer: AnswerHttp = takeHttp, port = 0): Promise<Collector> {
  const received: Received[] = []
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('error', () => {})
    response.on('error', () => {})
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const bytes = Buffer.concat(chunks)
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes
      const one = { path: request.url ?? '', headers: request.headers, body }
      received.push(one)
      answer(response, one, received.length)
    })
  })
  return listening(server, received, port)
}

export async function startGrpcCollector(answer: AnswerGrpc = grpcOk): Promise<Collector> {
  const received: Received[] = []
  const server = http2.createServer()
  server.on('session', (session) => session.on('error', () => {}))
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = []
    stream.on('error', () => {})
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      const frame = Buffer.concat(chunks)
      const body = frame[0] === 1 ? gunzipSync(frame.subarray(5)) : frame.subarray(5)
      const one = { path: String(headers[':path']), headers: headers as IncomingHttpHeaders, body }
      received.push(one)
      answer(stream, one, received.length)
    })
  })
  return listening(server, received, 0)
}

export function grpcOk(stream: ServerHttp2Stream, message: Uint8Array | unknown = new Uint8Array(0)): void {
  const bytes = message instanceof Uint8Array ? message : new Uint8Array(0)
  const frame = Buffer.alloc(5 + bytes.length)
  frame.writeUInt32BE(bytes.length, 1)
  frame.set(bytes, 5)
  stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true })
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.end(frame)
}

async function listening(
  server: http.Server | http2.Http2Server,
  received: Received[],
  port: number,
): Promise<Collector> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
