import { Buffer } from 'node:buffer'
import http from 'node:http'
import https from 'node:https'
import type { Platform } from '@spanledger/sdk/platform'
import { httpOutcome } from './http-outcome.ts'
import type { HttpAnswer } from './http-outcome.ts'
import { ANSWER_BYTES_MAX } from './limits.ts'
import type { EncodedRequest, Outcome, Transport } from './outcome.ts'
import type { Target } from './settings.ts'
import { USER_AGENT, failureOf } from './sending.ts'
import type { TlsFiles } from './sending.ts'

/** Bytes below this go as they are: gzip saves nothing on them. */
const GZIP_BYTES_MIN = 512

/**
 * OTLP over HTTP. Connections are kept for the next request and never keep the process alive.
 *
 * Through node:http rather than fetch, which Deno and Bun offer as well: own CAs and client certificates need no library there,
 * and no redirect is ever followed.
 */
export function httpTransport(platform: Platform, target: Target, tls: TlsFiles): Transport {
  const { request: ask, Agent } = target.url.protocol === 'https:' ? https : http
  const agent = new Agent({ keepAlive: true, ...tls })
  const gzip = target.compression === 'gzip'

  const exchange = (headers: http.OutgoingHttpHeaders, body: Uint8Array): Promise<HttpAnswer> =>
    new Promise((resolve, reject) => {
      const request = ask(target.url, { method: 'POST', agent, headers }, (response) =>
        resolve(readAnswer(response)),
      )
      const end = new AbortController()
      void platform.clock.rest(target.timeoutMs, end.signal).then(() => {
        if (!end.signal.aborted) request.destroy(new Error(`no answer within ${target.timeoutMs} ms`))
      })
      request.on('socket', (socket) => socket.unref?.())
      request.on('close', () => end.abort())
      request.on('error', (error) =>
        // A kept connection that the other side was just closing: the request never arrived.
        request.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET'
          ? resolve(exchange(headers, body))
          : reject(error),
      )
      request.end(body)
    })

  return {
    async send({ bytes, encoding }: EncodedRequest): Promise<Outcome> {
      try {
        const isPacked = gzip && bytes.length >= GZIP_BYTES_MIN
        const body = isPacked ? await platform.compression.compress(bytes) : bytes
        const answer = await exchange(
          {
            'user-agent': USER_AGENT,
            ...target.headers,
            'content-type': encoding === 'json' ? 'application/json' : 'application/x-protobuf',
            'content-length': body.length,
            ...(isPacked ? { 'content-encoding': 'gzip' } : {}),
          },
          body,
        )
        return httpOutcome(answer, platform.clock.nowMs())
      } catch (error) {
        return failureOf(error)
      }
    },
    close: () => agent.destroy(),
  }
}

/** Resolves in any case once there is a status: see `httpOutcome`. */
function readAnswer(response: http.IncomingMessage): Promise<HttpAnswer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0
    const done = (body: Buffer | undefined): void =>
      resolve({
        status: response.statusCode ?? 0,
        contentType: response.headers['content-type'] ?? '',
        retryAfter: response.headers['retry-after'],
        body,
      })
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      length += chunk.length
      if (length > ANSWER_BYTES_MAX) response.destroy()
    })
    response.on('end', () => done(Buffer.concat(chunks)))
    response.on('error', () => done(undefined))
    response.on('close', () => done(undefined))
  })
}
