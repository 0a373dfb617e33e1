import { describe, expect, it } from 'vitest'
import { createGuard } from '../receive/index.ts'
import { createApi } from './api.ts'

const asked: unknown[] = []
const api = createApi({
  token: 'secret-token',
  guard: createGuard(),
  run(name, params) {
    asked.push([name, params])
    if (name === 'nothing') return Promise.resolve({ refused: 'UNKNOWN_QUERY', message: 'no such query' })
    if (name === 'wrong') return Promise.resolve({ refused: 'BAD_PARAMETER', message: 'wrong' })
    if (name === 'exposition')
      return Promise.resolve({
        contentType: `text/${String((params as { format: string }).format)}`,
        text: 'up 1\n',
      })
    if (name === 'broken') return Promise.reject(new Error('it broke'))
    return Promise.resolve({ name, params })
  },
})

const headers = { host: 'localhost:4319', authorization: 'Bearer secret-token' }
const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
  Promise.resolve(
    api.request(`http://localhost:4319${path}`, { ...init, headers: { ...headers, ...init.headers } }),
  )

describe('the HTTP interface', () => {
  it('asks a query with parameters from the address', async () => {
    const response = await ask('/api/v1/sessions?since=2h&attr=a%3D1&attr=b%3D2')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ name: 'sessions', params: { since: '2h', attr: ['a=1', 'b=2'] } })
  })

  it('asks a query with parameters as JSON', async () => {
    const response = await ask('/api/v1/sql', { method: 'POST', body: '{"query":"select 1"}' })
    expect(await response.json()).toEqual({ name: 'sql', params: { query: 'select 1' } })
  })

  it.each([
    ['/api/v1/nothing', 404],
    ['/api/v1/wrong', 400],
    ['/api/v1/broken', 500],
    ['/elsewhere', 404],
  ])('answers %s with %i and says why', async (path, status) => {
    const response = await ask(path)
    expect(response.status).toBe(status)
    expect((await response.json()) as unknown).toMatchObject({
      refused: expect.any(String),
      message: expect.any(String),
    })
  })

  it.each([
    [undefined, 'prometheus'],
    ['text/plain;version=0.0.4', 'prometheus'],
    ['application/openmetrics-text;version=1.0.0,text/plain;q=0.5', 'openmetrics'],
  ])('gives metrics without a token, to who accepts %s as %s', async (accept, format) => {
    const response = await api.request('http://localhost:4319/metrics', {
      headers: { host: 'localhost:4319', ...(accept === undefined ? {} : { accept }) },
    })
    expect([response.status, await response.text()]).toEqual([200, 'up 1\n'])
    expect(response.headers.get('content-type')).toBe(`text/${format}`)
  })

  it('gives metrics to no foreign host and no foreign page', async () => {
    for (const strange of [{ host: 'evil.example' }, { host: 'localhost', origin: 'https://evil.example' }])
      expect((await api.request('http://localhost:4319/metrics', { headers: strange })).status).toBe(403)
  })

  it('refuses parameters that are not JSON, and too many', async () => {
    expect((await ask('/api/v1/sql', { method: 'POST', body: '{' })).status).toBe(400)
    expect((await ask('/api/v1/sql', { method: 'POST', body: 'x'.repeat(1024 * 1024 + 1) })).status).toBe(413)
  })

  it('asks nothing without the token, from a foreign page or under a foreign name', async () => {
    const before = asked.length
    for (const foreign of [
      { authorization: '' },
      { authorization: 'Bearer secret-tokem' },
      { authorization: 'secret-token' },
      { origin: 'https://evil.example' },
      { host: 'evil.example' },
    ]) {
      expect([401, 403]).toContain((await ask('/api/v1/sessions', { headers: foreign })).status)
    }
    expect(asked).toHaveLength(before)
  })

  it('says that it is alive without a token', async () => {
    expect((await ask('/healthz', { headers: { authorization: '' } })).status).toBe(200)
  })
})
