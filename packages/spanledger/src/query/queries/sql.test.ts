import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Queries } from '../open-queries.ts'
import {
  at,
  event,
  log,
  metricDefinition,
  origin,
  point,
  smallLedger,
  type SmallLedger,
  span,
  spanId,
  traceId,
} from '../testing/small-ledger.ts'
import { ORIGINS, VIEWS } from '../duck/views.ts'

let ledger: SmallLedger
let queries: Queries
let outside: string
let spans: string
beforeEach(async () => {
  ledger = smallLedger()
  queries = await ledger.queries()
  outside = mkdtempSync(join(tmpdir(), 'spanledger-outside-'))
  writeFileSync(join(outside, 'secret.json'), '{"secret":1}\n')
  spans = ledger.segment('spans', [
    shop,
    span(1, 1, {
      start: '1795262400000000123',
      ns: 9_007_199_254_740_991,
      attrs: { a: 1, 'dot.ted': 'x' },
      in: shop.origin,
    }),
    span(1, 2, { start: '18446744073709551615', end: '5', kind: 9, status: 7, in: shop.origin }),
    span(1, 3, { start: at(0), end: at(2), in: 'nowhere' }),
  ])
})
afterEach(async () => {
  await ledger.remove()
  rmSync(outside, { recursive: true, force: true })
})

const shop = origin('it\'s "quoted" 店')
const ask = (query: string, limit?: number): Promise<unknown> =>
  queries.run('sql' as string, { query, ...(limit === undefined ? {} : { limit }) })
const rows = async (query: string): Promise<unknown> => {
  const answer = (await ask(query)) as { rows: unknown }
  expect(answer).toHaveProperty('rows')
  return answer.rows
}

const target = (): string => join(outside, 'written')

describe('the views', () => {
  it('have the columns that are documented, also over nothing', async () => {
    const documented = readFileSync(new URL('../../../../../docs/reference/sql.md', import.meta.url), 'utf8')
    for (const view of [...VIEWS, { name: 'origins', columns: ORIGINS }]) {
      const answer = (await ask(`SELECT * FROM ${view.name} LIMIT 1`)) as {
        columns: { name: string; type: string }[]
      }
      expect(answer.columns).toEqual(view.columns.map(({ name, type }) => ({ name, type })))
      for (const { name, type, about } of view.columns)
        expect(documented).toContain(`| \`${name}\` | ${type} | ${about} |`)
    }
  })

  it('are exact where times and durations are at their limits', async () => {
    expect(
      await rows(
        'SELECT start_time::VARCHAR t, start_unix_nano n, duration_ns d, kind, status, service FROM spans ORDER BY span_id',
      ),
    ).toEqual([
      {
        t: '2026-11-21 12:00:00.000000123',
        n: '1795262400000000123',
        d: 9_007_199_254_740_991,
        kind: 'internal',
        status: 'unset',
        service: 'it\'s "quoted" 店',
      },
      { t: null, n: '18446744073709551615', d: 0, kind: '9', status: '7', service: 'it\'s "quoted" 店' },
      { t: '2026-11-21 12:00:00', n: at(0), d: 2_000_000, kind: 'internal', status: 'unset', service: null },
    ])
    expect(
      await rows(`SELECT attributes->>'$."dot.ted"' v, attributes FROM spans WHERE span_id = '${spanId(1)}'`),
    ).toEqual([{ v: 'x', attributes: { a: 1, 'dot.ted': 'x' } }])
  })

  it('join', async () => {
    const metric = metricDefinition({ name: 'm', type: 'gauge' })
    ledger.segment('logs', [shop, log(1, { body: 'hello', trace: traceId(1), in: shop.origin })])
    ledger.segment('metrics', [
      shop,
      metric,
      point(metric, 1, { value: { $double: 'NaN' }, in: shop.origin }),
    ])
    ledger.segment('events', [event(1, 'Happened', 's', 1, { x: [1] })])
    expect(await rows('SELECT count(*) n FROM spans JOIN logs USING (trace_id)')).toEqual([{ n: 3 }])
    expect(await rows('SELECT name, type, value FROM metrics')).toEqual([
      { name: 'm', type: 'gauge', value: 'NaN' },
    ])
    expect(await rows(`SELECT type, data->'$.x' x, epoch_ns(time) t FROM events`)).toEqual([
      { type: 'Happened', x: [1], t: at(1) },
    ])
    expect(await rows('SELECT service FROM origins')).toEqual([{ service: 'it\'s "quoted" 店' }])
  })
})

