import { exchangeOf } from './exchange.ts'
import type { Exchange } from './exchange.ts'
import type { LayerKind } from './layer.ts'
import { serveNode } from './node.ts'
import type { NodeRequest, NodeResponse } from './node.ts'
import { isPromise } from '../promise.ts'

/** The part of an Express application that is needed; Express 4 and 5. */
export interface ExpressApp {
  readonly use: unknown
  readonly set: unknown
}

type Next = (error?: unknown) => void
type Handler = (this: unknown, request: NodeRequest, response: NodeResponse, next: Next) => unknown
type ErrorHandler = (
  this: unknown,
  error: unknown,
  request: NodeRequest,
  response: NodeResponse,
  next: Next,
) => unknown

/** An entry of a router's stack: one function under one path, or one route. */
interface Entry {
  handle: Handler & { stack?: Entry[] }
  readonly route?: { readonly path: unknown; readonly stack: Entry[] } | undefined
  /** Express 5 keeps the path, Express 4 what it made of it. */
  readonly rawPath?: unknown
  readonly regexp?: RegExp
  readonly keys?: readonly { readonly name: unknown }[]
}

interface Router {
  readonly stack: Entry[]
  use(...args: unknown[]): unknown
}

/** What `next` is told that is no error: leave this route, or this router. */
const LEAVING = new Set<unknown>(['route', 'router'])

/** Express 4's own middleware. */
const OWN = new Set(['query', 'expressInit'])

/** Express's own, in front of an application that is mounted with `app.use`. */
const MOUNTED = 'mounted_app'

const instrumented = new WeakSet<object>()

/**
 * Records what an application serves; call it before routes are added: `const app = instrumentExpress(express())`. Middleware
 * and handlers become spans within the request's, those of routers and applications under it included.
 */
export function instrumentExpress<T extends ExpressApp>(app: T): T {
  if (instrumented.has(app)) return app
  instrumented.add(app)
  const own = app as unknown as {
    handle: (request: NodeRequest, response: NodeResponse, next?: Next) => void
    use: (...args: unknown[]) => unknown
    lazyrouter?: () => void
    _router?: Router
  }
  const { handle, use, lazyrouter, _router: filled } = own
  own.handle = function (request, response, next) {
    serveNode(request, response, () => handle.call(this, request, response, next))
  }
  // Once mounted, an application is out of reach.
  own.use = function (...args) {
    for (const arg of args.flat(Infinity)) if (isApplication(arg)) instrumentExpress(arg)
    return use.apply(this, args)
  }
  // Express makes its router at the first use, by the settings of then.
  if (lazyrouter) {
    if (filled) instrumentRouter(filled)
    own.lazyrouter = function () {
      lazyrouter.call(this)
      const { _router: made } = this
      if (made) instrumentRouter(made)
    }
    return app
  }
  const router = Object.getOwnPropertyDescriptor(app, 'router')
  Object.defineProperty(app, 'router', {
    ...router,
    get(this: T) {
      const made = router?.get?.call(this) as Router
      instrumentRouter(made)
      return made
    },
  })
  return app
}

function instrumentRouter(router: Router): void {
  if (instrumented.has(router)) return
  instrumented.add(router)
  let path: unknown
  const { use } = router
  router.use = function (...args) {
    path = isHandler(args[0]) ? '/' : args[0]
    try {
      return use.apply(this, args)
    } finally {
      path = undefined
    }
  }
  forEach(router.stack, (entry) => {
    const { route } = entry
    if (route === undefined) return instrumentMounted(entry, textOf(path ?? mountPath(entry)))
    forEach(route.stack, (own) => {
      own.handle = withSpan(own.handle, 'controller', '/', textOf(route.path))
    })
  })
}

const isApplication = (arg: unknown): arg is ExpressApp =>
  typeof arg === 'function' && 'handle' in arg && 'set' in arg

/** Also a list of them, however nested. */
const isHandler = (arg: unknown): boolean =>
  Array.isArray(arg) ? arg.every(isHandler) : typeof arg === 'function'

