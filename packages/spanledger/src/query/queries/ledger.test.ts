import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Queries } from '../open-queries.ts'
import {
  at,
  event,
  log,
  origin,
  smallLedger,
  type SmallLedger,
  span,
  T0,
  traceId,
} from '../testing/small-ledger.ts'

let ledger: SmallLedger
let queries: Queries
beforeEach(async () => {
  ledger = smallLedger()
  queries = await ledger.queries()
})
afterEach(() => ledger.remove())

const shop = origin('shop')
const collect = async (items: unknown, atMost = Infinity): Promise<unknown[]> => {
  const all: unknown[] = []
  for await (const item of items as AsyncIterable<unknown>) {
    all.push(item)
    if (all.length >= atMost) break
  }
  return all
}

describe('events', () => {
  const recorded = [
    event(1, 'SessionStarted', 'session-a', 1, { agent: 'x' }),
    event(2, 'SessionToolUsed', 'session-a', 2),
    event(3, 'SessionStarted', 'session-b', 1),
    { ...event(4, 'SessionCompleted', 'session-a', 3), meta: { traceId: traceId(1) } },
  ]
  beforeEach(() => void ledger.segment('events', recorded, { name: '00000000000000000001' }))

  it('are listed as they were recorded', async () => {
    expect(await queries.run('events', {})).toEqual({ rows: recorded, cut: false, limit: 50 })
    expect(await queries.run('events', { limit: 1 })).toMatchObject({ rows: [{ position: 4 }], cut: true })
  })

  it.each([
    [{ type: 'SessionStarted' }, [1, 3]],
    [{ type: ['SessionToolUsed', 'SessionCompleted'] }, [2, 4]],
    [{ stream: '*-b' }, [3]],
    [{ since: '2026-11-21T12:00:00.003Z' }, [3, 4]],
    [{ until: '2026-11-21T12:00:00.002Z' }, [1]],
  ])('are chosen by %j, listed and exported alike', async (params, positions) => {
    const listed = (await queries.run('events', params)) as { rows: { position: number }[] }
    expect(listed.rows.map(({ position }) => position)).toEqual(positions)
    const exported = (await collect(await queries.run('events.export', params))) as { position: number }[]
    expect(exported.map(({ position }) => position)).toEqual(positions)
  })

  it('say when the ledger took them, and are listed whatever their times: before 1970, and when no clock of DuckDB goes', async () => {
    const odd = [
      { ...event(5, 'Old', 'odd', 1), time: '-86400000000001' },
      { ...event(6, 'Far', 'odd', 2), time: '9999999999999999999', recorded: '1795262400000000123' },
    ]
    ledger.segment('events', odd, { name: '00000000000000000005' })
    expect(await queries.run('events', { stream: 'odd' })).toMatchObject({ rows: odd })
    const rows = async (params: object) =>
      ((await queries.run('events', params)) as { rows: { position: number }[] }).rows.map((r) => r.position)
    expect(await rows({ until: '1969-12-31T23:59:59Z' })).toEqual([5])
    expect(await rows({ since: '2285-01-01' })).toEqual([6])
    expect(await queries.run('events.stats', {})).toMatchObject({ events: 6, lastPosition: 6 })
  })

  it('are counted', async () => {
    expect(await queries.run('events.stats', {})).toMatchObject({
      events: 4,
      streams: 2,
      lastPosition: 4,
      types: [
        { type: 'SessionStarted', events: 2, streams: 2, firstTime: '2026-11-21T12:00:00.001000000Z' },
        { events: 1 },
        { events: 1 },
      ],
    })
  })

  it('are followed from a position on, and the following ends when the questions are closed', async () => {
    expect(await collect(await queries.run('events.follow', { fromPosition: 3 }), 2)).toMatchObject([
      { position: 3 },
      { position: 4 },
    ])
    const following = collect(await queries.run('events.follow', {}))
    queries.close()
    expect(await following).toEqual([])
  })
})

describe('status', () => {
  it('counts segments and bytes, and warns of a torn line its writer left behind', async () => {
    const path = ledger.segment('spans', [shop, span(1, 1, { in: shop.origin })], { torn: '{"span":"00' })
    const fresh = ledger.segment('logs', [shop], { torn: '{"log' })
    utimesSync(path, T0 / 1000, T0 / 1000)
    utimesSync(fresh, T0 / 1000 + 3599, T0 / 1000 + 3599)
    expect(await queries.run('status', {})).toMatchObject({
      home: ledger.dir,
      format: 1,
      version: '1.2.3',
      daemon: null,
      writers: 1,
      kinds: [
        { kind: 'spans', segments: 1, lastWrittenAt: '2026-11-21T12:00:00.000Z' },
        { kind: 'logs', segments: 1 },
        { kind: 'metrics', segments: 0, bytes: 0, lastWrittenAt: null },
        { kind: 'events', segments: 0 },
      ],
      warnings: [expect.stringContaining(path)],
    })
  })

  it('tells the rest where a segment cannot be read', async () => {
    ledger.segment('spans', [shop])
    const path = ledger.segment('logs', [shop])
    rmSync(path)
    mkdirSync(path)
    expect(await queries.run('status', {})).toMatchObject({
      kinds: [{ kind: 'spans', segments: 1 }, {}, {}, {}],
      warnings: [`${path} cannot be read: EISDIR`],
    })
  })
})

