import http, { type RequestListener, type Server } from 'node:http'
import type { ApiOptions } from '../server/index.ts'

/**
 * The daemon's own interface as a node server. The router and its adapter are loaded with the first request: until then they
 * would only make the daemon ready later.
 */
export function createApiServer(options: ApiOptions): Server {
  let handler: Promise<RequestListener> | undefined
  const load = async (): Promise<RequestListener> => {
    const [{ createApi }, { getRequestListener }] = await Promise.all([
      import('../server/index.ts'),
      import('@hono/node-server'),
    ])
    return getRequestListener(createApi(options).fetch) as RequestListener
  }
  return http.createServer((request, response) => {
    handler ??= load()
    void handler.then((handle) => handle(request, response))
  })
}
