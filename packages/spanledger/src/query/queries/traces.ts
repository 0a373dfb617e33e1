import * as v from 'valibot'
import type { QueryContext } from '../context.ts'
import { quoted } from '../duck/literals.ts'
import { engineInput, mayHold, type TimeRange, timeRange } from '../ledger-input.ts'
import { choice, duration, limit, text, texts, time } from '../params.ts'
import { type Cut, cutAt, query } from '../query.ts'
import { isRefusal, type Refusal } from '../refusal.ts'
import {
  type AttributeCondition,
  attributesIn,
  attributeSql,
  isInResources,
  mayMatch,
} from '../trace/attributes.ts'
import { mayHold as filterMayHold, traceKeys } from '../segments/bloom.ts'
import type { IndexedSegment } from '../segments/segment-index.ts'
import { isoNano } from '../times.ts'

export interface TraceRow {
  traceId: string
  /** Name and service of the span without a parent; of the earliest one where there is none. */
  name: string
  service: string | null
  startedAt: string
  durationMs: number
  spans: number
  errors: number
  services: string[]
}

export interface TracesAnswer extends Cut {
  rows: TraceRow[]
}

const STATUSES = ['ok', 'error', 'unset'] as const

const params = v.strictObject({
  service: v.optional(text('traces with a span of this service; * stands for anything', 'NAME')),
  name: v.optional(text('traces with a span of this name; * stands for anything', 'NAME')),
  status: v.optional(choice('traces with a span of this status', 'STATUS', STATUSES)),
  attr: v.optional(
    texts('traces with a span that has this attribute: key=value, also != >= <= > <', 'KEY=VALUE'),
  ),
  minDuration: v.optional(duration('traces that took at least so long, from first start to last end')),
  maxDuration: v.optional(duration('traces that took at most so long')),
  since: v.optional(time('traces that began since then')),
  until: v.optional(time('traces that began before then')),
  limit: limit(20, 'traces, the latest ones'),
})

type Params = v.InferOutput<typeof params>

/** The newest segment may have just begun. */
const RECORDS_AT_FIRST = 50_000

export const traces = query({
  summary: 'Traces, latest first',
  params,
  async run(context, given): Promise<TracesAnswer | Refusal> {
    const wanted = attributesIn(given.attr ?? [])
    if (isRefusal(wanted)) return wanted
    const all = await context.indexes.of('spans')
    const range = timeRange(context, given)
    const spanConditions = conditions(given, wanted, all)
    const sql = (hasColumns: boolean): string => tracesSql(given, spanConditions, range, hasColumns)
    const inRange = all.filter((segment) => mayHold(segment, range))
    const candidates = await mayMatch(context.columns, inRange, wanted)
    // What most segments do not hold is rare: the latest few are not in the newest, and reading all at once reads each once.
    const atFirst = candidates.length < inRange.length / 2 ? Infinity : RECORDS_AT_FIRST
    const found = await latest(all, candidates, atFirst, given.limit, (segments) =>
      ask(context, segments, sql),
    )
    return cutAt(found, given.limit)
  },
})

/**
 * The latest traces without reading the whole ledger, and still exactly those.
 *
 * Segments are read from the newest on. A trace that begins at or after a moment has no span before it, so once `limit` traces
 * are found, segments that end before the last of them began cannot hold another one. They can hold the true beginning of one
 * that was found: those whose filters say so are read as well.
 *
 * @param candidates the segments that may hold a span that is asked for
 * @param atFirst records to read before anything is known
 */
async function latest(
  all: readonly IndexedSegment[],
  candidates: readonly IndexedSegment[],
  atFirst: number,
  atMost: number,
  read: (segments: readonly IndexedSegment[]) => Promise<TraceRow[]>,
): Promise<TraceRow[]> {
  const newestFirst = candidates.toSorted((a, b) => endOf(b) - endOf(a))
  if (newestFirst.length === 0) return []
  const chosen = new Set<IndexedSegment>()
  let records = 0
  for (const segment of newestFirst) {
    if (records >= atFirst) break
    chosen.add(segment)
    records += segment.extent.records
  }
  for (;;) {
    const rows = await read(all.filter((segment) => chosen.has(segment)))
    const enough = rows.length > atMost
    const from = enough ? Math.floor(Date.parse(rows.at(-1)!.startedAt) * 1000) : Number.NEGATIVE_INFINITY
    const before = chosen.size
    const keys = rows.map((row) => traceKeys(row.traceId))
    for (const segment of all) if (keys.some((pair) => holdsTrace(segment, pair))) chosen.add(segment)
    const later = newestFirst.filter((segment) => !chosen.has(segment) && endOf(segment) >= from)
    // As many again as were read, so that a rare filter costs at most twice the whole.
    for (const segment of enough ? later : later.slice(0, before)) chosen.add(segment)
    if (chosen.size === before) return rows
  }
}

