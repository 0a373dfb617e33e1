import { createRequire } from 'node:module'
import express from 'express'
import { afterEach, describe, expect, it } from 'vitest'
import { record } from '@spanledger/sdk'
import { object, recordInTests, tree } from '../testing/recorded.ts'
import { serve } from '../testing/serve.ts'
import type { Served } from '../testing/serve.ts'
import { instrumentExpress } from './index.ts'

const express4 = createRequire(import.meta.url)('express-4') as typeof express
const recorded = recordInTests()
let server: Served | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

const asked = async (app: express.Express, path: string, init?: RequestInit): Promise<Response> => {
  server = await serve(app)
  const response = await fetch(server.url + path, init)
  await expect.poll(() => recorded.spans.filter(({ kind }) => kind === 'server').length).toBe(1)
  return response
}

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
])('%s', (name, makeExpress) => {
  it('has its route, and its layers within one another', async () => {
    const app = instrumentExpress(makeExpress())
    app.use(makeExpress.json())
    app.use(function auth(_req, _res, next) {
      setImmediate(next)
    })
    const users = makeExpress.Router({ mergeParams: true })
    users.use('/', function load(_req, _res, next) {
      next()
    })
    users.post('/:id', function updateUser(req, res) {
      record('query', () => {})
      res.json(req.body)
    })
    app.use('/teams/:team/users', users)
    const response = await asked(app, '/teams/red/users/7', {
      method: 'POST',
      body: '{"name":"Ada"}',
      headers: { 'content-type': 'application/json' },
    })
    expect(await response.json()).toEqual({ name: 'Ada' })
    expect(tree(recorded.spans)).toEqual({
      'POST /teams/:team/users/:id': {
        'middleware jsonParser': {
          'middleware auth': { 'middleware load': { 'controller updateUser': { query: {} } } },
        },
      },
    })
    expect(object(recorded.span('POST /teams/:team/users/:id').attributes)).toMatchObject({
      'url.path': '/teams/red/users/7',
      'http.response.status_code': 200,
    })
    expect(await recorded.points('http.server.response.body.size')).toMatchObject([{ sum: 14 }])
  })

  it.each([
    ['of its own', (sub: express.Express) => sub],
    ['instrumented too', (sub: express.Express) => instrumentExpress(sub)],
  ])('knows the routes and errors of a mounted application, %s', async (_which, made) => {
    const app = instrumentExpress(makeExpress())
    const admin = made(makeExpress())
    admin.get('/users/:id', function showUser() {
      throw new TypeError('broken')
    })
    app.use('/admin', admin)
    admin.use(sorry)
    expect((await asked(app, '/admin/users/7')).status).toBe(503)
    const [layer] = recorded.spans.filter(({ events }) => events.length > 0)
    expect(layer).toMatchObject({ name: 'controller showUser', status: 'error' })
    expect(tree(recorded.spans)).toEqual({
      'GET /admin/users/:id': { 'controller showUser': {}, 'middleware sorry': {} },
    })
  })

  it('knows the routes of an application under a router', async () => {
    const app = instrumentExpress(makeExpress())
    const admin = makeExpress()
    admin.get('/users/:id', (_req, res) => void res.send('ok'))
    app.use('/api', makeExpress.Router().use('/admin', admin))
    await asked(app, '/api/admin/users/7')
    expect(recorded.spans.map(({ name: span }) => span)).toContain('GET /api/admin/users/:id')
  })

  it('runs what listens to the request and the answer within it', async () => {
    const app = instrumentExpress(makeExpress())
    app.post('/', function reads(req, res) {
      res.on('close', () => record('closed', () => {}))
      req
        .on('data', () => {})
        .on('end', () => {
          record('read', () => {})
          res.end()
        })
    })
    await asked(app, '/', { method: 'POST', body: 'ab' })
    await expect.poll(() => recorded.spans.length).toBe(4)
    expect(recorded.spans.map(({ name: span }) => span).toSorted()).toEqual(
      ['POST /', 'closed', 'controller reads', 'read'].toSorted(),
    )
    expect(new Set(recorded.spans.map(({ traceId }) => traceId)).size).toBe(1)
  })

  it('records an exception once, where it was thrown, and lets error handlers answer', async () => {
    const app = instrumentExpress(makeExpress())
    app.get('/broken', function breaks() {
      throw new TypeError('broken')
    })
    app.use(sorry)
    expect((await asked(app, '/broken')).status).toBe(503)
    expect(recorded.span('controller breaks')).toMatchObject({
      status: 'error',
      events: [{ name: 'exception' }],
    })
    expect(recorded.span('middleware sorry')).toMatchObject({ status: 'unset', events: [] })
    expect(recorded.span('GET /broken')).toMatchObject({
      status: 'error',
      statusMessage: 'broken',
      events: [],
    })
  })

  it('goes on to the next route when one leaves', async () => {
    const app = instrumentExpress(makeExpress())
    app.get('/:any', function first(_req, _res, next) {
      next('route')
    })
    app.get('/here', function second(_req, res) {
      res.send(name)
    })
    expect(await (await asked(app, '/here')).text()).toBe(name)
    expect(recorded.span('GET /here')).toMatchObject({ status: 'unset', events: [] })
    expect(recorded.span('controller first')).toMatchObject({ status: 'unset', events: [] })
  })

  it('takes lists of functions and of paths', async () => {
    const app = instrumentExpress(makeExpress())
    const users = makeExpress.Router()
    users.get(['/:id', '/:id/again'], (_req, res) => void res.send('ok'))
    app.use([goOn])
    app.use(['/a', '/b'], users)
    await asked(app, '/b/7')
    expect(tree(recorded.spans)).toMatchObject({ 'GET /a|/b/:id|/:id/again': { 'middleware goOn': {} } })
  })

  it('has no route where nothing was matched', async () => {
    const app = instrumentExpress(makeExpress())
    app.get('/here', (_req, res) => void res.send('ok'))
    expect((await asked(app, '/there')).status).toBe(404)
    expect(recorded.spans.map(({ name: span }) => span)).toEqual(['GET'])
  })
})

it('records a rejected handler of Express 5', async () => {
  const app = instrumentExpress(express())
  app.get('/broken', async function breaks() {
    throw new RangeError('later')
  })
  app.use((_error: unknown, _req: express.Request, res: express.Response, _next: express.NextFunction) => {
    res.status(500).end()
  })
  await asked(app, '/broken')
  expect(recorded.span('controller breaks')).toMatchObject({
    status: 'error',
    events: [{ name: 'exception' }],
  })
})

function sorry(
  _error: unknown,
  _req: express.Request,
  res: express.Response,
  _next: express.NextFunction,
): void {
  res.status(503).send('sorry')
}

function goOn(_request: unknown, _response: unknown, next: () => void): void {
  next()
}
