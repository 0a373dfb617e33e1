import { PassThrough } from 'node:stream'
import Fastify from 'fastify'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { describe, expect, it } from 'vitest'
import { record } from '@spanledger/sdk'
import { object, recordInTests, tree } from '../testing/recorded.ts'
import { fastifyInstrumentation } from './index.ts'

const recorded = recordInTests()

async function asked(
  make: (app: ReturnType<typeof Fastify>) => void,
  path: string,
  init?: RequestInit,
): Promise<Response> {
  const app = Fastify()
  await app.register(fastifyInstrumentation)
  make(app)
  try {
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const response = await fetch(url + path, init)
    await expect.poll(() => recorded.spans.filter(({ kind }) => kind === 'server').length).toBe(1)
    return response
  } finally {
    app.server.closeAllConnections()
    await app.close()
  }
}

describe('a Fastify application', () => {
  it('has its route, its hooks and its handler', async () => {
    const response = await asked(
      (app) => {
        app.addHook('onRequest', async function auth() {
          record('session', () => {})
        })
        app.register(async (users: FastifyInstance) => {
          users.addHook('preHandler', function load(_request, _reply, done) {
            setImmediate(done)
          })
          users.post('/users/:id', async function updateUser(request) {
            await record('query', async () => {})
            return request.body
          })
        })
      },
      '/users/7',
      { method: 'POST', body: '{"name":"Ada"}', headers: { 'content-type': 'application/json' } },
    )
    expect(await response.json()).toEqual({ name: 'Ada' })
    expect(tree(recorded.spans)).toEqual({
      'POST /users/:id': {
        'middleware auth': { session: {} },
        'middleware load': {},
        'controller updateUser': { query: {} },
      },
    })
    expect(object(recorded.span('POST /users/:id').attributes)).toMatchObject({
      'url.path': '/users/7',
      'http.response.status_code': 200,
    })
  })

  it('records an exception once, where it was thrown', async () => {
    const response = await asked(
      (app) =>
        app.get('/broken', async function breaks() {
          throw new TypeError('broken')
        }),
      '/broken',
    )
    expect(response.status).toBe(500)
    expect(recorded.span('controller breaks')).toMatchObject({
      status: 'error',
      events: [{ name: 'exception' }],
    })
    expect(recorded.span('GET /broken')).toMatchObject({
      status: 'error',
      statusMessage: 'broken',
      events: [],
    })
  })

  it('ends the span of a handler that answers later with the request', async () => {
    await asked((app) => app.get('/later', { preHandler: ownHook }, answerLater), '/later')
    expect(tree(recorded.spans)).toEqual({
      'GET /later': { 'middleware ownHook': {}, 'controller answerLater': {} },
    })
  })

  it('fails with the body of its answer', async () => {
    const body = new PassThrough()
    const response = await asked((app) => {
      app.get('/broken', (_request: unknown, reply: FastifyReply) => {
        body.write('one')
        setTimeout(() => body.destroy(new RangeError('backend died')), 20)
        return reply.send(body)
      })
    }, '/broken')
    await expect(response.text()).rejects.toBeDefined()
    expect(recorded.span('GET /broken')).toMatchObject({ status: 'error', statusMessage: 'backend died' })
    expect(object(recorded.span('GET /broken').attributes)['error.type']).toBe('RangeError')
  })

  it('ends as aborted when the client leaves a body', async () => {
    await asked(
      (app) => {
        app.get('/long', (_request: unknown, reply: FastifyReply) => {
          const body = new PassThrough()
          body.write('one')
          return reply.send(body)
        })
      },
      '/long',
      { signal: AbortSignal.timeout(100) },
    )
    expect(recorded.span('GET /long')).toMatchObject({ status: 'unset' })
    expect(object(recorded.span('GET /long').attributes)['error.type']).toBe('aborted')
  })

  it('records also what is answered without a hook: a URL that cannot be decoded', async () => {
    const response = await asked((app) => app.get('/users/:id', () => 'ok'), '/users/%zz')
    expect(response.status).toBe(400)
    expect(object(recorded.span('GET').attributes)).toMatchObject({
      'url.path': '/users/%zz',
      'http.response.status_code': 400,
    })
  })

  it('records what a part of an application serves where only that is instrumented', async () => {
    const app = Fastify()
    app.get('/other', () => 'ok')
    await app.register(async (part: FastifyInstance) => {
      await part.register(fastifyInstrumentation)
      part.get('/part', () => 'ok')
    })
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    for (const path of ['/other', '/part']) await (await fetch(url + path)).text()
    await expect.poll(() => recorded.spans.length).toBe(2)
    app.server.closeAllConnections()
    await app.close()
    expect(recorded.spans.map(({ name }) => name).toSorted()).toEqual(['GET /part', 'controller /part'])
  })

  it('is whole when it is injected', async () => {
    const app = Fastify()
    await app.register(fastifyInstrumentation)
    app.get('/users/:id', () => 'ok')
    expect((await app.inject('/users/7')).body).toBe('ok')
    await expect.poll(() => recorded.spans.length).toBe(2)
    const attributes = object(recorded.span('GET /users/:id').attributes)
    expect(attributes['http.response.status_code']).toBe(200)
    expect(attributes['error.type']).toBeUndefined()
  })

  it('has no route where nothing was matched', async () => {
    expect((await asked((app) => app.get('/here', () => 'ok'), '/there')).status).toBe(404)
    expect(recorded.spans.map(({ name }) => name)).toEqual(['GET'])
  })
})

function ownHook(_request: unknown, _reply: unknown, done: () => void): void {
  done()
}

function answerLater(_request: unknown, reply: FastifyReply): void {
  setImmediate(() => reply.send('ok'))
}