/** Unix microseconds of the latest start in it. */
const endOf = ({ extent }: IndexedSegment): number => extent.latestMicros ?? 0

const holdsTrace = ({ blocks, tail }: IndexedSegment, keys: readonly number[]): boolean =>
  [...blocks, tail.block].some((block) => block.records > 0 && filterMayHold(block.traces, keys))

async function ask(
  context: QueryContext,
  read: readonly IndexedSegment[],
  sql: (hasColumns: boolean) => string,
): Promise<TraceRow[]> {
  const rows = await context.withEngine(engineInput({ spans: read }), (engine) =>
    engine.rows(sql(engine.hasColumns)),
  )
  return rows.map((row) => ({
    traceId: String(row['trace_id']),
    name: String(row['name']),
    service: row['service'] as string | null,
    startedAt: isoNano(String(row['start'])),
    durationMs: Number(row['ns']) / 1e6,
    spans: Number(row['spans']),
    errors: Number(row['errors']),
    services: (row['services'] as (string | null)[] | null)?.filter((name) => name !== null).toSorted() ?? [],
  }))
}

/**
 * Lists made distinct, not DISTINCT aggregates: over 1,000,000 spans 340 ms against 600.
 *
 * Over columns the traces are chosen first, which reads the columns of the conditions alone; lines are read once.
 *
 * Only trace ids of 32 digits: other lines are damage, and would never be found again by their id.
 */
function tracesSql(
  given: Params,
  spanConditions: string[],
  { since: from, until: to }: TimeRange,
  hasColumns: boolean,
): string {
  const matches = spanConditions.length === 0 ? undefined : spanConditions.join(' AND ')
  const having = [
    ...(matches === undefined || hasColumns ? [] : [`bool_or(${matches})`]),
    ...(from === undefined ? [] : [`start >= ${from}`]),
    ...(to === undefined ? [] : [`start < ${to}`]),
    ...(given.minDuration === undefined ? [] : [`ns >= ${given.minDuration}`]),
    ...(given.maxDuration === undefined ? [] : [`ns <= ${given.maxDuration}`]),
  ]
  return `SELECT trace_id, root.n AS name, root.s AS service, start, ns, spans, errors, services FROM (SELECT trace_id,
  arg_min({n: name, s: service}, ${ROOT_ORDER}) AS root,
  min(start_unix_nano) AS start,
  max(start_unix_nano::HUGEINT + duration_ns) - min(start_unix_nano) AS ns,
  len(list_distinct(list(span_id))) AS spans,
  coalesce(len(list_distinct(list(span_id) FILTER (status = 'error'))), 0) AS errors,
  list_distinct(list(service)) AS services
FROM spans WHERE length(trace_id) = 32 AND start_unix_nano IS NOT NULL${
    matches !== undefined && hasColumns
      ? ` AND trace_id IN (SELECT trace_id FROM spans WHERE start_unix_nano IS NOT NULL AND ${matches})`
      : ''
  }
GROUP BY trace_id
${having.length === 0 ? '' : `HAVING ${having.join(' AND ')}`})
ORDER BY start DESC, trace_id LIMIT ${given.limit + 1}`
}

/** Which span tells a trace's name: one without a parent, the earliest; of equals always the same one, however they lie. */
const ROOT_ORDER = `CASE WHEN parent_span_id IS NULL THEN 0::HUGEINT ELSE 1::HUGEINT << 120 END
    + (start_unix_nano::HUGEINT << 56) + (hash(span_id, name, service) >> 8)::HUGEINT`

function conditions(
  given: Params,
  wanted: readonly AttributeCondition[],
  segments: readonly IndexedSegment[],
): string[] {
  return [
    ...(given.service === undefined ? [] : [like('service', given.service)]),
    ...(given.name === undefined ? [] : [like('name', given.name)]),
    ...(given.status === undefined ? [] : [`status = ${quoted(given.status)}`]),
    ...wanted.map((condition) => attributeSql(condition, isInResources(condition.key, segments))),
  ]
}

/** `*` stands for any run of characters; everything else for itself. */
export function like(column: string, pattern: string): string {
  if (!pattern.includes('*')) return `${column} = ${quoted(pattern)}`
  const escaped = pattern.replaceAll(/[\\%_]/g, String.raw`\$&`).replaceAll('*', '%')
  return `${column} LIKE ${quoted(escaped)} ESCAPE '\\'`
}
