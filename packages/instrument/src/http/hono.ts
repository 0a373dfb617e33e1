import { exchangeOf } from './exchange.ts'
import { instrumentFetchHandler } from './fetch-handler.ts'

/** The part of a Hono application that is needed; Hono 4. */
export interface HonoApp {
  // Method syntax, so that Hono's own, narrower parameters fit.
  fetch(request: Request, ...rest: never[]): Response | Promise<Response>
  readonly router: { add(method: string, path: string, handler: never): void }
}

interface HonoRoute {
  readonly method: string
  readonly path: string
  readonly handler: Handler
}

interface HonoContext {
  readonly req: { readonly raw: Request; readonly matchedRoutes?: readonly HonoRoute[] }
  readonly error?: unknown
}

type Handler = (context: HonoContext, next: unknown) => unknown

/** Where Hono keeps a handler that it has put an application's own error handler around. */
const COMPOSED = '__COMPOSED_HANDLER'

/**
 * Records what an application serves; call it before routes are added: `const app = instrumentHono(new Hono())`. Middleware and
 * handlers become spans within the request's, those of applications that are mounted later included.
 */
export function instrumentHono<T extends HonoApp>(app: T): T {
  const { router } = app
  const add = router.add.bind(router) as (method: string, path: string, entry: unknown) => void
  // Every handler of the application, and of those routed under it, passes here with the route it belongs to.
  const instrumented = (method: string, path: string, [handler, route]: [Handler, HonoRoute]): void =>
    add(method, path, [instrumentHandler(handler, route), route])
  router.add = instrumented as typeof router.add
  app.fetch = instrumentFetchHandler(app.fetch as (request: Request) => unknown) as T['fetch']
  return app
}

function instrumentHandler(handler: Handler, route: HonoRoute): Handler {
  const own = original(handler)
  const kind = isMiddleware(own) ? 'middleware' : 'controller'
  const name = own.name || `${route.method} ${route.path}`
  return (c, next) => {
    const exchange = exchangeOf(c.req.raw)
    if (exchange === undefined) return handler(c, next)
    if (kind === 'controller') exchange.route(route.path)
    else if (exchange.matched === undefined) exchange.route(matchedRoute(c))
    // An application's own error handler may have answered.
    return exchange.layer(kind, name).run(
      () => handler(c, next),
      () => c.error,
    )
  }
}

/** Also of a request that a middleware answers by itself. */
function matchedRoute(c: HonoContext): string | undefined {
  const routes = c.req.matchedRoutes?.filter(
    ({ method, handler }) => method !== 'ALL' || !isMiddleware(original(handler)),
  )
  return routes?.at(-1)?.path
}

function original(handler: Handler): Handler {
  let own = handler as Handler & { [COMPOSED]?: Handler }
  while (own[COMPOSED] !== undefined) own = own[COMPOSED]
  return own
}

const isMiddleware = (handler: Handler): boolean => handler.length > 1