describe('verify', () => {
  it('says what is damaged and where, or that nothing is', async () => {
    ledger.segment('spans', [shop, span(1, 1, { in: shop.origin })])
    expect(await queries.run('verify', {})).toMatchObject({
      ok: true,
      findings: [],
      summary: { lines: { spans: 1 } },
    })
    const path = ledger.segment('logs', [shop, 'damaged', log(1, { in: shop.origin })])
    expect(await queries.run('verify', {})).toMatchObject({
      ok: false,
      cut: false,
      findings: [{ finding: 'damagedLine', path, kind: 'logs' }],
      summary: { findings: 1 },
    })
  })

  it.each([1, 2, 3])(
    'repairs an event %i lines before the end, in several pieces, at once',
    async (before) => {
      const events = [1, 2, 3, 4, 5].map((n) => event(n, 'SessionToolUsed', 'session-a', n))
      const path = ledger.segment('events', events, { name: '1'.padStart(20, '0') })
      const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
      lines[6 - before] = lines[6 - before]!.replace('"stream"', '\n"stream"').replace('"time"', '\n"time"')
      writeFileSync(path, `${lines.join('\n')}\n`)
      expect(await queries.run('verify', { repair: true })).toMatchObject({
        state: 'repaired',
        repair: { actions: { isolated: 3 } },
      })
      expect(await queries.run('verify', {})).toMatchObject({ state: 'repaired' })
    },
  )
})

/** An OTLP/JSON request of one span. */
const request = (traceDigit: string, attributes: object[] = []): object => ({
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeSpans: [
        {
          scope: { name: 'lib', version: '1' },
          spans: [
            {
              traceId: traceDigit.repeat(32),
              spanId: traceDigit.repeat(16),
              name: 'imported',
              kind: 3,
              startTimeUnixNano: at(0),
              endTimeUnixNano: at(1),
              attributes,
              status: {},
            },
          ],
        },
      ],
    },
  ],
})

const file = (name: string, text: string | Uint8Array): string => {
  mkdirSync(join(ledger.dir, 'in'), { recursive: true })
  const path = join(ledger.dir, 'in', name)
  writeFileSync(path, text)
  return path
}
const line = (value: object): string => JSON.stringify(value)

/** Names of the spans that an export holds. */
const names = async (params: object): Promise<unknown> =>
  (
    (await collect(await queries.run('export' as string, { signal: 'traces', ...params }))) as string[]
  ).flatMap((text) => [...text.matchAll(/"name":"(span \d)"/g)].map(([, name]) => name))

