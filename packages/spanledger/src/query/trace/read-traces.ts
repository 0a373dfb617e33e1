import type { QueryContext } from '../context.ts'
import type { Row } from '../duck/json-rows.ts'
import { quoted } from '../duck/literals.ts'
import { engineInput, type TimeRange } from '../ledger-input.ts'
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

interface WantedTraces extends TimeRange {
  /** SQL: what some span of the trace has to be. */
  matches?: string | undefined
  /** Nanoseconds, of the trace as a whole. */
  minDuration?: number | undefined
  maxDuration?: number | undefined
  limit: number
  /** Few are: then all is read of them at once, which takes less than looking at the same segments twice. */
  few: boolean
}

/** A trace that is wanted. */
export interface FoundTrace {
  traceId: string
  startUnixNano: bigint
  /** All that is told of it, where that was read on the way. */
  row?: TraceRow
}

/**
 * The latest traces of some segments that are what is wanted, latest first. Over columns a few of them are read, of all rows; lines are read
 * once.
 */
export async function findTraces(
  context: QueryContext,
  segments: readonly IndexedSegment[],
  wanted: WantedTraces,
): Promise<FoundTrace[]> {
  if (segments.length === 0) return []
  return context.withEngine(engineInput({ spans: segments }), async ({ hasColumns, rows }) => {
    const isWhole = wanted.few || !hasColumns
    const found = await rows((isWhole ? wholeSql : idsSql)(hasColumns ? ofColumns(wanted) : ofLines(wanted)))
    return found.map((row) => ({
      traceId: String(row['trace_id']),
      startUnixNano: BigInt(row['start'] as number | string),
      ...(isWhole ? { row: traceRow(row) } : {}),
    }))
  })
}

/** What the traces that were found are, in their order: of the segments that hold all their spans. */
export async function readTraces(
  context: QueryContext,
  segments: readonly IndexedSegment[],
  found: readonly FoundTrace[],
): Promise<TraceRow[]> {
  const known = found.flatMap(({ row }) => (row === undefined ? [] : [row]))
  if (known.length === found.length) return known
  const ids = found.map(({ traceId }) => quoted(traceId)).join(', ')
  // No span of these is earlier: groups of rows before it are not read.
  const earliest = found.at(-1)!.startUnixNano
  const spans = [`trace_id IN (${ids})`, `start_unix_nano >= ${earliest}`]
  const sql = wholeSql({ spans, traces: [], limit: found.length })
  const rows = await context.withEngine(engineInput({ spans: segments }), (engine) => engine.rows(sql))
  return rows.map(traceRow)
}

const traceRow = (row: Row): TraceRow => ({
  traceId: String(row['trace_id']),
  name: String(row['name']),
  service: row['service'] as string | null,
  startedAt: isoNano(String(row['start'])),
  durationMs: Number(row['ns']) / 1e6,
  spans: Number(row['spans']),
  errors: Number(row['errors']),
  services: (row['services'] as (string | null)[] | null)?.filter((name) => name !== null).toSorted() ?? [],
})

/** Only trace ids of 32 digits: other lines are damage, and would never be found again by their id. */
const IS_SPAN = 'length(trace_id) = 32 AND start_unix_nano IS NOT NULL'
const START = 'min(start_unix_nano) AS start'
const DURATION = 'max(start_unix_nano::HUGEINT + duration_ns) - min(start_unix_nano) AS ns'

interface Chosen {
  /** What spans have to be to be looked at, and what traces of these. */
  spans: readonly string[]
  traces: readonly string[]
  limit: number
}

/** The traces are chosen first, which reads the columns of the conditions alone. */
const ofColumns = (wanted: WantedTraces): Chosen => ({
  spans:
    wanted.matches === undefined
      ? []
      : [`trace_id IN (SELECT trace_id FROM spans WHERE start_unix_nano IS NOT NULL AND ${wanted.matches})`],
  traces: ofTrace(wanted),
  limit: wanted.limit,
})

/** Lines are read once. */
const ofLines = (wanted: WantedTraces): Chosen => ({
  spans: [],
  traces: [...(wanted.matches === undefined ? [] : [`bool_or(${wanted.matches})`]), ...ofTrace(wanted)],
  limit: wanted.limit,
})

/** What a trace as a whole has to be. */
const ofTrace = ({ since, until, minDuration, maxDuration }: WantedTraces): string[] => [
  ...(since === undefined ? [] : [`start >= ${since}`]),
  ...(until === undefined ? [] : [`start < ${until}`]),
  ...(minDuration === undefined ? [] : [`ns >= ${minDuration}`]),
  ...(maxDuration === undefined ? [] : [`ns <= ${maxDuration}`]),
]

/** Of the errors of an hour 6 ms, and 5 to read the latest of them, where all at once takes 28. */
const idsSql = (chosen: Chosen): string =>
  `SELECT trace_id, ${START}, ${DURATION} ${fromSql(chosen)} ${latestFirst(chosen)}`

/** Lists made distinct, not DISTINCT aggregates: over 1,000,000 spans 340 ms against 600. */
const wholeSql = (chosen: Chosen): string =>
  `SELECT trace_id, root.n AS name, root.s AS service, start, ns, spans, errors, services FROM (SELECT trace_id,
  arg_min({n: name, s: service}, ${ROOT_ORDER}) AS root,
  ${START},
  ${DURATION},
  len(list_distinct(list(span_id))) AS spans,
  coalesce(len(list_distinct(list(span_id) FILTER (status = 'error'))), 0) AS errors,
  list_distinct(list(service)) AS services
${fromSql(chosen)}) ${latestFirst(chosen)}`

const fromSql = ({ spans, traces }: Chosen): string =>
  `FROM spans WHERE ${[IS_SPAN, ...spans].join(' AND ')} GROUP BY trace_id ${
    traces.length === 0 ? '' : `HAVING ${traces.join(' AND ')}`
  }`

const latestFirst = ({ limit }: Chosen): string => `ORDER BY start DESC, trace_id LIMIT ${limit}`

/** Which span tells a trace's name: one without a parent, the earliest; of equals always the same one, however they lie. */
const ROOT_ORDER = `CASE WHEN parent_span_id IS NULL THEN 0::HUGEINT ELSE 1::HUGEINT << 120 END
    + (start_unix_nano::HUGEINT << 56) + (hash(span_id, name, service) >> 8)::HUGEINT`
