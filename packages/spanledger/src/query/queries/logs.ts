import * as v from 'valibot'
import type { QueryContext } from '../context.ts'
import { quoted } from '../duck/literals.ts'
import { engineInput, mayHold, rangeSql, type TimeRange, timeRange } from '../ledger-input.ts'
import { choice, limit, since, text, until } from '../params.ts'
import { type Cut, query } from '../query.ts'
import { isRefusal, type Refusal } from '../refusal.ts'
import type { IndexedSegment } from '../segments/segment-index.ts'
import { isoNano } from '../times.ts'
import { resolveTraceId } from './trace.ts'
import { like } from './traces.ts'

interface LogRow {
  /** When it was observed where the sender told no time; null when neither was told. */
  time: string | null
  severity: number | null
  level: string | null
  service: string | null
  eventName: string | null
  body: string | null
  attributes: Record<string, unknown>
  traceId: string | null
  spanId: string | null
}

export interface LogsAnswer extends Cut {
  /** The latest records, oldest of them first. */
  rows: LogRow[]
}

/** OpenTelemetry's severity numbers: the first of each range. */
const SEVERITY_NUMBERS = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 } as const
const SEVERITIES = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

/** For senders that tell a text only. */
const SEVERITY_SQL = `coalesce(severity, CASE ${SEVERITIES.map((name) => `WHEN lower(level) LIKE '${name}%' THEN ${SEVERITY_NUMBERS[name]}`).join(' ')} END)`

export const logs = query({
  summary: 'Log records, the latest ones',
  params: v.strictObject({
    service: v.optional(text('records of this service; * stands for anything', 'NAME')),
    severity: v.optional(choice('records at least so severe', 'LEVEL', SEVERITIES)),
    event: v.optional(text('records of this event name; * stands for anything', 'NAME')),
    search: v.optional(text('records with this text in body or attributes, upper or lower case', 'TEXT')),
    trace: v.optional(text('records of this trace: its id, the beginning of it, or "last"', 'ID')),
    since,
    until,
    limit: limit(100, 'records, the latest ones'),
  }),
  async run(context, given): Promise<LogsAnswer | Refusal> {
    const asked = given.trace?.toLowerCase()
    // Of a trace there may be records, and no span: the beginning of its id is not looked for among spans.
    const trace =
      asked === undefined || /^[0-9a-f]{1,32}$/.test(asked) ? asked : await resolveTraceId(context, asked)
    if (isRefusal(trace)) return trace
    const range = timeRange(context, given)
    const where = [
      ...rangeSql('time_unix_nano', range),
      ...(given.service === undefined ? [] : [like('service', given.service)]),
      ...(given.event === undefined ? [] : [like('event_name', given.event)]),
      ...(given.severity === undefined ? [] : [`${SEVERITY_SQL} >= ${SEVERITY_NUMBERS[given.severity]}`]),
      ...(trace === undefined ? [] : [`starts_with(trace_id, ${quoted(trace)})`]),
      ...(given.search === undefined ? [] : [searchSql(given.search)]),
    ]
    const segments = (await context.indexes.of('logs')).filter((segment) => {
      const bounded = range.since !== undefined || range.until !== undefined
      return !bounded || mayHold(segment, range)
    })
    const last = await lastTime(context, segments, where, given.limit + 1)
    const shown: TimeRange = { since: last }
    const sql = `SELECT time_unix_nano, severity, level, service, event_name, body, attributes, trace_id, span_id
FROM logs ${whereSql([...where, ...rangeSql('time_unix_nano', shown)])}
ORDER BY ${LATEST_FIRST}, ${TIES} LIMIT ${given.limit + 1}`
    const holders = last === undefined ? segments : segments.filter((segment) => mayHold(segment, shown))
    const rows = await context.withEngine(engineInput({ logs: holders }), (engine) => engine.rows(sql))
    return {
      rows: rows.slice(0, given.limit).map(logRow).toReversed(),
      cut: rows.length > given.limit,
      limit: given.limit,
    }
  },
})

const LATEST_FIRST = 'time_unix_nano DESC NULLS LAST'
/** Of records at the same moment always the same ones, in the same order, however segments hold them. What is long is no key. */
const TIES =
  'service, severity, level, event_name, hash(body), hash(CAST(attributes AS VARCHAR)), trace_id, span_id'

const whereSql = (conditions: readonly string[]): string =>
  conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`

/**
 * Unix nanoseconds of the earliest record that is shown; undefined when all are, or one that tells no time. Found first: sorting
 * holds ten thousand rows, which must not be those with their bodies.
 */
async function lastTime(
  context: QueryContext,
  segments: readonly IndexedSegment[],
  where: readonly string[],
  count: number,
): Promise<bigint | undefined> {
  const sql = `SELECT time_unix_nano FROM logs ${whereSql(where)} ORDER BY ${LATEST_FIRST} LIMIT 1 OFFSET ${count - 1}`
  const [row] = await context.withEngine(engineInput({ logs: segments }), (engine) => engine.rows(sql))
  const time = row?.['time_unix_nano'] as string | number | null | undefined
  return time === null || time === undefined ? undefined : BigInt(time)
}

const searchSql = (wanted: string): string =>
  `(contains(lower(coalesce(body, '')), lower(${quoted(wanted)})) OR contains(lower(coalesce(CAST(attributes AS VARCHAR), '')), lower(${quoted(wanted)})))`

function logRow(row: Record<string, unknown>): LogRow {
  const time = row['time_unix_nano'] as string | number | null
  return {
    time: time === null ? null : isoNano(String(time)),
    severity: row['severity'] as number | null,
    level: row['level'] as string | null,
    service: row['service'] as string | null,
    eventName: row['event_name'] as string | null,
    body: row['body'] as string | null,
    attributes: (row['attributes'] ?? {}) as Record<string, unknown>,
    traceId: row['trace_id'] as string | null,
    spanId: row['span_id'] as string | null,
  }
}
