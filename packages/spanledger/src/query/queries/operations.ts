import * as v from 'valibot'
import { histogramsSql, middleSql, PERCENTILE_ERROR } from '../columns/histograms.ts'
import type { ColumnNote } from '../columns/column-files.ts'
import type { QueryContext } from '../context.ts'
import type { Engine } from '../duck/engine.ts'
import { quoted } from '../duck/literals.ts'
import { engineInput, mayHold, rangeSql, type TimeRange, timeRange } from '../ledger-input.ts'
import { limit, since, text, until } from '../params.ts'
import { type Cut, cutAt, query } from '../query.ts'
import type { IndexedSegment } from '../segments/segment-index.ts'
import { isoNano } from '../times.ts'
import { like } from './traces.ts'

/** Spans of one name, kind and service. A span that was sent twice counts twice. */
interface OperationRow {
  service: string | null
  name: string
  kind: string
  calls: number
  errors: number
  /** Calls a second between `since` and `until`; null when these are the same moment. */
  perSecond: number | null
  /** Nearest rank, off by at most `percentileError`. */
  p50Ms: number
  p95Ms: number
  p99Ms: number
  maxMs: number
}

export interface OperationsAnswer extends Cut {
  /** As asked, or when the first and the last span of the ledger began; null when there is none. */
  since: string | null
  until: string | null
  /** Of the percentiles, relative. */
  percentileError: number
  rows: OperationRow[]
}

const params = v.strictObject({
  service: v.optional(text('operations of this service; * stands for anything', 'NAME')),
  name: v.optional(text('operations of this name; * stands for anything', 'NAME')),
  since,
  until,
  limit: limit(100, 'operations, those called most'),
})

type Params = v.InferOutput<typeof params>

export const operations = query({
  summary: 'Rate, errors and duration of each operation: calls, errors, p50, p95, p99',
  params,
  async run(context, given): Promise<OperationsAnswer> {
    const range = timeRange(context, given)
    const all = await context.indexes.of('spans')
    const segments = all.filter((segment) => !isBounded(range) || mayHold(segment, range))
    const kept = await keptHistograms(context, segments, range)
    try {
      return await answer(context, given, range, segments, kept)
    } catch (error) {
      // They may have been removed, or made again, since they were found; the spans are the truth.
      if (kept.size === 0) throw error
      return await answer(context, given, range, segments, new Map())
    }
  },
})

/** A segment's histograms, and when its spans began. */
interface Histograms {
  path: string
  note: ColumnNote
}

const isBounded = ({ since: from, until: to }: TimeRange): boolean => from !== undefined || to !== undefined

/** Of the segments that lie in the range as a whole; of the others single spans are looked at. */
async function keptHistograms(
  { columns }: QueryContext,
  segments: readonly IndexedSegment[],
  { since: from, until: to }: TimeRange,
): Promise<Map<IndexedSegment, Histograms>> {
  const kept = new Map<IndexedSegment, Histograms>()
  for (const indexed of segments) {
    const found = await columns.find(indexed.segment, 'operations')
    const { earliest, latest } = found?.note ?? {}
    if (found === undefined || earliest === undefined || latest === undefined) continue
    if ((from === undefined || BigInt(earliest) >= from) && (to === undefined || BigInt(latest) < to))
      kept.set(indexed, found)
  }
  return kept
}

async function answer(
  context: QueryContext,
  given: Params,
  range: TimeRange,
  segments: readonly IndexedSegment[],
  kept: ReadonlyMap<IndexedSegment, Histograms>,
): Promise<OperationsAnswer> {
  const input = engineInput({ spans: segments.filter((segment) => !kept.has(segment)) })
  return context.withEngine(input, async (engine) => {
    const { earliest, latest } = await countOthers(engine, range)
    const notes = [...kept.values()].map(({ note }) => note)
    const from = range.since ?? least([earliest, ...notes.map((note) => note.earliest)])
    const to = range.until ?? greatest([latest, ...notes.map((note) => note.latest)])
    const seconds = from === undefined || to === undefined ? 0 : Number(to - from) / 1e9
    const found = await engine.rows(operationsSql(given, [...kept.values()]))
    const rows = found.map((row) => ({
      service: row['service'] as string | null,
      name: String(row['name']),
      kind: String(row['kind']),
      calls: Number(row['calls']),
      errors: Number(row['errors']),
      perSecond: seconds > 0 ? Number(row['calls']) / seconds : null,
      p50Ms: Number(row['p50']),
      p95Ms: Number(row['p95']),
      p99Ms: Number(row['p99']),
      maxMs: Number(row['longest']) / 1e6,
    }))
    return {
      since: from === undefined ? null : isoNano(from),
      until: to === undefined ? null : isoNano(to),
      percentileError: PERCENTILE_ERROR,
      ...cutAt(rows, given.limit),
    }
  })
}

type Moment = string | number | null | undefined

/** The histograms of what is read span by span, as table `others`. */
async function countOthers(engine: Engine, range: TimeRange): Promise<{ earliest: Moment; latest: Moment }> {
  const histograms = histogramsSql('spans', {
    conditions: rangeSql('start_unix_nano', range),
    more: ', min(start_unix_nano) AS earliest, max(start_unix_nano) AS latest',
  })
  await engine.connection.run(`CREATE TEMP TABLE others AS ${histograms}`)
  const [times] = await engine.rows('SELECT min(earliest) AS earliest, max(latest) AS latest FROM others')
  return times as { earliest: Moment; latest: Moment }
}

const RANKS = { p50: 0.5, p95: 0.95, p99: 0.99 }

function operationsSql(given: Params, kept: readonly Histograms[]): string {
  const columns = 'service, name, kind, bucket, calls, errors, longest'
  const files = kept.map(({ path }) => quoted(path)).join(', ')
  const all = [
    `SELECT ${columns} FROM others`,
    ...(kept.length === 0 ? [] : [`SELECT ${columns} FROM read_parquet([${files}])`]),
  ].join(' UNION ALL ')
  const where = [
    ...(given.service === undefined ? [] : [like('service', given.service)]),
    ...(given.name === undefined ? [] : [like('name', given.name)]),
  ]
  const percentiles = Object.entries(RANKS).map(
    ([name, rank]) => `${middleSql(`min(bucket) FILTER (upto >= ceil(${rank} * total))`)} AS ${name}`,
  )
  return `WITH buckets AS (SELECT service, name, kind, bucket, sum(calls) AS calls, sum(errors) AS errors, max(longest) AS longest
  FROM (${all}) ${where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`} GROUP BY service, name, kind, bucket),
ranked AS (SELECT *, sum(calls) OVER (PARTITION BY service, name, kind ORDER BY bucket) AS upto,
  sum(calls) OVER (PARTITION BY service, name, kind) AS total FROM buckets)
SELECT service, name, kind, max(total) AS calls, sum(errors) AS errors, ${percentiles.join(', ')}, max(longest) AS longest
FROM ranked GROUP BY service, name, kind ORDER BY calls DESC, service, name, kind LIMIT ${given.limit + 1}`
}

const moments = (times: readonly Moment[]): bigint[] =>
  times.flatMap((time) => (time === undefined || time === null ? [] : [BigInt(time)]))
const least = (times: readonly Moment[]): bigint | undefined =>
  moments(times).reduce<bigint | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined)
const greatest = (times: readonly Moment[]): bigint | undefined =>
  moments(times).reduce<bigint | undefined>((a, b) => (a === undefined || b > a ? b : a), undefined)
