import { exchangeOf } from './exchange.ts'
import type { Exchange } from './exchange.ts'
import { beginNodeExchange } from './node.ts'
import type { NodeRequest, NodeResponse } from './node.ts'
import { isPromise } from '../promise.ts'

interface FastifyRequest {
  readonly raw: NodeRequest
  readonly routeOptions?: { readonly url?: string | undefined }
}

interface FastifyReply {
  readonly raw: NodeResponse
}

type Done = (error?: unknown) => void
type Hook = (this: unknown, request: FastifyRequest, reply: FastifyReply, done: Done) => unknown
type Handler = (this: unknown, request: FastifyRequest, reply: FastifyReply) => unknown

/** A route's own hooks, and its handler, as Fastify hands them to `onRoute`. */
type Route = { handler: Handler; url: string } & { [Name in HookName]?: Hook | Hook[] }

interface FastifyInstance {
  readonly server: {
    prependListener(
      event: 'request',
      listener: (request: NodeRequest, response: NodeResponse) => unknown,
    ): unknown
  }
  addHook(name: string, hook: (...args: never[]) => unknown): unknown
}

/** Hooks that are an application's middleware; the others see to Fastify's own affairs. */
const HOOKS = ['onRequest', 'preValidation', 'preHandler'] as const
type HookName = (typeof HOOKS)[number]

/** A route that serves HEAD for GET is announced with functions that have their span already. */
const wrapped = new WeakSet<object>()

/**
 * Records what an application serves; a plugin, to be registered first: `await app.register(fastifyInstrumentation)`. Hooks and
 * handlers that are added later become spans within the request's.
 */
export const fastifyInstrumentation = Object.assign(instrument, {
  // What it adds holds for the whole application. Source: Fastify, "Plugins guide".
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'spanledger',
})

function instrument(app: object, _options: unknown, done: () => void): void {
  const instance = app as FastifyInstance
  // A URL that its router cannot decode is answered without a hook. A part of an application has the server of the whole.
  if (Object.hasOwn(app, 'server')) instance.server.prependListener('request', beginNodeExchange)
  instance.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, next: Done) => {
    const exchange = exchangeOf(request.raw) ?? beginNodeExchange(request.raw, reply.raw)
    if (exchange === undefined) return next()
    exchange.route(request.routeOptions?.url)
    exchange.run(next)
  })
  // A body is read in the connection's context; what comes after it belongs to the request again.
  instance.addHook('preValidation', (request: FastifyRequest, _reply: FastifyReply, next: Done) => {
    const exchange = exchangeOf(request.raw)
    if (exchange === undefined) return next()
    exchange.run(next)
  })
  instance.addHook('onError', (request: FastifyRequest, _reply: FastifyReply, error: unknown, next: Done) => {
    exchangeOf(request.raw)?.failed(error)
    next()
  })
  instance.addHook(
    'onSend',
    (request: FastifyRequest, _reply: FastifyReply, payload: unknown, next: Done) => {
      const exchange = exchangeOf(request.raw)
      if (exchange && typeof payload === 'object' && payload !== null) exchange.body = payload
      next()
    },
  )
  instance.addHook('onRoute', (route: Route) => {
    route.handler = once(route.handler, (handler) => instrumentHandler(handler, route.url))
    for (const name of HOOKS) {
      const hooks = route[name]
      if (hooks === undefined) continue
      route[name] = Array.isArray(hooks)
        ? hooks.map((hook) => once(hook, (own) => instrumentHook(own, name)))
        : once(hooks, (own) => instrumentHook(own, name))
    }
  })
  const { addHook } = instance
  instance.addHook = function (name, hook) {
    const isMiddleware = (HOOKS as readonly string[]).includes(name) && typeof hook === 'function'
    const own = isMiddleware ? once(hook as unknown as Hook, (fn) => instrumentHook(fn, name)) : hook
    return addHook.call(this, name, own as never)
  }
  done()
}

function once<F extends Hook | Handler>(fn: F, wrap: (fn: F) => F): F {
  if (wrapped.has(fn)) return fn
  const made = wrap(fn)
  wrapped.add(made)
  return made
}

function instrumentHandler(handler: Handler, url: string): Handler {
  const name = handler.name || url
  return function (request, reply) {
    const exchange = exchangeOf(request.raw)
    if (exchange === undefined) return handler.call(this, request, reply)
    const layer = exchange.layer('controller', name, exchange.context)
    try {
      const result = exchange.run(() => handler.call(this, request, reply), layer.context)
      // Without a promise the answer comes later, by reply.send: the span ends with the exchange.
      if (!isPromise(result)) return result
      return result.then(
        (value) => {
          layer.end()
          return value
        },
        (error: unknown) => {
          layer.failed(error)
          throw error
        },
      )
    } catch (error) {
      layer.failed(error)
      throw error
    }
  }
}

/** Hooks are over before the next one begins, so their spans lie side by side. Fastify tells the two kinds by how they are declared. */
function instrumentHook(hook: Hook, kind: string): Hook {
  const name = hook.name || kind
  const begin = (exchange: Exchange) => exchange.layer('middleware', name, exchange.context)
  if (hook.constructor.name === 'AsyncFunction') {
    const asynchronous = hook as unknown as Handler
    return async function (this: unknown, request: FastifyRequest, reply: FastifyReply) {
      const exchange = exchangeOf(request.raw)
      const run = (): unknown => asynchronous.call(this, request, reply)
      return exchange === undefined ? run() : begin(exchange).run(run)
    } as Hook
  }
  return function (request, reply, done) {
    const exchange = exchangeOf(request.raw)
    if (exchange === undefined) return hook.call(this, request, reply, done)
    const layer = begin(exchange)
    const over: Done = (error) => {
      if (error) layer.failed(error)
      else layer.end()
      exchange.run(() => done(error))
    }
    return exchange.run(() => hook.call(this, request, reply, over), layer.context)
  }
}
