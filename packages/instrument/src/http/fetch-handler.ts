import { isPromise } from '../promise.ts'
import { beginExchange, exchangeOf } from './exchange.ts'
import type { Exchange } from './exchange.ts'
import { lengthOf } from './incoming.ts'
import type { Incoming } from './incoming.ts'
import { NodeIncoming, endOnClose } from './node.ts'
import type { NodeRequest, NodeResponse } from './node.ts'
import { watched } from './watched-body.ts'

/**
 * Records what a fetch handler serves: `Deno.serve(instrumentFetchHandler(handler))`.
 *
 * Ends  with the sending of the answer where the server tells of it: Deno, and Hono on Node. Elsewhere when the handler has
 *       answered, or with the body of an event stream or a chunked one.
 */
export function instrumentFetchHandler<This, A extends unknown[], R>(
  handler: (this: This, request: Request, ...rest: A) => R,
): (this: This, request: Request, ...rest: A) => R {
  return function instrumented(this: This, request, ...rest) {
    const serve = (): R => handler.call(this, request, ...rest)
    return exchangeOf(request) === undefined ? (serveFetch(request, rest, serve) as R) : serve()
  }
}

/** Runs what serves a request within its exchange; `route` is the one it was matched to, where that is known already. */
export function serveFetch(
  request: Request,
  rest: readonly unknown[],
  serve: () => unknown,
  route?: string,
): unknown {
  const [first] = rest
  const node = isNodeServer(first) ? first : undefined
  const exchange = beginExchange(
    node ? new NodeIncoming(node.incoming) : new FetchIncoming(request, first),
    request,
  )
  if (exchange === undefined) return serve()
  exchange.route(route)
  if (node) endOnClose(exchange, node.outgoing)
  const failed = (error: unknown): never => {
    exchange.failed(error)
    exchange.status = 500
    exchange.end()
    throw error
  }
  try {
    const served = exchange.run(serve)
    if (isPromise(served)) return served.then((response) => answered(exchange, response, rest), failed)
    return answered(exchange, served, rest)
  } catch (error) {
    return failed(error)
  }
}

function answered(exchange: Exchange, response: unknown, rest: readonly unknown[]): unknown {
  // Bun takes nothing as an answer when it has upgraded the connection to a web socket.
  if (!(response instanceof Response)) {
    exchange.status = response === undefined ? 101 : undefined
    exchange.end()
    return response
  }
  exchange.status = response.status
  exchange.responseSize = lengthOf(response.headers.get('content-length'))
  const [first] = rest
  if (isNodeServer(first)) return response
  if (tellsCompletion(first)) {
    first.completed.then(
      () => exchange.end(),
      () => exchange.abort(),
    )
    return response
  }
  if (response.body === null || !isStream(response.headers)) {
    exchange.end()
    return response
  }
  return new Response(watched(response.body, exchange), response)
}

/** @hono/node-server's bindings. */
function isNodeServer(value: unknown): value is { incoming: NodeRequest; outgoing: NodeResponse } {
  return typeof value === 'object' && value !== null && 'incoming' in value && 'outgoing' in value
}

/** Deno's ServeHandlerInfo. */
function tellsCompletion(value: unknown): value is { completed: Promise<void> } {
  return typeof value === 'object' && value !== null && 'completed' in value && isPromise(value.completed)
}

/** Whether a body is a stream cannot be seen without making one of it, which costs servers their short cuts for text. */
function isStream(headers: Headers): boolean {
  return (
    headers.get('content-type')?.startsWith('text/event-stream') === true ||
    headers.get('transfer-encoding') === 'chunked'
  )
}

class FetchIncoming implements Incoming {
  readonly #request: Request
  readonly scheme: string
  readonly target: string
  readonly protocolVersion = undefined
  readonly peer: string | undefined
  readonly #host: string

  constructor(request: Request, info: unknown) {
    this.#request = request
    const { url } = request
    const authority = url.indexOf('://') + 3
    // A request's URL is in its normal form: what follows the host begins with a slash.
    const slash = url.indexOf('/', authority)
    const path = slash === -1 ? url.length : slash
    const hash = url.indexOf('#', path)
    this.scheme = url.slice(0, authority - 3)
    this.#host = url.slice(authority, path)
    this.target = url.slice(path, hash === -1 ? undefined : hash) || '/'
    const address = (info as { remoteAddr?: { hostname?: unknown } } | undefined | null)?.remoteAddr?.hostname
    this.peer = typeof address === 'string' ? address : undefined
  }

  get carrier(): object {
    return this.#request.headers
  }

  get method(): string {
    return this.#request.method
  }

  header(name: string): string | undefined {
    return this.#request.headers.get(name) ?? (name === 'host' ? this.#host : undefined)
  }
}
