import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import type { Queries } from '../open-queries.ts'
import {
  log,
  metricDefinition,
  origin,
  point,
  smallLedger,
  type SmallLedger,
  span,
  T0,
  traceId,
} from '../testing/small-ledger.ts'

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const RUNS = Number(process.env['RUNS'] ?? 2)

const ledgers: SmallLedger[] = []
afterEach(async () => {
  for (const ledger of ledgers.splice(0)) await ledger.remove()
})
function newLedger(): SmallLedger {
  const ledger = smallLedger()
  ledgers.push(ledger)
  return ledger
}

const shop = origin('shop', { 'host.name': 'a', region: 'eu' })
const cart = origin('cart')
const gauge = metricDefinition({ name: 'load', type: 'gauge' })
const counter = metricDefinition({ name: 'calls', type: 'sum', temporality: 'delta', monotonic: true })

const nanos = fc.oneof(
  fc.integer({ min: 0, max: 5_000 }).map((ms) => String(BigInt(T0 + ms) * 1_000_000n)),
  fc.constantFrom('0', '1', '9223372036854775807', '9223372036854775808', '18446744073709551615'),
)
const KEYS = [
  'user.tier',
  'http.route',
  'http.response.status_code',
  'error.type',
  'dot"quote',
  '$odd',
  'host.name',
  'ключ',
]
const value = fc.oneof(
  fc.constantFrom<unknown>(
    'gold',
    503,
    503.5,
    '5.03e2',
    ' 503 ',
    '503',
    true,
    null,
    '',
    'a"b\\c',
    'line\nend',
    '店',
    '\u0000',
  ),
  fc.constantFrom<unknown>({ $int: '9223372036854775807' }, { $double: 'NaN' }, { $bytes: 'AAEC' }, [
    'gold',
    1,
    null,
  ]),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.string({ unit: 'binary' }),
  fc.object({ maxDepth: 6 }).map((deep) => JSON.parse(JSON.stringify(deep)) as unknown),
)
const attrs = fc.option(fc.dictionary(fc.constantFrom(...KEYS), value, { noNullPrototype: true }), {
  nil: undefined,
})
const from = fc.constantFrom(shop.origin, cart.origin, 'nowhere')

const spanLine = fc
  .record({
    trace: fc.integer({ min: 1, max: 5 }),
    id: fc.integer({ min: 1, max: 30 }),
    parent: fc.option(fc.constantFrom('0000000000000001', '00000000000003e7'), { nil: undefined }),
    name: fc.constantFrom('GET /', 'POST /', 'q'),
    start: nanos,
    ns: fc.constantFrom(0, 1, 1_000_000, 9_007_199_254_740_991),
    status: fc.option(fc.constantFrom('error' as const, 'ok' as const), { nil: undefined }),
    attrs,
    in: from,
  })
  .map(({ trace, id, parent, status, attrs: attributes, ...rest }) =>
    span(trace, id, {
      ...rest,
      ...(parent === undefined ? {} : { parent }),
      ...(status === undefined ? {} : { status }),
      ...(attributes === undefined ? {} : { attrs: attributes as never }),
    }),
  )
const logLine = fc
  .record({ log: nanos, severity: fc.integer({ min: 0, max: 24 }), body: value, attrs, in: from })
  .map(({ attrs: attributes, ...rest }) => ({
    ...log(0, rest as never),
    ...rest,
    ...(attributes === undefined ? {} : { attrs: attributes }),
  }))
const pointLine = fc
  .record({
    time: nanos,
    value: fc.oneof(
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constant({ $double: 'NaN' }),
    ),
    of: fc.constantFrom(gauge, counter),
    in: from,
  })
  .map(({ of, time, ...rest }) => ({ ...point(of, 0, rest as never), time }))

type Lines = { spans: object[]; logs: object[]; metrics: object[] }
const telemetry = fc.array(
  fc.record({
    spans: fc.array(spanLine, { maxLength: 12 }),
    logs: fc.array(logLine, { maxLength: 6 }),
    metrics: fc.array(pointLine, { maxLength: 6 }),
  }),
  { minLength: 1, maxLength: 3 },
)

/** Writes what comes, with a line of bytes that are no UTF-8 and one that is no JSON. */
function write(ledger: SmallLedger, { spans, logs, metrics }: Lines): void {
  const paths = [
    ledger.segment('spans', [shop, cart, ...spans]),
    ledger.segment('logs', [shop, cart, ...logs]),
    ledger.segment('metrics', [shop, cart, gauge, counter, ...metrics]),
  ]
  for (const path of paths) {
    appendFileSync(
      path,
      Buffer.from(
        '{"span":"00000000000000ff","trace":"ff","name":"\xff\xfe","start":"1","in":"x"}\n',
        'latin1',
      ),
    )
    appendFileSync(path, '{"span":"00\n')
    utimesSync(path, 1, 1)
  }
}