/** Those there are, and those to come. */
function forEach(stack: Entry[], instrument: (entry: Entry) => void): void {
  stack.forEach(instrument)
  stack.push = (...entries: Entry[]) => {
    entries.forEach(instrument)
    return Array.prototype.push.apply(stack, entries)
  }
}

function instrumentMounted(entry: Entry, path: string): void {
  const { handle } = entry
  if (OWN.has(handle.name)) return
  if (isApplication(handle)) instrumentExpress(handle)
  else if (handle.stack !== undefined) instrumentRouter(handle as unknown as Router)
  else if (handle.name !== MOUNTED) {
    entry.handle = withSpan(handle, 'middleware', path, undefined)
    return
  }
  const mounted: Handler = function (request, response, next) {
    const exchange = exchangeOf(request)
    if (exchange === undefined) return handle.call(this, request, response, next)
    const leave = enter(exchange, path)
    return handle.call(this, request, response, (error) => {
      leave()
      next(error)
    })
  }
  // Express lists a router's routes by its stack.
  entry.handle = Object.assign(mounted, handle.stack && { stack: handle.stack })
}

/** Where a router was mounted before it was instrumented. Express 5 before router 2.3 does not keep it: then at its parent's path. */
function mountPath({ rawPath, regexp, keys = [] }: Entry): unknown {
  if (rawPath !== undefined || regexp === undefined) return rawPath ?? '/'
  let key = 0
  // `^\/teams(?:\/([^/]+?))\/?(?=\/|$)` for `/teams/:team`.
  const path = regexp.source
    .replaceAll('(?:\\/([^/]+?))', () => `/:${String(keys[key++]?.name)}`)
    .replaceAll('\\/?(?=\\/|$)', '')
    .replaceAll('\\/', '/')
  return path.split('|').map((part) => part.replace(/^\^/, '') || '/')
}

/** The same function within a span. Express tells those that take errors by how many arguments they have. */
function withSpan(handle: Handler, kind: LayerKind, mountedAt: string, route: string | undefined): Handler {
  const name = handle.name || (route ?? mountedAt)
  const call = (
    request: NodeRequest,
    next: Next,
    run: (next: Next) => unknown,
    plain: () => unknown,
  ): unknown => {
    const exchange = exchangeOf(request)
    if (exchange === undefined) return plain()
    if (route !== undefined) exchange.route(join(exchange.prefix, route))
    const leave = enter(exchange, mountedAt)
    const layer = exchange.layer(kind, name, exchange.current)
    try {
      const result = exchange.run(
        () =>
          run((error) => {
            leave()
            if (error !== undefined && error !== null && !LEAVING.has(error)) layer.failed(error)
            else exchange.current = layer.context
            exchange.run(() => next(error), exchange.current)
          }),
        layer.context,
      )
      if (!isPromise(result)) return result
      return result.then(
        (value) => {
          if (kind === 'controller') layer.end()
          return value
        },
        (error: unknown) => {
          leave()
          layer.failed(error)
          throw error
        },
      )
    } catch (error) {
      leave()
      layer.failed(error)
      throw error
    }
  }
  if (handle.length > 3) {
    const onError = handle as unknown as ErrorHandler
    return function (
      this: unknown,
      error: unknown,
      request: NodeRequest,
      response: NodeResponse,
      next: Next,
    ) {
      return call(
        request,
        next,
        (then) => onError.call(this, error, request, response, then),
        () => onError.call(this, error, request, response, next),
      )
    } as unknown as Handler
  }
  return function (request, response, next) {
    return call(
      request,
      next,
      (then) => handle.call(this, request, response, then),
      () => handle.call(this, request, response, next),
    )
  }
}

/** Until the returned function is called, routes are matched under `path`. */
function enter(exchange: Exchange, path: string): () => void {
  const { prefix } = exchange
  exchange.prefix = join(prefix, path)
  return () => {
    exchange.prefix = prefix
  }
}

function join(prefix: string, path: string): string {
  if (path === '/') return prefix || '/'
  return prefix === '/' ? path : prefix + path
}

/** Any of several paths; regular expressions as they are written. */
const textOf = (path: unknown): string => (Array.isArray(path) ? path.map(textOf).join('|') : String(path))