describe('SQL', () => {
  it.each([
    'SELECT 1 AS n',
    'WITH a AS (SELECT 1 AS n) SELECT * FROM a;',
    'FROM (VALUES (1)) t(n)',
    '-- a comment\nSELECT 1 AS n',
  ])('reads: %s', async (query) => expect(await rows(query)).toEqual([{ n: 1 }]))

  it.each([
    'DESCRIBE spans',
    'SUMMARIZE spans',
    'SHOW TABLES',
    'EXPLAIN SELECT 1',
    'EXPLAIN ANALYZE SELECT 1',
  ])('reads: %s', async (query) => {
    expect(await ask(query)).toHaveProperty('rows')
  })

  it.each<[string, () => string]>([
    ['INSERT', () => 'INSERT INTO origins VALUES (1,2,3,4,5,6)'],
    ['CREATE', () => 'CREATE TABLE t AS SELECT 1'],
    ['DROP', () => 'DROP VIEW spans'],
    ['COPY out', () => `COPY (SELECT 1) TO '${target()}'`],
    ['COPY over the ledger', () => `COPY (SELECT 1) TO '${spans}' (USE_TMP_FILE false)`],
    ['COPY in an explanation', () => `EXPLAIN ANALYZE COPY (SELECT 1) TO '${spans}' (USE_TMP_FILE false)`],
    [
      'COPY in an explanation, hidden',
      () => `EXPLAIN /* */ ANALYZE COPY (SELECT 1) TO '${spans}' (USE_TMP_FILE false)`,
    ],
    [
      'COPY in an explanation, with options',
      () => `EXPLAIN (ANALYZE) COPY (SELECT 1) TO '${spans}' (USE_TMP_FILE false)`,
    ],
    ['COPY prepared', () => `PREPARE p AS COPY (SELECT 1) TO '${spans}' (USE_TMP_FILE false)`],
    ['two statements', () => 'SELECT 1; SELECT 2'],
    ['a statement hidden behind another', () => `SELECT 1; COPY (SELECT 1) TO '${target()}'`],
    ['ATTACH', () => `ATTACH '${target()}'`],
    ['INSTALL', () => 'INSTALL httpfs'],
    ['LOAD', () => 'LOAD httpfs'],
    ['SET', () => "SET memory_limit = '64GB'"],
    ['PRAGMA', () => 'PRAGMA enable_profiling'],
    ['CALL', () => 'CALL enable_logging()'],
    ['EXPORT', () => `EXPORT DATABASE '${target()}'`],
    ['other files', () => `SELECT * FROM read_json('${join(outside, 'secret.json')}')`],
    ['other files as text', () => `SELECT * FROM read_text('/etc/passwd')`],
    ['the home beside the ledger', () => `SELECT * FROM read_text('${join(ledger.dir, 'home.json')}')`],
    ['the home by a way around', () => `SELECT * FROM read_text('${ledger.dir}/ledger/../home.json')`],
    ['what the daemon keeps to itself', () => `SELECT * FROM glob('${ledger.dir}/run/*')`],
    ['the folders beside columns', () => `SELECT * FROM glob('${ledger.dir}/index/columns/../*')`],
    ['folders', () => `SELECT * FROM glob('${outside}/*')`],
    ['files by a bare name', () => `SELECT * FROM '${join(outside, 'secret.json')}'`],
    ['the network', () => `SELECT * FROM read_json('http://127.0.0.1:9/x')`],
    ['parameters', () => 'SELECT $1'],
    ['nothing', () => ' -- nothing'],
    ['no SQL', () => 'selec 1'],
  ])('refuses %s and leaves the ledger as it is', async (_, query) => {
    const before = readFileSync(spans, 'utf8')
    expect(await ask(query())).toMatchObject({
      refused: expect.stringMatching(/^SQL_/),
      message: expect.any(String),
      next: expect.any(String),
    })
    expect(readFileSync(spans, 'utf8')).toBe(before)
    expect(existsSync(target())).toBe(false)
  })

  it('tells where a mistake is', async () => {
    expect(await ask('SELECT nope FROM spans')).toMatchObject({
      refused: 'SQL_ERROR',
      message: expect.stringContaining('Referenced column "nope" not found'),
      place: 'LINE 1: SELECT nope FROM spans\n               ^',
    })
  })

  it('stops at the limit and says so', async () => {
    expect(await ask('SELECT * FROM range(5000)', 10)).toMatchObject({
      cut: true,
      limit: 10,
      rows: { length: 10 },
    })
    expect(await ask('SELECT * FROM range(10)', 10)).toMatchObject({ cut: false, rows: { length: 10 } })
  })

  it('refuses an answer that would not fit into the memory, and answers the next question', async () => {
    expect(
      await queries.run('sql', { query: `SELECT repeat('x', 100000) AS x FROM range(1000)`, limit: 1000 }),
    ).toMatchObject({ refused: 'ANSWER_TOO_LARGE', message: 'the answer is larger than 64 MiB' })
    expect(await rows('SELECT 1 AS a')).toEqual([{ a: 1 }])
  })

  it('gives every value as JSON', async () => {
    expect(
      await rows(
        `SELECT 1::HUGEINT h, 18446744073709551615::UBIGINT u, 1.50 d, 'x' s, [1,2] l, {'a': 1} o, NULL n, true b, DATE '2026-11-21' t`,
      ),
    ).toEqual([
      {
        h: 1,
        u: '18446744073709551615',
        d: 1.5,
        s: 'x',
        l: [1, 2],
        o: { a: 1 },
        n: null,
        b: true,
        t: '2026-11-21',
      },
    ])
    expect(
      await rows('SELECT 12345678901234567890.12::DECIMAL(38,2) AS big, 0.000001::DECIMAL(38,10) AS small'),
    ).toEqual([{ big: '12345678901234567890.12', small: 1e-6 }])
    expect(await rows('SELECT 1 AS a, 2 AS a')).toEqual([{ a: 1, 'a:1': 2 }])
  })
})
