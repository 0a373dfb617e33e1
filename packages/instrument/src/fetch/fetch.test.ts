import { createServer } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { record } from '@spanledger/sdk'
import { runSuppressed } from '@spanledger/sdk/record'
import { object, recordInTests, tree } from '../testing/recorded.ts'
import { served } from '../testing/serve.ts'
import type { Served } from '../testing/serve.ts'
import { instrumentFetch, patchFetch } from './index.ts'

const recorded = recordInTests()
const fetch = instrumentFetch()
let server: Served
let headers: IncomingHttpHeaders
beforeEach(async () => {
  server = await served(
    createServer((req, res) => {
      headers = req.headers
      res.writeHead(Number(req.url?.slice(1)) || 200).end('ok')
    }),
  )
})
afterEach(() => server.close())

describe('an outgoing fetch', () => {
  it('is a span whose context the server gets', async () => {
    await record('work', async () => {
      const response = await fetch(`${server.url}/a`, {
        method: 'post',
        headers: { 'x-own': 'kept' },
        body: 'b',
      })
      expect(await response.text()).toBe('ok')
    })
    expect(tree(recorded.spans)).toEqual({ work: { POST: {} } })
    const span = recorded.span('POST')
    expect(headers).toMatchObject({ traceparent: `00-${span.traceId}-${span.spanId}-03`, 'x-own': 'kept' })
    expect(span).toMatchObject({ kind: 'client', status: 'unset' })
    expect(object(span.attributes)).toMatchObject({
      'http.request.method': 'POST',
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(server.url).port),
      'url.full': `${server.url}/a`,
      'http.response.status_code': 200,
    })
    expect(await recorded.points('http.client.request.duration')).toMatchObject([
      { 'http.response.status_code': 200, count: 1 },
    ])
  })

  it('tells no credentials', async () => {
    const url = new URL(`${server.url}/a?sig=secret`)
    url.username = 'ada'
    // Node's fetch refuses them in a URL, Deno's and Bun's send them as a header.
    await fetch(url).catch(() => {})
    expect(object(recorded.spans[0]!.attributes)['url.full']).toBe(
      `http://REDACTED:REDACTED@${url.host}/a?sig=REDACTED`,
    )
  })

  it('takes a Request as it is, its own context excepted', async () => {
    const request = new Request(server.url, { headers: { traceparent: 'of another', 'x-own': 'kept' } })
    await fetch(request)
    expect(headers).toMatchObject({
      'x-own': 'kept',
      traceparent: expect.stringContaining(recorded.spans[0]!.spanId),
    })
  })

  it.each([
    [404, '404'],
    [503, '503'],
  ])('fails with a status of %i', async (status, type) => {
    await fetch(`${server.url}/${status}`)
    expect(recorded.spans[0]).toMatchObject({ status: 'error' })
    expect(object(recorded.spans[0]!.attributes)['error.type']).toBe(type)
  })

  it('says why nobody answered', async () => {
    await server.close()
    await expect(fetch(server.url)).rejects.toThrow(/fetch failed|connect/i)
    expect(recorded.spans[0]).toMatchObject({ status: 'error', events: [{ name: 'exception' }] })
    // Deno tells no code.
    const type = 'deno' in process.versions ? /^Error$/ : /^(ECONNREFUSED|ConnectionRefused)$/
    expect(object(recorded.spans[0]!.attributes)['error.type']).toMatch(type)
  })

  it('leaves alone what must not be recorded, and what is no URL', async () => {
    await runSuppressed(() => fetch(server.url))
    expect(headers['traceparent']).toBeUndefined()
    await expect(fetch('nowhere')).rejects.toThrow(/URL/)
    expect(await (await fetch('data:text/plain,hi')).text()).toBe('hi')
    expect(recorded.spans).toEqual([])
  })
})

it('takes the place of the global fetch, and gives it back', async () => {
  const before = globalThis.fetch
  const undo = patchFetch()
  await globalThis.fetch(server.url)
  undo()
  expect(globalThis.fetch).toBe(before)
  expect(recorded.spans).toHaveLength(1)
})

it('takes the place of the global fetch once', async () => {
  const before = globalThis.fetch
  const undo = patchFetch()
  const undoAgain = patchFetch()
  await globalThis.fetch(server.url)
  expect(recorded.spans).toHaveLength(1)
  undoAgain()
  expect(globalThis.fetch).not.toBe(before)
  undo()
  expect(globalThis.fetch).toBe(before)
})
