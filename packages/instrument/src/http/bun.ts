import { serveFetch } from './fetch-handler.ts'

type Handler = (request: Request, ...rest: never[]) => unknown

/** The part of what Bun.serve takes that is needed. */
export interface BunOptions {
  fetch?: ((this: never, request: never, ...rest: never[]) => unknown) | undefined
  routes?: { [path: string]: unknown } | undefined
}

/**
 * Records what Bun serves: `Bun.serve(instrumentBun({ routes, fetch }))`. Routes that are no functions (files, pages, ready
 * answers) are served by Bun itself, and not recorded.
 */
export function instrumentBun<T extends BunOptions>(options: T): T {
  const { fetch, routes } = options
  const instrumented = { ...options }
  if (fetch) instrumented.fetch = instrumentHandler(fetch as Handler)
  if (routes)
    instrumented.routes = Object.fromEntries(
      Object.entries(routes).map(([path, route]) => [path, instrumentRoute(path, route)]),
    )
  return instrumented
}

/** A handler, or one for each method. */
function instrumentRoute(path: string, route: unknown): unknown {
  if (typeof route === 'function') return instrumentHandler(route as Handler, path)
  if (typeof route !== 'object' || route === null || Object.getPrototypeOf(route) !== Object.prototype)
    return route
  return Object.fromEntries(
    Object.entries(route).map(([method, handler]) => [
      method,
      typeof handler === 'function' ? instrumentHandler(handler as Handler, path) : (handler as unknown),
    ]),
  )
}

function instrumentHandler(handler: Handler, path?: string): Handler {
  return function instrumented(this: unknown, request, ...rest) {
    return serveFetch(request, rest, () => handler.call(this, request, ...rest), path)
  }
}
