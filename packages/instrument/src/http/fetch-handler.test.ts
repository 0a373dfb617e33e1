import { describe, expect, it } from 'vitest'
import { shutdown } from '@spanledger/sdk'
import { object, recordInTests } from '../testing/recorded.ts'
import { instrumentBun, instrumentFetchHandler } from './index.ts'

const recorded = recordInTests()
const request = (path = '/a?b=1'): Request => new Request(`http://shop.example:8080${path}`)

describe('a fetch handler', () => {
  it('records a request', async () => {
    const handler = instrumentFetchHandler(async (_request: Request) => new Response('ok'))
    expect(await (await handler(request())).text()).toBe('ok')
    expect(object(recorded.span('GET').attributes)).toEqual({
      'http.request.method': 'GET',
      'url.path': '/a',
      'url.query': 'b=1',
      'url.scheme': 'http',
      'server.address': 'shop.example',
      'server.port': 8080,
      'http.response.status_code': 200,
    })
  })

  it('records what it throws as a 500', async () => {
    const handler = instrumentFetchHandler((): Response => {
      throw new TypeError('no')
    })
    expect(() => handler(request())).toThrow('no')
    expect(recorded.spans[0]).toMatchObject({ status: 'error', events: [{ name: 'exception' }] })
    expect(object(recorded.spans[0]!.attributes)).toMatchObject({
      'error.type': 'TypeError',
      'http.response.status_code': 500,
    })
  })

  it('ends with the completion that Deno tells', async () => {
    for (const [complete, errorType] of [
      [Promise.resolve(), undefined],
      [Promise.reject(new Error('gone')), 'aborted'],
    ] as const) {
      recorded.spans.length = 0
      const handler = instrumentFetchHandler((_request: Request, _info: unknown) => new Response('ok'))
      handler(request(), { completed: complete, remoteAddr: { hostname: '10.0.0.1' } })
      expect(recorded.spans).toHaveLength(0)
      await expect.poll(() => recorded.spans.length).toBe(1)
      expect(object(recorded.spans[0]!.attributes)).toMatchObject({ 'client.address': '10.0.0.1' })
      expect(object(recorded.spans[0]!.attributes)['error.type']).toBe(errorType)
    }
  })

  it('ends with a stream: at its end, its failure, or when the client has enough', async () => {
    const handler = instrumentFetchHandler((incoming: Request) => streaming(incoming.url.endsWith('broken')))
    expect(await handler(request('/whole')).text()).toBe('onetwo')
    await expect(handler(request('/broken')).text()).rejects.toThrow('broken')
    const enough = handler(request('/enough'))
    expect(recorded.spans).toHaveLength(2)
    await enough.body!.cancel()
    expect(recorded.spans.map((span) => [span.status, object(span.attributes)['error.type']])).toEqual([
      ['unset', undefined],
      ['error', 'Error'],
      ['unset', 'aborted'],
    ])
  })

  it('is the bare handler while recording is off', async () => {
    await shutdown()
    const response = new Response('ok')
    expect(instrumentFetchHandler(() => response)(request())).toBe(response)
    expect(recorded.spans).toEqual([])
  })
})

it("has Bun's routes, each by its pattern", async () => {
  const page = new Response('static')
  const { routes, fetch } = instrumentBun({
    routes: {
      '/users/:id': (_request: Request) => new Response('user'),
      '/users': { POST: async (_request: Request) => new Response('made', { status: 201 }) },
      '/page': page,
    },
    fetch: (_request: Request) => new Response('none', { status: 404 }),
  })
  routes['/users/:id'](request('/users/7'))
  await routes['/users'].POST(new Request('http://here/users', { method: 'POST' }))
  fetch(request('/nowhere'))
  expect(routes['/page']).toBe(page)
  expect(recorded.spans.map(({ name }) => name)).toEqual(['GET /users/:id', 'POST /users', 'GET'])
})

function streaming(broken: boolean): Response {
  const chunks = ['one', 'two']
  const body = new ReadableStream({
    pull(controller) {
      const chunk = chunks.shift()
      if (chunk !== undefined) return controller.enqueue(new TextEncoder().encode(chunk))
      if (broken) throw new Error('broken')
      return controller.close()
    },
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}
