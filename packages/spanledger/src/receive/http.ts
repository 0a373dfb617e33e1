import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Signal } from '../otlp/index.ts'
import { encodeAccepted, encodeStatus, RPC, type Refusal } from './answer.ts'
import { readBody } from './body.ts'
import type { Guard } from './guard.ts'
import { ENCODINGS, inflate } from './inflate.ts'
import type { Inflight } from './inflight.ts'
import type { Encoding, Ingest } from './ingest.ts'
import type { ReceiveLimits } from './limits.ts'
import { RefusedError, refusalOf } from './refuse.ts'

const PATHS: Record<string, Signal | undefined> = {
  '/v1/traces': 'traces',
  '/v1/metrics': 'metrics',
  '/v1/logs': 'logs',
}

const MEDIA_TYPES: Record<string, Encoding | undefined> = {
  'application/x-protobuf': 'protobuf',
  'application/json': 'json',
}

const MEDIA_TYPE_OF: Record<Encoding, string> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
}

/**
 * OTLP/HTTP: POST /v1/{traces,metrics,logs}, protobuf and JSON told apart by Content-Type; the answer uses the request's type.
 *
 * Source  opentelemetry-proto docs/specification.md, "OTLP/HTTP"
 */
export function createOtlpHttpHandler(options: {
  ingest: Ingest
  guard: Guard
  inflight: Inflight
  limits: ReceiveLimits
}): RequestListener {
  const { ingest, guard, inflight, limits } = options

  const receive = async (
    request: IncomingMessage,
    signal: Signal,
    encoding: Encoding,
  ): Promise<Uint8Array> => {
    const declared = request.headers['content-length']
    const contentEncoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
    if (!ENCODINGS.includes(contentEncoding)) throw unsupportedEncoding(contentEncoding)
    const body = await readBody(
      request,
      inflight,
      limits,
      declared === undefined ? undefined : Number(declared),
    )
    try {
      const bytes = await inflate(body.bytes, contentEncoding, limits, body)
      return encodeAccepted(signal, await ingest(signal, encoding, bytes), encoding)
    } finally {
      body.release()
    }
  }

  return (request, response) => {
    const encoding = MEDIA_TYPES[mediaType(request)]
    const answerIn = encoding ?? 'json'
    const refusal = refuseHead(request, guard, encoding)
    if (refusal !== undefined) return refuse(request, response, refusal, answerIn)
    if (request.method === 'OPTIONS') return preflight(request, response)
    receive(request, PATHS[pathOf(request)]!, encoding!).then(
      (bytes) => {
        response.writeHead(200, { ...headers(answerIn, bytes.length), ...corsHeaders(request) })
        response.end(bytes)
      },
      (error: unknown) => refuse(request, response, refusalOf(error, limits), answerIn),
    )
  }
}

/** What can be told from the request line and the headers alone. */
function refuseHead(
  request: IncomingMessage,
  guard: Guard,
  encoding: Encoding | undefined,
): Refusal | undefined {
  const stranger = guard.refuse(request.headers.host, request.headers.origin)
  if (stranger !== undefined) return { http: 403, grpc: RPC.PERMISSION_DENIED, message: stranger }
  if (PATHS[pathOf(request)] === undefined) {
    const message = `nothing is received at ${JSON.stringify(pathOf(request))}; send to /v1/traces, /v1/metrics or /v1/logs`
    return { http: 404, grpc: RPC.NOT_FOUND, message }
  }
  if (request.method === 'OPTIONS' && request.headers.origin !== undefined) return undefined
  if (request.method !== 'POST') {
    return {
      http: 405,
      grpc: RPC.UNIMPLEMENTED,
      message: `${request.method} is not understood here; use POST`,
    }
  }
  if (encoding === undefined) {
    const message = `content type ${JSON.stringify(mediaType(request))} is not understood; use application/x-protobuf or application/json`
    return { http: 415, grpc: RPC.INVALID_ARGUMENT, message }
  }
  return undefined
}

function unsupportedEncoding(encoding: string): RefusedError {
  const message = `content encoding ${JSON.stringify(encoding)} is not understood; use ${ENCODINGS.join(', ')}`
  return new RefusedError({ http: 415, grpc: RPC.INVALID_ARGUMENT, message })
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  refusal: Refusal,
  encoding: Encoding,
): void {
  if (response.destroyed) return
  const bytes = encodeStatus(refusal, encoding)
  response.writeHead(refusal.http, {
    ...headers(encoding, bytes.length),
    // Who is refused for where it comes from does not read why either.
    ...(refusal.http === 403 ? {} : corsHeaders(request)),
    ...(refusal.http === 405 ? { allow: 'POST' } : {}),
    ...(refusal.retryAfterSeconds === undefined ? {} : { 'retry-after': String(refusal.retryAfterSeconds) }),
    // What is left of the body is not worth reading: the connection ends after the answer.
    ...(request.complete ? {} : { connection: 'close' }),
  })
  response.end(bytes)
  if (!request.complete) discardRest(request)
}

const DISCARD_MS_MAX = 2_000

/** A client that still sends does not read: take its bytes for a moment, so that the answer reaches it instead of a reset. */
function discardRest(request: IncomingMessage): void {
  request.on('error', () => {})
  request.resume()
  const timer = setTimeout(() => request.destroy(), DISCARD_MS_MAX)
  timer.unref()
  request.once('close', () => clearTimeout(timer))
}

/** CORS for pages that the user's own machine serves; the guard has refused all others. */
function preflight(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(204, {
    ...corsHeaders(request),
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'content-type, content-encoding',
    'access-control-max-age': '600',
  })
  response.end()
}

const headers = (encoding: Encoding, length: number): Record<string, string> => ({
  'content-type': MEDIA_TYPE_OF[encoding],
  'content-length': String(length),
})

function corsHeaders(request: IncomingMessage): Record<string, string> {
  const { origin } = request.headers
  return origin === undefined ? {} : { 'access-control-allow-origin': origin, vary: 'origin' }
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0]!
}

function mediaType(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase()
}
