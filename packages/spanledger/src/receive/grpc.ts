import http2, { type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { Signal } from '../otlp/index.ts'
import { encodeAccepted, encodeStatus, RPC, type Refusal } from './answer.ts'
import { readBody, type Body } from './body.ts'
import type { Guard } from './guard.ts'
import { inflate } from './inflate.ts'
import type { Inflight } from './inflight.ts'
import type { Ingest } from './ingest.ts'
import { GRPC_STREAMS_MAX, type ReceiveLimits } from './limits.ts'
import { badRequest, refusalOf } from './refuse.ts'

const METHODS: Record<string, Signal | undefined> = {
  '/opentelemetry.proto.collector.trace.v1.TraceService/Export': 'traces',
  '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export': 'metrics',
  '/opentelemetry.proto.collector.logs.v1.LogsService/Export': 'logs',
}

/** What gRPC clients may compress with; offered in grpc-accept-encoding. */
const MESSAGE_ENCODINGS = ['identity', 'gzip', 'deflate']

/** Bytes a client may send before it waits for us: the default of 64 KiB costs a round trip per 64 KiB. */
const WINDOW_BYTES = 4 * 1024 * 1024

/** Length of the frame before a message: one flag byte, four bytes of length. */
const PREFIX_BYTES = 5

/**
 * OTLP/gRPC: three unary methods over HTTP/2, without a gRPC library.
 *
 * Source  gRPC over HTTP2 (PROTOCOL-HTTP2.md); opentelemetry-proto docs/specification.md, "OTLP/gRPC"
 */
export function createOtlpGrpcServer(options: {
  ingest: Ingest
  guard: Guard
  inflight: Inflight
  limits: ReceiveLimits
}): Http2Server {
  const { ingest, guard, inflight, limits } = options
  const server = http2.createServer({
    settings: { initialWindowSize: WINDOW_BYTES, maxConcurrentStreams: GRPC_STREAMS_MAX },
  })
  const sessions = new Set<http2.ServerHttp2Session>()

  server.on('session', (session) => {
    sessions.add(session)
    session.setLocalWindowSize(WINDOW_BYTES)
    session.on('error', () => session.destroy())
    session.once('close', () => sessions.delete(session))
  })
  // Clients keep their connections open for ever: end them, or closing waits for ever.
  server.on('shutdown', () => {
    for (const session of sessions) session.destroy()
  })

  const receive = async (
    stream: ServerHttp2Stream,
    signal: Signal,
    encoding: string,
  ): Promise<Uint8Array> => {
    const body = await readBody(stream, inflight, {
      ...limits,
      requestBytesMax: limits.requestBytesMax + PREFIX_BYTES,
    })
    try {
      const message = await readMessage(body, encoding, limits)
      return encodeAccepted(signal, await ingest(signal, 'protobuf', message), 'protobuf')
    } finally {
      body.release()
    }
  }

  server.on('stream', (stream, headers) => {
    stream.on('error', () => stream.destroy())
    const contentType = headers['content-type'] ?? ''
    if (!/^application\/grpc($|\+proto$|;)/.test(contentType)) {
      stream.respond({ ':status': 415, 'content-type': 'text/plain' })
      stream.end('this port speaks gRPC; OTLP over HTTP goes to the other port (4318 by default)\n')
      return
    }
    const refusal = refuseHead(headers, guard)
    if (refusal !== undefined) return refuse(stream, refusal)
    const signal = METHODS[headers[':path'] ?? '']!
    receive(stream, signal, String(headers['grpc-encoding'] ?? 'identity')).then(
      (message) => accept(stream, message),
      (error: unknown) => refuse(stream, refusalOf(error, limits)),
    )
  })
  return server
}

function refuseHead(headers: IncomingHttpHeaders, guard: Guard): Refusal | undefined {
  const stranger = guard.refuse(headers[':authority'] ?? headers.host, headers.origin)
  if (stranger !== undefined) return { http: 403, grpc: RPC.PERMISSION_DENIED, message: stranger }
  const path = headers[':path'] ?? ''
  if (METHODS[path] === undefined) {
    return {
      http: 404,
      grpc: RPC.UNIMPLEMENTED,
      message: `method ${JSON.stringify(path)} is not served here`,
    }
  }
  const encoding = String(headers['grpc-encoding'] ?? 'identity')
  if (!MESSAGE_ENCODINGS.includes(encoding)) {
    const message = `grpc-encoding ${JSON.stringify(encoding)} is not understood; use ${MESSAGE_ENCODINGS.join(', ')}`
    return { http: 415, grpc: RPC.UNIMPLEMENTED, message }
  }
  return undefined
}

/** The one message of a unary request. */
async function readMessage(body: Body, encoding: string, limits: ReceiveLimits): Promise<Uint8Array> {
  const { bytes } = body
  if (bytes.length < PREFIX_BYTES) throw badRequest('the request holds no gRPC message')
  const compressed = bytes[0]
  const length = bytes.readUInt32BE(1)
  if (length !== bytes.length - PREFIX_BYTES) {
    throw badRequest(`the gRPC frame says ${length} bytes, ${bytes.length - PREFIX_BYTES} came`)
  }
  const message = bytes.subarray(PREFIX_BYTES)
  if (compressed === 0) return message
  if (compressed !== 1 || encoding === 'identity')
    throw badRequest('the gRPC frame is compressed, but grpc-encoding is not set')
  return inflate(message, encoding, limits, body)
}

const RESPONSE_HEADERS = {
  ':status': 200,
  'content-type': 'application/grpc+proto',
  'grpc-accept-encoding': MESSAGE_ENCODINGS.join(','),
}

function accept(stream: ServerHttp2Stream, message: Uint8Array): void {
  if (stream.destroyed) return
  const frame = Buffer.alloc(PREFIX_BYTES + message.length)
  frame.writeUInt32BE(message.length, 1)
  frame.set(message, PREFIX_BYTES)
  stream.respond(RESPONSE_HEADERS, { waitForTrailers: true })
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(RPC.OK) }))
  stream.end(frame)
}

/** An answer of headers only ("Trailers-Only"). */
function refuse(stream: ServerHttp2Stream, refusal: Refusal): void {
  if (stream.destroyed || stream.headersSent) return
  stream.respond(
    {
      ...RESPONSE_HEADERS,
      'grpc-status': String(refusal.grpc),
      'grpc-message': percentEncode(refusal.message),
      ...(refusal.retryAfterSeconds === undefined
        ? {}
        : { 'grpc-status-details-bin': Buffer.from(encodeStatus(refusal, 'protobuf')).toString('base64') }),
    },
    { endStream: true },
  )
  // The client may still be sending: tell it to stop without calling it an error. Not in this turn: Node 22 would send that
  // before the answer, and clients then see an answerless INTERNAL.
  if (!stream.readableEnded) setImmediate(() => stream.close(http2.constants.NGHTTP2_NO_ERROR))
}

/** gRPC's own percent-encoding: printable ASCII but `%` stays as it is. */
function percentEncode(message: string): string {
  return Buffer.from(message).reduce(
    (out, byte) =>
      out +
      (byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`),
    '',
  )
}
