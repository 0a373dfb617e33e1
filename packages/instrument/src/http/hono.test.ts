import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { streamText } from 'hono/streaming'
import { afterEach, describe, expect, it } from 'vitest'
import { record } from '@spanledger/sdk'
import { object, recordInTests, tree } from '../testing/recorded.ts'
import { serve } from '../testing/serve.ts'
import type { Served } from '../testing/serve.ts'
import { instrumentHono } from './index.ts'

const recorded = recordInTests()

describe('a Hono application', () => {
  it('has its route, and its layers within one another', async () => {
    const app = instrumentHono(new Hono())
    app.use('*', async function timing(_c, next) {
      await next()
    })
    const users = new Hono()
    users.use(async function auth(_c, next) {
      await record('session', async () => {})
      await next()
    })
    users.get('/:id', function showUser(c) {
      record('query', () => {})
      return c.text(c.req.param('id'))
    })
    app.route('/users', users)
    expect(await (await app.request('/users/7')).text()).toBe('7')
    expect(tree(recorded.spans)).toEqual({
      'GET /users/:id': {
        'middleware timing': { 'middleware auth': { session: {}, 'controller showUser': { query: {} } } },
      },
    })
    expect(object(recorded.span('GET /users/:id').attributes)).toMatchObject({ 'http.route': '/users/:id' })
  })

  it('has no route where nothing was matched, and the route where a middleware answers', async () => {
    const app = instrumentHono(new Hono())
    app.use('/private/*', async function guard(c, _next) {
      return c.text('no', 401)
    })
    app.get('/private/:thing', (c) => c.text('never'))
    await app.request('/nowhere')
    await app.request('/private/x')
    expect(recorded.spans.map(({ name }) => name)).toEqual(['GET', 'middleware guard', 'GET /private/:thing'])
  })

  it('records an exception once, where it was thrown', async () => {
    const app = instrumentHono(new Hono())
    app.onError((error, c) => c.text(error.message, 500))
    app.use(async function outer(_c, next) {
      await next()
    })
    app.get('/broken', function breaks() {
      throw new TypeError('broken')
    })
    expect((await app.request('/broken')).status).toBe(500)
    expect(recorded.span('controller breaks')).toMatchObject({
      status: 'error',
      events: [{ name: 'exception' }],
    })
    expect(recorded.span('middleware outer')).toMatchObject({ events: [] })
    const server = recorded.span('GET /broken')
    expect(server).toMatchObject({ status: 'error', statusMessage: 'broken', events: [] })
    expect(object(server.attributes)['error.type']).toBe('TypeError')
  })

  it('sees what an error handler of a routed application has answered', async () => {
    const app = instrumentHono(new Hono())
    const api = new Hono()
    api.onError((_error, c) => c.text('handled', 502))
    api.get('/broken', () => {
      throw new TypeError('broken')
    })
    app.route('/api', api)
    expect((await app.request('/api/broken')).status).toBe(502)
    expect(recorded.span('GET /api/broken')).toMatchObject({ status: 'error', statusMessage: 'broken' })
    expect(recorded.span('controller GET /api/broken').events).toHaveLength(1)
  })

  it("leaves a client's error no error of its spans", async () => {
    const app = instrumentHono(new Hono())
    app.get('/secret', function secret() {
      throw new HTTPException(403)
    })
    expect((await app.request('/secret')).status).toBe(403)
    expect(recorded.spans.map(({ name, status }) => [name, status])).toEqual([
      ['controller secret', 'unset'],
      ['GET /secret', 'unset'],
    ])
  })

  describe('on Node', () => {
    let server: Served | undefined
    afterEach(() => server?.close())

    it('ends when the stream was sent', async () => {
      const app = instrumentHono(new Hono())
      let go: (() => void) | undefined
      const wait = new Promise<void>((resolve) => (go = resolve))
      app.get('/stream', (c) =>
        streamText(c, async (stream) => {
          await stream.write('one')
          await wait
        }),
      )
      server = await serve(getRequestListener(app.fetch))
      const response = await fetch(`${server.url}/stream`)
      expect(recorded.spans.filter(({ kind }) => kind === 'server')).toEqual([])
      go?.()
      expect(await response.text()).toBe('one')
      await expect.poll(() => recorded.spans.filter(({ kind }) => kind === 'server').length).toBe(1)
      expect(object(recorded.span('GET /stream').attributes)).toMatchObject({
        'http.response.status_code': 200,
        'network.protocol.version': '1.1',
        'client.address': '127.0.0.1',
      })
    })

    it('fails with the body of its answer', async ({ skip }) => {
      if ('deno' in process.versions) skip('Deno does not keep why')
      const app = instrumentHono(new Hono())
      app.get('/broken', () => new Response(broken()))
      server = await serve(getRequestListener(app.fetch))
      await expect(fetch(`${server.url}/broken`).then((response) => response.text())).rejects.toBeDefined()
      await expect.poll(() => recorded.spans.filter(({ kind }) => kind === 'server').length).toBe(1)
      expect(recorded.span('GET /broken')).toMatchObject({ status: 'error', statusMessage: 'backend died' })
      expect(object(recorded.span('GET /broken').attributes)['error.type']).toBe('RangeError')
    })
  })
})

/** One line, and then none. */
function broken(): ReadableStream<Uint8Array> {
  let lines = 0
  return new ReadableStream({
    async pull(controller) {
      if (lines++ === 0) return controller.enqueue(new TextEncoder().encode('one'))
      await new Promise((resolve) => setTimeout(resolve, 20))
      throw new RangeError('backend died')
    },
  })
}