const QUESTIONS: [string, object][] = [
  ...['spans', 'logs', 'metrics', 'origins'].map((view): [string, object] => [
    'sql',
    { query: `SELECT * FROM ${view} ORDER BY ALL` },
  ]),
  [
    'sql',
    {
      query: `SELECT "http.route", count(*) n FROM spans WHERE start_time IS NOT NULL GROUP BY ALL ORDER BY ALL`,
    },
  ],
  ['sql', { query: 'SELECT nothing FROM spans' }],
  ['traces', {}],
  ['traces', { limit: 1 }],
  ...[
    'user.tier=gold',
    'user.tier=503',
    'http.response.status_code=503',
    'http.response.status_code>=500',
    'http.route!=gold',
    'host.name=a',
    'region=eu',
    '$odd=true',
    'ключ=店',
    'user.tier=["gold",1,null]',
    'user.tier=nowhere to be found',
  ].map((attr): [string, object] => ['traces', { attr }]),
  ['traces', { status: 'error', since: '2026-11-21T12:00:01Z' }],
  ['trace', { id: traceId(1) }],
  ['operations', {}],
  ['operations', { since: '2026-11-21T12:00:01Z', until: '2026-11-21T12:00:04Z', name: '* /' }],
  ['logs', {}],
  ['logs', { search: 'gold', limit: 2 }],
  ['metrics', {}],
  ['metric', { name: 'calls' }],
]

async function answers(queries: Queries): Promise<string[]> {
  const all: string[] = []
  for (const [name, params] of QUESTIONS)
    all.push(`${name} ${JSON.stringify(params)}: ${JSON.stringify(await queries.run(name, params))}`)
  return all
}

async function seal(queries: Queries): Promise<unknown[]> {
  const steps: unknown[] = []
  for await (const step of (await queries.run('seal', {})) as AsyncIterable<unknown>) steps.push(step)
  return steps
}

const columnsOf = (ledger: SmallLedger, kind = 'spans'): string => join(ledger.dir, 'index/columns', kind)
const parquetOf = (ledger: SmallLedger): string[] =>
  readdirSync(columnsOf(ledger))
    .filter((name) => name.endsWith('.parquet'))
    .map((name) => join(columnsOf(ledger), name))

describe(`the same answers, byte for byte (SEED=${SEED})`, () => {
  it('from open, sealed and mixed ledgers, with columns and without', async () => {
    process.stdout.write(`seed ${SEED} (SEED=${SEED} repeats this run)\n`)
    await fc.assert(
      fc.asyncProperty(telemetry, async (parts) => {
        const open = newLedger()
        for (const part of parts) write(open, part)
        const expected = await answers(await open.queries())

        const mixed = newLedger()
        write(mixed, parts[0]!)
        const mixedQueries = await mixed.queries()
        await seal(mixedQueries)
        for (const part of parts.slice(1)) write(mixed, part)
        expect(await answers(mixedQueries)).toEqual(expected)

        const sealed = newLedger()
        for (const part of parts) write(sealed, part)
        const queries = await sealed.queries()
        expect(await seal(queries)).toContainEqual({
          summary: expect.objectContaining({
            segments: parts.length * 3,
            columns: parts.length * 3,
          }) as unknown,
        })
        expect(await answers(queries)).toEqual(expected)
        expect(await answers(await sealed.queries())).toEqual(expected)

        // Gone under an engine that has them open.
        rmSync(join(sealed.dir, 'index'), { recursive: true })
        expect(await answers(queries)).toEqual(expected)
        expect(await answers(await sealed.queries())).toEqual(expected)
        await seal(queries)
        expect(await answers(queries)).toEqual(expected)
        for (const ledger of ledgers.splice(0)) await ledger.remove()
      }),
      { seed: SEED, numRuns: RUNS, endOnFailure: true },
    )
  }, 120_000)

  it('while sealing is at work, and whichever file of columns is damaged or of another version', async () => {
    const parts = fc.sample(telemetry, { seed: SEED, numRuns: 2 }).flat()
    const ledger = newLedger()
    for (const part of parts) write(ledger, part)
    const queries = await ledger.queries()
    const expected = await answers(queries)
    const state = { isDone: false }
    const sealing = seal(await ledger.queries()).finally(() => (state.isDone = true))
    while (!state.isDone) expect(await answers(queries)).toEqual(expected)
    await sealing
    expect(await answers(queries)).toEqual(expected)

    for (const file of readdirSync(columnsOf(ledger))) {
      const path = join(columnsOf(ledger), file)
      if (!existsSync(path)) continue
      const bytes = readFileSync(path)
      const middle = Math.floor(bytes.length / 2)
      const damages = [bytes.subarray(0, middle), bytes.map((byte, i) => (i === middle ? byte ^ 0xff : byte))]
      for (const damaged of damages) {
        writeFileSync(path, damaged)
        expect(await answers(queries)).toEqual(expected)
        await seal(queries)
        expect(await answers(queries)).toEqual(expected)
      }
      if (parquetOf(ledger).indexOf(path) > 2) break
    }
    for (const note of readdirSync(columnsOf(ledger)).filter((name) => name.endsWith('.json'))) {
      const path = join(columnsOf(ledger), note)
      writeFileSync(path, readFileSync(path, 'utf8').replace('"files"', '"fIles"'))
    }
    expect(await answers(await ledger.queries())).toEqual(expected)
  }, 120_000)
})
