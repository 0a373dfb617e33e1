import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import type { Http2ServerRequest } from 'node:http2'
import { createServer as createTlsServer } from 'node:https'
import { expectTypeOf, it } from 'vitest'
import { instrumentListener } from './index.ts'

it("a listener's request and answer are Node's own, without being told", () => {
  createServer(
    instrumentListener((req, res) => {
      expectTypeOf(req).toEqualTypeOf<IncomingMessage>()
      expectTypeOf(res).toEqualTypeOf<ServerResponse>()
    }),
  )
  createServer(
    {},
    instrumentListener(async (_req, res) => {
      res.setHeader('a', 'b').end('hi')
    }),
  )
  createTlsServer(
    {},
    instrumentListener((req, res) => req.pipe(res)),
  )
  createHttp2Server(
    instrumentListener((req, _res) => {
      expectTypeOf(req).toEqualTypeOf<Http2ServerRequest>()
    }),
  )
})
