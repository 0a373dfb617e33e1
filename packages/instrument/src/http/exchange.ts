import type { Context, Span } from '@spanledger/sdk/record'
import { typeOf } from '../error-type.ts'
import { incomingAttributes, lengthOf } from './incoming.ts'
import type { Incoming } from './incoming.ts'
import { Layer } from './layer.ts'
import type { LayerKind } from './layer.ts'
import { methodOf } from '../method.ts'
import { serverTelemetry } from './server-telemetry.ts'
import type { ServerTelemetry } from './server-telemetry.ts'

/** How the answer ended when no status tells: the client went away. */
const ABORTED = 'aborted'

/**
 * Under which the exchange travels with the flow of control, and on the object that a server hands round for the request: a
 * WeakMap of these is what garbage collection then spends its time on.
 */
const EXCHANGE = Symbol('spanledger http exchange')

interface Carrying {
  [EXCHANGE]?: Exchange
}

/**
 * Begins to record a request; undefined when recording is off. `carrier` is the object by which `exchangeOf` finds it.
 */
export function beginExchange(request: Incoming, carrier: object): Exchange | undefined {
  const telemetry = serverTelemetry()
  if (telemetry === undefined) return undefined
  const exchange = new Exchange(telemetry, request)
  ;(carrier as Carrying)[EXCHANGE] = exchange
  return exchange
}

export function exchangeOf(carrier: object): Exchange | undefined {
  return (carrier as Carrying)[EXCHANGE]
}

/**
 * Says which route the request that is being served was matched to, with its parameters' names: `/users/:id`. For routers that
 * nothing here knows; without a request, nothing. Returns whether there is one.
 */
export function setHttpRoute(route: string): boolean {
  const active = serverTelemetry()?.context.active()
  const exchange = active?.getValue(EXCHANGE) as Exchange | undefined
  exchange?.route(route)
  return exchange !== undefined
}

/**
 * One request and its answer: the server's span, the spans of what served it, and the server's metrics.
 *
 * Errors  nothing here throws into the host.
 */
export class Exchange {
  /** What serves the request runs in it. */
  readonly context: Context
  /** Where the innermost middleware that has called the next one stands. */
  current: Context
  /** Of what routers above have matched: `/users/:id` while a router mounted there is at work. */
  prefix = ''
  /** As soon as it is known. */
  status: number | undefined
  responseSize: number | undefined
  matched: string | undefined
  /** What is sent, where it keeps its own failure and the answer is only broken off. */
  body: { readonly errored?: unknown } | undefined
  readonly #telemetry: ServerTelemetry
  readonly #span: Span
  readonly #method: string
  readonly #label: string
  readonly #begunAs: string
  readonly #scheme: string
  readonly #requestSize: number | undefined
  readonly #startedMs: number
  #layers: Layer[] | undefined
  #error: unknown
  #ended = false

  constructor(telemetry: ServerTelemetry, request: Incoming) {
    this.#telemetry = telemetry
    const { method, label } = methodOf(request.method)
    this.#method = method
    this.#label = label
    this.#scheme = request.scheme
    this.#requestSize = lengthOf(request.header('content-length'))
    const parent = telemetry.extract(request.carrier)
    this.#startedMs = telemetry.clock.read()
    const attributes = incomingAttributes(request)
    // The route is not known yet, and a sampler decides by the name.
    this.#begunAs = `${label} ${attributes['url.path']}`
    this.#span = telemetry.tracer.startSpan(this.#begunAs, { kind: 'server', attributes }, parent)
    this.context = parent.withSpan(this.#span).setValue(EXCHANGE, this)
    this.current = this.context
    telemetry.active.add(1, this.#common())
  }

  /** The last one counts: a router mounted in a router knows more. */
  route(route: string | undefined): void {
    if (route === undefined || route === '' || this.#ended) return
    this.matched = route
  }

  /** Begins a span of what serves a part of the request. It ends with the exchange at the latest. */
  layer(kind: LayerKind, name: string, parent: Context = this.#telemetry.context.active()): Layer {
    const layer = new Layer(this, this.#telemetry.tracer, parent, kind, name)
    if (this.#layers === undefined) this.#layers = [layer]
    else this.#layers.push(layer)
    return layer
  }

  /** Runs `fn` within the request. */
  run<T>(fn: () => T, within: Context = this.context): T {
    return this.#telemetry.context.run(within, fn)
  }

  /** Whether this runs within the request. */
  isActive(): boolean {
    return this.#telemetry.context.active().getValue(EXCHANGE) === this
  }

  /** The same error again, on its way out through other layers, is not recorded again. Returns whether it was new. */
  failed(error: unknown, span: Span = this.#span): boolean {
    if (this.#ended || (this.#error === error && error !== undefined)) return false
    this.#error = error
    span.recordException(error)
    return true
  }

  /** The client did not get the whole answer. Its own doing, so the span's status stays unset. */
  abort(): void {
    if (!this.#ended) this.#end(ABORTED)
  }

  /** Once the answer was sent, or it is sure that none will be. Again: nothing. */
  end(): void {
    if (this.#ended) return
    const { status } = this
    if (status !== undefined && status < 500) return this.#end(undefined)
    const error = this.#error
    this.#fail(error, error === undefined ? String(status ?? 'no_answer') : typeOf(error))
  }

  /** The server broke off what it had begun to answer: an error of its own, whatever the status says. */
  broke(error: unknown): void {
    if (this.#ended) return
    this.failed(error)
    this.#fail(error, typeOf(error))
  }

  #fail(error: unknown, type: string): void {
    this.#span.setStatus('error', error instanceof Error ? error.message : undefined)
    this.#end(type)
  }

  #end(errorType: string | undefined): void {
    this.#ended = true
    // Inner ones first: nobody's child outlives it.
    if (this.#layers) for (let i = this.#layers.length - 1; i >= 0; i--) this.#layers[i]!.end()
    const { status, matched } = this
    const telemetry = this.#telemetry
    const span = this.#span
    if (matched !== undefined) {
      span.updateName(`${this.#label} ${matched}`)
      span.setAttribute('http.route', matched)
    } else if ((span as { name?: string }).name === this.#begunAs) span.updateName(this.#label)
    if (status !== undefined) span.setAttribute('http.response.status_code', status)
    if (errorType !== undefined) span.setAttribute('error.type', errorType)
    span.end()
    telemetry.active.add(-1, this.#common())
    const attributes = {
      'http.request.method': this.#method,
      'url.scheme': this.#scheme,
      'http.route': matched,
      'http.response.status_code': status,
      'error.type': errorType,
    }
    telemetry.duration.record((telemetry.clock.read() - this.#startedMs) / 1_000, attributes)
    if (this.#requestSize !== undefined) telemetry.requestSize.record(this.#requestSize, attributes)
    if (this.responseSize !== undefined) telemetry.responseSize.record(this.responseSize, attributes)
  }

  #common(): Record<string, string> {
    return { 'http.request.method': this.#method, 'url.scheme': this.#scheme }
  }
}
