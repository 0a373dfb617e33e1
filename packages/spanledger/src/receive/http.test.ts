import http from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { startReceiver } from './testing/receiver.ts'

type Receiver = Awaited<ReturnType<typeof startReceiver>>
const open: Receiver[] = []
const start = async (options?: Parameters<typeof startReceiver>[0]): Promise<Receiver> => {
  const receiver = await startReceiver(options)
  open.push(receiver)
  return receiver
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((receiver) => receiver.close()))
})

interface Answer {
  status: number
  headers: http.IncomingHttpHeaders
  body: Buffer
}

/** fetch cannot set Host or send half a body: a raw request can. */
function send(
  port: number,
  options: {
    method?: string
    path?: string
    headers?: Record<string, string>
    body?: Uint8Array
    abortAfter?: number
  },
): Promise<Answer> {
  const { method = 'POST', path = '/v1/traces', headers = {}, body = new Uint8Array() } = options
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }),
      )
    })
    request.on('error', reject)
    request.end(body)
  })
}

const PROTOBUF = { 'content-type': 'application/x-protobuf' }
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }

describe('OTLP over HTTP', () => {
  it('hands each signal on with its encoding, and answers in the type of the request', async () => {
    const { httpPort, received } = await start()
    for (const signal of ['traces', 'metrics', 'logs']) {
      const overProtobuf = await send(httpPort, {
        path: `/v1/${signal}`,
        headers: PROTOBUF,
        body: Buffer.from('p'),
      })
      expect(overProtobuf).toMatchObject({
        status: 200,
        headers: { 'content-type': 'application/x-protobuf' },
      })
      expect(overProtobuf.body).toHaveLength(0)
      const overJson = await send(httpPort, {
        path: `/v1/${signal}`,
        headers: JSON_TYPE,
        body: Buffer.from('{}'),
      })
      expect(overJson).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } })
      expect(overJson.body.toString()).toBe('{}')
    }
    expect(received.map(({ signal, encoding }) => `${signal} ${encoding}`)).toEqual([
      'traces protobuf',
      'traces json',
      'metrics protobuf',
      'metrics json',
      'logs protobuf',
      'logs json',
    ])
  })

  it('takes chunked bodies and gzip', async () => {
    const { httpPort, received } = await start()
    const chunked = { ...PROTOBUF, 'transfer-encoding': 'chunked' }
    expect((await send(httpPort, { headers: chunked, body: Buffer.from('abc') })).status).toBe(200)
    const gzipped = { ...PROTOBUF, 'content-encoding': 'gzip' }
    expect((await send(httpPort, { headers: gzipped, body: gzipSync('def') })).status).toBe(200)
    expect(received.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(['abc', 'def'])
  })

  it('tells a partial success in both encodings', async () => {
    const { httpPort } = await start({ ingest: () => Promise.resolve({ rejected: 2, message: 'bad ids' }) })
    const json = await send(httpPort, { path: '/v1/logs', headers: JSON_TYPE, body: Buffer.from('{}') })
    expect(JSON.parse(json.body.toString())).toEqual({
      partialSuccess: { rejectedLogRecords: '2', errorMessage: 'bad ids' },
    })
    const protobuf = await send(httpPort, { headers: PROTOBUF })
    // partial_success { rejected_spans: 2, error_message: "bad ids" }
    expect([...protobuf.body]).toEqual([0x0a, 11, 0x08, 2, 0x12, 7, ...Buffer.from('bad ids')])
  })

  it.each([
    ['a method that is not POST', { method: 'GET' }, 405],
    ['an unknown path', { path: '/v1/spans', headers: PROTOBUF }, 404],
    ['profiles, which are not received', { path: '/v1development/profiles', headers: PROTOBUF }, 404],
    ['no content type', {}, 415],
    ['a foreign content type', { headers: { 'content-type': 'text/plain' } }, 415],
    ['an unknown content encoding', { headers: { ...PROTOBUF, 'content-encoding': 'br' } }, 415],
    ['a foreign host', { headers: { ...PROTOBUF, host: 'evil.example:4318' } }, 403],
    ['a foreign origin', { headers: { ...PROTOBUF, origin: 'https://evil.example' } }, 403],
    ['an opaque origin', { headers: { ...PROTOBUF, origin: 'null' } }, 403],
    [
      'gzip that is none',
      { headers: { ...PROTOBUF, 'content-encoding': 'gzip' }, body: Buffer.from('no gzip') },
      400,
    ],
    [
      'gzip that was cut off',
      {
        headers: { ...PROTOBUF, 'content-encoding': 'gzip' },
        body: gzipSync('x'.repeat(999)).subarray(0, 20),
      },
      400,
    ],
  ])('refuses %s with a Status, and serves the next request', async (_, request, status) => {
    const { httpPort, received } = await start()
    const answer = await send(httpPort, request)
    expect(answer.status).toBe(status)
    expect(answer.body.length).toBeGreaterThan(0)
    expect((await send(httpPort, { headers: PROTOBUF, body: Buffer.from('good') })).status).toBe(200)
    expect(received).toHaveLength(1)
  })

  it('lets pages of this machine send, and only these', async () => {
    const { httpPort } = await start()
    const origin = 'http://localhost:3000'
    const preflight = await send(httpPort, { method: 'OPTIONS', headers: { origin } })
    expect(preflight.status).toBe(204)
    expect(preflight.headers['access-control-allow-origin']).toBe(origin)
    const answer = await send(httpPort, { headers: { ...JSON_TYPE, origin }, body: Buffer.from('{}') })
    expect(answer.headers['access-control-allow-origin']).toBe(origin)
    const refused = await send(httpPort, { headers: { 'content-type': 'text/plain', origin } })
    expect(refused).toMatchObject({ status: 415, headers: { 'access-control-allow-origin': origin } })
    const foreign = await send(httpPort, { headers: { ...JSON_TYPE, origin: 'https://evil.example' } })
    expect(foreign.status).toBe(403)
    expect(foreign.headers['access-control-allow-origin']).toBeUndefined()
  })

  it('takes hosts that were allowed', async () => {
    const { httpPort } = await start()
    expect((await send(httpPort, { headers: { ...PROTOBUF, host: 'OTLP.test:4318' } })).status).toBe(200)
  })

  it('answers 413 to a body over the limit, declared or not, and serves the next request', async () => {
    const { httpPort, received } = await start({ limits: { requestBytesMax: 1_000 } })
    const declared = await send(httpPort, { headers: PROTOBUF, body: Buffer.alloc(1_001) })
    expect(declared.status).toBe(413)
    const chunked = { ...JSON_TYPE, 'transfer-encoding': 'chunked' }
    const undeclared = await send(httpPort, { headers: chunked, body: Buffer.alloc(500_000) })
    expect(undeclared.status).toBe(413)
    expect(JSON.parse(undeclared.body.toString())).toMatchObject({ code: 8 })
    expect((await send(httpPort, { headers: PROTOBUF, body: Buffer.alloc(1_000) })).status).toBe(200)
    expect(received).toHaveLength(1)
  })

  it('answers 413 to a small body that inflates without end', async () => {
    const { httpPort } = await start({ limits: { requestBytesMax: 100_000 } })
    const bomb = gzipSync(Buffer.alloc(50_000_000))
    expect(bomb.length).toBeLessThan(100_000)
    const answer = await send(httpPort, { headers: { ...PROTOBUF, 'content-encoding': 'gzip' }, body: bomb })
    expect(answer.status).toBe(413)
  })

  it.each([
    ['MALFORMED_OTLP', 400, undefined],
    ['STORAGE_FULL', 503, '1'],
    ['STORAGE_SYNC', 503, '1'],
    ['STORAGE_FAILED', 503, '1'],
    ['STORAGE_BUSY', 503, '1'],
    ['SOMETHING_ELSE', 500, undefined],
  ])('answers an ingest that fails with %s as %i', async (code, status, retryAfter) => {
    const { httpPort } = await start({
      ingest: () => Promise.reject(Object.assign(new Error('why it failed'), { code })),
    })
    const answer = await send(httpPort, { headers: JSON_TYPE, body: Buffer.from('{}') })
    expect(answer.status).toBe(status)
    expect(answer.headers['retry-after']).toBe(retryAfter)
    expect(JSON.parse(answer.body.toString()).message).toContain('why it failed')
  })

  it('answers 503 while too much is in flight, and takes again afterwards', async () => {
    const waiting: (() => void)[] = []
    const ingest = () =>
      new Promise<{ rejected: number; message: string }>((resolve) => {
        waiting.push(() => resolve({ rejected: 0, message: '' }))
      })
    const { httpPort } = await start({ ingest, limits: { inflightBytesMax: 1_000 } })
    const first = send(httpPort, { headers: PROTOBUF, body: Buffer.alloc(900) })
    await expect.poll(() => waiting.length).toBe(1)
    const second = await send(httpPort, { headers: PROTOBUF, body: Buffer.alloc(900) })
    expect(second).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
    waiting[0]!()
    expect((await first).status).toBe(200)
    const third = send(httpPort, { headers: PROTOBUF, body: Buffer.alloc(900) })
    await expect.poll(() => waiting.length).toBe(2)
    waiting[1]!()
    expect((await third).status).toBe(200)
  })

  it('forgets a request whose client goes away', async () => {
    const { httpPort, received } = await start({ limits: { inflightBytesMax: 1_000 } })
    const request = http.request({
      host: '127.0.0.1',
      port: httpPort,
      path: '/v1/traces',
      method: 'POST',
      headers: { ...PROTOBUF, 'content-length': '900' },
    })
    request.on('error', () => {})
    request.write(Buffer.alloc(800))
    await new Promise((resolve) => setTimeout(resolve, 50))
    request.destroy()
    await expect
      .poll(async () => (await send(httpPort, { headers: PROTOBUF, body: Buffer.alloc(900) })).status)
      .toBe(200)
    expect(received.map(({ bytes }) => bytes.length)).toEqual([900])
  })
})
