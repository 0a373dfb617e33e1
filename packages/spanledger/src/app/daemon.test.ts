import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { nodePlatform } from '@spanledger/sdk/platform'
import { afterEach, describe, expect, it } from 'vitest'
import { startDaemon, type Daemon } from './daemon.ts'

const MEBIBYTE = 1024 * 1024
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'spanledger-daemon-'))
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const start = async (home = join(newFolder(), 'home')): Promise<Daemon> => {
  const daemon = await startDaemon(nodePlatform(), { home, otlpHttpPort: 0, otlpGrpcPort: 0, port: 0 })
  cleanups.push(() => daemon.close())
  return daemon
}

const post = async (
  daemon: Daemon,
  path: string,
  body: Uint8Array | string,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> => {
  const response = await fetch(`http://127.0.0.1:${daemon.otlpHttpPort}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
  return { status: response.status, text: await response.text() }
}

const span = (fields: object = {}): object => ({
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  name: 'GET /users/:id',
  startTimeUnixNano: '1763693000000000123',
  endTimeUnixNano: '1763693000000001123',
  ...fields,
})
const traces = (...spans: object[]): string =>
  JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        scopeSpans: [{ spans }],
      },
    ],
  })

const linesOf = (daemon: Daemon, kind: string): Record<string, unknown>[] => {
  const folder = join(daemon.home, 'ledger', kind)
  return readdirSync(folder)
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

describe('a daemon', () => {
  it('writes what it acknowledges as plain lines, for its user only', async () => {
    const daemon = await start()
    expect(await post(daemon, '/v1/traces', traces(span()))).toEqual({ status: 200, text: '{}' })
    const [header, origin, line] = linesOf(daemon, 'spans')
    expect(header).toMatchObject({ ledger: 1, kind: 'spans' })
    expect(origin).toMatchObject({ resource: { attrs: { 'service.name': 'shop' } } })
    expect(line).toMatchObject({
      name: 'GET /users/:id',
      start: '1763693000000000123',
      ns: 1000,
      in: origin!['origin'],
    })
    const [segment] = readdirSync(join(daemon.home, 'ledger/spans'))
    expect(statSync(join(daemon.home, 'ledger/spans', segment!)).mode & 0o777).toBe(0o600)
    expect(statSync(daemon.home).mode & 0o777).toBe(0o700)
    expect(statSync(join(daemon.home, 'run/daemon.json')).mode & 0o777).toBe(0o600)
  })

  it('tells what it refused, and keeps the rest', async () => {
    const daemon = await start()
    const body = traces(
      span(),
      span({ spanId: 'b7ad6b71692033' }),
      span({ traceId: '0'.repeat(32), spanId: '00f067aa0ba902b7' }),
    )
    const { status, text } = await post(daemon, '/v1/traces', body)
    expect(status).toBe(200)
    expect(JSON.parse(text)).toMatchObject({
      partialSuccess: { rejectedSpans: '2', errorMessage: expect.stringContaining('spans[1]') },
    })
    expect(linesOf(daemon, 'spans').filter((line) => 'span' in line)).toHaveLength(1)
  })

  it.each([
    ['truncated JSON', traces(span()).slice(0, -10), {}],
    ['an enum name that does not exist', traces(span({ kind: 'SPAN_KIND_SIDEWAYS' })), {}],
    ['10,000 levels of nesting', `{"resourceSpans":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, {}],
    [
      'invalid UTF-8',
      Buffer.concat([Buffer.from('{"x":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
      {},
    ],
    ['garbage protobuf', Buffer.from('ff'.repeat(40), 'hex'), { 'content-type': 'application/x-protobuf' }],
    ['truncated protobuf', Buffer.from([0x0a, 0x20, 0x12]), { 'content-type': 'application/x-protobuf' }],
    ['garbage gzip', Buffer.from('nonsense'), { 'content-encoding': 'gzip' }],
    ['gzip that was cut', gzipSync(traces(span())).subarray(0, 40), { 'content-encoding': 'gzip' }],
  ])('answers 400 to %s, keeps nothing of it, and takes the next request', async (_, body, headers) => {
    const daemon = await start()
    const { status, text } = await post(daemon, '/v1/traces', body, headers)
    expect(status).toBe(400)
    expect(text.length).toBeGreaterThan(2)
    expect((await post(daemon, '/v1/traces', traces(span()))).status).toBe(200)
    expect(linesOf(daemon, 'spans').filter((line) => 'span' in line)).toHaveLength(1)
  })

  it('answers 413 to 65 MiB, plain or inflated, and takes the next request', async () => {
    const daemon = await start()
    expect(await sendRaw(daemon, Buffer.alloc(65 * MEBIBYTE, 0x20), {})).toBe(413)
    const bomb = gzipSync(Buffer.alloc(65 * MEBIBYTE, 0x20))
    expect(await sendRaw(daemon, bomb, { 'content-encoding': 'gzip' })).toBe(413)
    expect((await post(daemon, '/v1/traces', traces(span()))).status).toBe(200)
  })

  it('says which port is taken, and by which option to choose another', async () => {
    const { otlpHttpPort } = await start()
    const second = startDaemon(nodePlatform(), {
      home: join(newFolder(), 'other'),
      otlpHttpPort,
      otlpGrpcPort: 0,
      port: 0,
    })
    await expect(second).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringMatching(new RegExp(`${otlpHttpPort}.*--otlp-http-port`)),
    })
  })

  it('lets one of several that start at once have the home', async () => {
    const home = join(newFolder(), 'home')
    const tries = await Promise.allSettled(Array.from({ length: 4 }, () => start(home)))
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const failed of tries.filter((one) => one.status === 'rejected'))
      expect(failed.reason).toMatchObject({ code: 'ALREADY_RUNNING' })
    expect(existsSync(join(home, 'run/daemon.json'))).toBe(true)
  })

  it('refuses a home that another daemon serves', async () => {
    const { home } = await start()
    const second = startDaemon(nodePlatform(), { home, otlpHttpPort: 0, otlpGrpcPort: 0, port: 0 })
    await expect(second).rejects.toMatchObject({
      code: 'ALREADY_RUNNING',
      message: expect.stringContaining(String(process.pid)),
    })
  })

  it('cuts off what a writer that died left half written, and says so', async () => {
    const { home, close } = await start()
    await close()
    const folder = join(home, 'ledger/spans')
    const name = '20200101T000000000Z-0123456789ab-000001'
    const header = `{"ledger":1,"kind":"spans","segment":"${name}","writer":"0123456789ab","created":"1"}\n`
    const torn = join(folder, `${name}.jsonl`)
    writeFileSync(torn, `${header}{"span":"0123`)
    // At rest for long enough to be taken for abandoned: nothing is known of its writer.
    utimesSync(torn, 0, 0)
    const warnings: string[] = []
    const daemon = await startDaemon(nodePlatform(), {
      home,
      otlpHttpPort: 0,
      otlpGrpcPort: 0,
      port: 0,
      warn: (message) => warnings.push(message),
    })
    cleanups.push(() => daemon.close())
    await expect.poll(() => warnings).toHaveLength(1)
    expect(warnings[0]).toContain(`cut 13 bytes of an unfinished line off ${torn} at ${header.length}`)
    expect(readFileSync(torn, 'utf8')).toBe(header)
  })

  it('leaves nothing behind but the ledger when it ends', async () => {
    const daemon = await start()
    await daemon.close()
    expect(readdirSync(join(daemon.home, 'run'))).not.toContain('daemon.json')
    await expect(fetch(`http://127.0.0.1:${daemon.otlpHttpPort}/v1/traces`)).rejects.toThrow('fetch failed')
  })

  it.each([
    ['redaction:\n  patterns:\n    - { name: broken, regex: "(" }', 'broken'],
    ['recieve: {}', 'recieve'],
    ['receive: { port: 70000 }', 'receive.port'],
    ['receive: [', 'config.yaml'],
  ])('names what is wrong in config.yaml: %s', async (text, expected) => {
    const home = join(newFolder(), 'home')
    mkdirSync(home)
    writeFileSync(join(home, 'config.yaml'), text)
    await expect(start(home)).rejects.toThrow(expected)
  })

  it('says that a home cannot be made where a file is in the way', async () => {
    const file = join(newFolder(), 'file')
    writeFileSync(file, '')
    await expect(start(join(file, 'home'))).rejects.toMatchObject({ code: 'HOME_UNWRITABLE' })
  })

  it('says that a home cannot be written', async (test) => {
    if (process.getuid?.() === 0) test.skip('root may write anywhere')
    const folder = newFolder()
    chmodSync(folder, 0o500)
    await expect(start(join(folder, 'home'))).rejects.toMatchObject({ code: 'HOME_UNWRITABLE' })
    chmodSync(folder, 0o700)
  })
})

/** A status even when the daemon stops reading half way, which fetch reports as a failure. */
function sendRaw(daemon: Daemon, body: Uint8Array, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        host: '127.0.0.1',
        port: daemon.otlpHttpPort,
        path: '/v1/traces',
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
      },
      (response) => {
        response.resume()
        resolve(response.statusCode!)
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}
