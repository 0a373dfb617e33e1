import { Buffer } from 'node:buffer'
import http2 from 'node:http2'
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2'
import type { Platform } from '@spanledger/sdk/platform'
import { grpcOutcome } from './grpc-outcome.ts'
import type { GrpcAnswer } from './grpc-outcome.ts'
import { ANSWER_BYTES_MAX } from './limits.ts'
import type { EncodedRequest, Outcome, Signal, Transport } from './outcome.ts'
import type { Target } from './settings.ts'
import { USER_AGENT, failureOf } from './sending.ts'
import type { TlsFiles } from './sending.ts'

const METHODS: Record<Signal, string> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
}

/** Length of the frame before a message: one flag byte, four bytes of length. */
const PREFIX_BYTES = 5

/**
 * OTLP over gRPC: one unary call over HTTP/2, without a gRPC library. One connection, opened when it is needed, which never keeps
 * the process alive.
 *
 * Source  gRPC over HTTP2 (PROTOCOL-HTTP2.md)
 */
export function grpcTransport(platform: Platform, target: Target, tls: TlsFiles): Transport {
  const gzip = target.compression === 'gzip'
  const headers = {
    'user-agent': USER_AGENT,
    ...target.headers,
    ':method': 'POST',
    ':path': METHODS[target.signal],
    'content-type': 'application/grpc+proto',
    te: 'trailers',
    ...(gzip ? { 'grpc-encoding': 'gzip' } : {}),
    // gRPC takes eight digits at most.
    'grpc-timeout': `${Math.min(target.timeoutMs, 99_999_999)}m`,
  }
  let session: ClientHttp2Session | undefined

  const connect = (): ClientHttp2Session => {
    if (session !== undefined && !session.closed && !session.destroyed) return session
    const opened = http2.connect(target.url.origin, { ...tls })
    const forget = (): void => {
      if (session === opened) session = undefined
    }
    // Told by the stream that was waiting for it; without a listener it would end the process.
    opened.on('error', forget)
    opened.on('goaway', forget)
    opened.on('close', forget)
    opened.unref()
    session = opened
    return opened
  }

  return {
    async send({ bytes, encoding }: EncodedRequest): Promise<Outcome> {
      if (encoding === 'json')
        return { kind: 'refused', reason: 'gRPC takes no JSON: it was encoded for HTTP' }
      try {
        const message = gzip ? await platform.compression.compress(bytes) : bytes
        const prefix = Buffer.alloc(PREFIX_BYTES)
        prefix[0] = gzip ? 1 : 0
        prefix.writeUInt32BE(message.length, 1)
        const opened = connect()
        const stream = opened.request(headers)
        stream.write(prefix)
        stream.end(message)
        const end = new AbortController()
        void platform.clock.rest(target.timeoutMs, end.signal).then(() => {
          if (end.signal.aborted) return
          stream.destroy(new Error(`no answer within ${target.timeoutMs} ms`))
          // A connection that has not answered once is not given another chance.
          opened.destroy()
        })
        try {
          return grpcOutcome(await readAnswer(stream))
        } finally {
          end.abort()
        }
      } catch (error) {
        return failureOf(error)
      }
    },
    close: () => session?.destroy(),
  }
}

/** Rejects when the stream ends without an answer's headers or trailers. */
function readAnswer(stream: ClientHttp2Stream): Promise<GrpcAnswer> {
  return new Promise((resolve, reject) => {
    let head: IncomingHttpHeaders = {}
    let last: IncomingHttpHeaders | undefined
    const chunks: Buffer[] = []
    let length = 0
    stream.on('response', (answer) => {
      head = answer
      // "Trailers-Only": the status comes with the headers.
      if (answer['grpc-status'] !== undefined) last = answer
    })
    stream.on('trailers', (trailers) => (last = trailers))
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > ANSWER_BYTES_MAX + PREFIX_BYTES)
        stream.destroy(
          Object.assign(new Error('no OTLP answer is that long'), { code: 'ERR_ANSWER_TOO_LONG' }),
        )
      else chunks.push(chunk)
    })
    stream.on('error', reject)
    stream.on('close', () => {
      const httpStatus = Number(head[':status'] ?? 0)
      if (last === undefined && (httpStatus === 0 || httpStatus === 200))
        return reject(new Error('the connection was closed without a gRPC status'))
      resolve({
        httpStatus,
        code: last === undefined ? undefined : codeIn(last['grpc-status']),
        message: String(last?.['grpc-message'] ?? ''),
        details: String(last?.['grpc-status-details-bin'] ?? ''),
        body: messageIn(Buffer.concat(chunks)),
      })
    })
  })
}

const UNKNOWN = 2

function codeIn(status: unknown): number {
  const code = Number(status)
  return Number.isInteger(code) && code >= 0 ? code : UNKNOWN
}

/** Undefined when it is compressed, which was not offered, or not whole. */
function messageIn(frame: Buffer): Uint8Array | undefined {
  if (frame.length < PREFIX_BYTES || frame[0] !== 0) return undefined
  const message = frame.subarray(PREFIX_BYTES)
  return message.length === frame.readUInt32BE(1) ? message : undefined
}