describe('import', () => {
  it('takes JSON Lines, names bad lines by their number, and lets the rest in', async () => {
    const path = file(
      'traces.jsonl',
      `\ufeff${line(request('1'))}\n\n{"resourceSpans":[{]}\n{"other":1}\nnot json\n${line(request('2'))}`,
    )
    const answer = await queries.run('import', { files: [path] })
    expect(answer).toMatchObject({
      ok: false,
      files: [{ file: path, spans: 2, logs: 0, badLines: 3, bad: [{ line: 3 }, { line: 4 }, { line: 5 }] }],
    })
    expect(await queries.run('trace', { id: '2'.repeat(32) })).toMatchObject({
      spanCount: 1,
      services: ['shop'],
    })
  })

  it('takes one request that is printed over many lines', async () => {
    const path = file('one.json', JSON.stringify(request('3'), undefined, 2))
    expect(await queries.run('import', { files: path })).toMatchObject({
      ok: true,
      files: [{ spans: 1, badLines: 0 }],
    })
  })

  it('redacts what comes in this way as well', async () => {
    const secret = ['gh', 'p_', 'x7Kq2Lm9Pz4Rt6Yv1Bn8', 'Wc3Df5Gh0JsAeUiO'].join('')
    const path = file(
      't.jsonl',
      line(request('4', [{ key: 'note', value: { stringValue: `token ${secret}` } }])),
    )
    expect(await queries.run('import', { files: [path] })).toMatchObject({
      files: [{ spans: 1, redacted: 1 }],
    })
    const folder = join(ledger.dir, 'ledger/spans')
    for (const name of readdirSync(folder))
      expect(readFileSync(join(folder, name), 'utf8')).not.toContain(secret)
  })

  it('asks which signal a protobuf file holds when its name does not say', async () => {
    const path = file('request.pb', Uint8Array.of(0x0a, 0x00))
    expect(await queries.run('import', { files: [path] })).toMatchObject({
      refused: 'BAD_PARAMETER',
      next: expect.stringContaining('--signal'),
    })
    expect(await queries.run('import', { files: [path], signal: 'logs' })).toMatchObject({ ok: true })
    expect(
      await queries.run('import', { files: [file('traces.pb', Uint8Array.of(0xff, 0xff))] }),
    ).toMatchObject({ ok: false, files: [{ badLines: 1 }] })
  })

  it('refuses a file that is not there before anything is taken', async () => {
    expect(
      await queries.run('import', { files: [file('a.jsonl', line(request('5'))), '/nowhere/b.jsonl'] }),
    ).toMatchObject({ refused: 'UNREADABLE_FILE' })
    expect(readdirSync(join(ledger.dir, 'ledger/spans'))).toEqual([])
  })

  it.each([
    ['JSON Lines', `${line(request('1'))}\n{"other":1}\n${line(request('2'))}`, 2, 1],
    ['one request over many lines', `\ufeff${JSON.stringify(request('3'), undefined, 2)}`, 1, 0],
  ])('takes %s from standard input, in whatever parts they come', async (_, text, spans, badLines) => {
    for (const size of [1, 7, 64, text.length]) {
      const bytes = Buffer.from(text)
      const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (__, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      )
      const piped = await ledger.queries({ input: Readable.from(parts) })
      expect(await piped.run('import', { files: ['-'] })).toMatchObject({
        files: [{ file: '-', spans, badLines }],
      })
    }
  })

  it('refuses a folder', async () => {
    expect(await queries.run('import', { files: [ledger.dir] })).toMatchObject({
      refused: 'UNREADABLE_FILE',
      message: `cannot read ${ledger.dir}: EISDIR`,
    })
  })

  it('gives back with export what went in', async () => {
    const attributes = [
      { key: 'int', value: { intValue: '9223372036854775807' } },
      { key: 'double', value: { doubleValue: 1 } },
      { key: 'list', value: { arrayValue: { values: [{ boolValue: true }, { stringValue: 'ü' }] } } },
    ]
    await queries.run('import', {
      files: [file('a.jsonl', `${line(request('6', attributes))}\n${line(request('7'))}\n`)],
    })
    const exported = (await collect(await queries.run('export', { signal: 'traces' }))) as string[]
    expect(exported).toHaveLength(1)
    const again = file('b.jsonl', exported.join('\n'))
    const other = smallLedger()
    try {
      const there = await other.queries()
      expect(await there.run('import', { files: [again] })).toMatchObject({ ok: true, files: [{ spans: 2 }] })
      expect(await collect(await there.run('export', { signal: 'traces' }))).toEqual(exported)
    } finally {
      await other.remove()
    }
    expect(JSON.parse(exported[0]!)).toMatchObject({
      resourceSpans: [
        { scopeSpans: [{ spans: [{ traceId: '6'.repeat(32), attributes }, { traceId: '7'.repeat(32) }] }] },
      ],
    })
  })

  it('exports a time range only, past damaged lines', async () => {
    ledger.segment('spans', [
      shop,
      span(1, 1, { start: at(0), in: shop.origin }),
      'damage',
      span(2, 2, { start: at(50), in: shop.origin }),
      span(3, 3, { in: 'undefined' }),
    ])
    expect(await names({})).toEqual(['span 1', 'span 2'])
    expect(await names({ since: '2026-11-21T12:00:00.050Z' })).toEqual(['span 2'])
    expect(await names({ until: '2026-11-21T12:00:00.050Z' })).toEqual(['span 1'])
  })
})

it('a flipped byte is damage for export and trace as it is for SQL and verify, never other text', async () => {
  const path = ledger.segment('spans', [
    shop,
    span(1, 1, { name: 'damaged', in: shop.origin }),
    span(1, 2, { name: 'whole', in: shop.origin }),
  ])
  const bytes = readFileSync(path)
  bytes[bytes.indexOf('damaged') + 1]! ^= 0x80
  writeFileSync(path, bytes)
  expect((await collect(await queries.run('export', { signal: 'traces' }))).join('')).not.toMatch(
    /\ufffd|maged/,
  )
  expect(await queries.run('trace', { id: traceId(1) })).toMatchObject({ spanCount: 1, damaged: 1 })
  expect(await queries.run('sql', { query: 'SELECT name FROM spans' })).toMatchObject({
    rows: [{ name: 'whole' }],
  })
})

describe('questions from other processes', () => {
  it('neither write nor stream', async () => {
    for (const name of ['import', 'export', 'events.export', 'events.follow', 'nothing', '__proto__'])
      expect(await queries.answer(name, { files: ['/etc/hostname'], signal: 'traces' })).toMatchObject({
        refused: 'UNKNOWN_QUERY',
      })
    expect(await queries.answer('status', {})).toMatchObject({ format: 1 })
  })
})
