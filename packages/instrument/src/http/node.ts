import { isPromise } from '../promise.ts'
import { emitWithin } from './emit-within.ts'
import { beginExchange, exchangeOf } from './exchange.ts'
import type { Exchange } from './exchange.ts'
import { lengthOf } from './incoming.ts'
import type { Incoming } from './incoming.ts'

/** Node's own, and `any` in programs without its types, where an import would be an error. */
/** @ts-ignore */
export type NodeHttp = ReturnType<typeof globalThis.process.getBuiltinModule<'node:http'>>
/** The part of node:http's and node:http2's request that is read. */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly httpVersion: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly socket?: { readonly remoteAddress?: string | undefined; readonly encrypted?: boolean } | null
  emit?: unknown
}

/** The part of node:http's and node:http2's response that is read. */
export interface NodeResponse {
  readonly statusCode: number
  readonly headersSent: boolean
  readonly writableFinished: boolean
  readonly writableEnded?: boolean
  /** Fastify's `inject` has no socket that an answer is finished on. */
  readonly isLightMyRequest?: boolean
  readonly errored?: Error | null
  emit?: unknown
  getHeader(name: string): unknown
  once(event: 'close', listener: () => void): unknown
}

/**
 * Records what `listener` serves: `createServer(instrumentListener((req, res) => ...))`. The span ends when the answer was sent,
 * the client went away, or the listener threw.
 */
export function instrumentListener<
  Req extends NodeRequest = InstanceType<NodeHttp['IncomingMessage']>,
  Res extends NodeResponse = InstanceType<NodeHttp['ServerResponse']>,
  T = unknown,
>(listener: (request: Req, response: Res) => T): (request: Req, response: Res) => T {
  return function instrumented(this: unknown, request, response) {
    return serveNode(request, response, () => listener.call(this, request, response))
  }
}

/** Runs what serves a request within its exchange. */
export function serveNode<T>(request: NodeRequest, response: NodeResponse, serve: () => T): T {
  const exchange = exchangeOf(request) === undefined ? beginNodeExchange(request, response) : undefined
  if (exchange === undefined) return serve()
  const failed = (error: unknown): never => {
    if (response.headersSent) exchange.status = response.statusCode
    exchange.broke(error)
    throw error
  }
  try {
    const served = exchange.run(serve)
    // What is returned rejects as the listener's own promise did: an unhandled rejection stays one.
    return isPromise(served) ? (served.then(undefined, failed) as T) : served
  } catch (error) {
    return failed(error)
  }
}

/** What listens to the two runs in the exchange, which ends when the response closes. Undefined when recording is off. */
export function beginNodeExchange(request: NodeRequest, response: NodeResponse): Exchange | undefined {
  const exchange = beginExchange(new NodeIncoming(request), request)
  if (exchange === undefined) return undefined
  emitWithin(exchange, request)
  emitWithin(exchange, response)
  endOnClose(exchange, response)
  return exchange
}

export function endOnClose(exchange: Exchange, response: NodeResponse): void {
  response.once('close', () => {
    if (response.headersSent) exchange.status = response.statusCode
    exchange.responseSize ??= lengthOf(response.getHeader('content-length'))
    // When the client goes away, the answer closes without an error.
    const error = response.errored ?? exchange.body?.errored
    if (error) exchange.broke(error)
    else if (response.isLightMyRequest ? response.writableEnded : response.writableFinished) exchange.end()
    else exchange.abort()
  })
}

export class NodeIncoming implements Incoming {
  readonly #request: NodeRequest
  readonly target: string

  constructor(request: NodeRequest) {
    this.#request = request
    const url = request.url ?? '/'
    // A proxy is asked for whole URLs.
    this.target = url.startsWith('/')
      ? url
      : url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*(?=\/|$)/i, '') || '/'
  }

  get carrier(): object {
    return this.#request.headers
  }

  get method(): string {
    return this.#request.method ?? 'GET'
  }

  get scheme(): string {
    return this.#request.socket?.encrypted === true ? 'https' : 'http'
  }

  get protocolVersion(): string {
    return this.#request.httpVersion === '2.0' ? '2' : this.#request.httpVersion
  }

  get peer(): string | undefined {
    return this.#request.socket?.remoteAddress
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }
}
