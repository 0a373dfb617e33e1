import type { LedgerKind } from '@spanledger/sdk/model'
import { PROMOTED } from '../columns/promoted.ts'
import { identifier, quoted } from './literals.ts'

/** A column of a view: its DuckDB type, what it is made of, and what a person needs to know of it. */
export interface Column {
  name: string
  type: string
  sql: string
  about: string
  /** Made of other columns: Parquet does not hold it. */
  derived?: string
}

export interface View {
  name: 'spans' | 'logs' | 'metrics' | 'events'
  kind: LedgerKind
  about: string
  /** The keys of a line that are read, with the types they are read as. What does not fit its type reads as NULL. */
  reads: Record<string, string>
  /** First key of the lines the view is made of. */
  first: string
  columns: Column[]
}

const column = (name: string, type: string, sql: string, about: string, derived?: string): Column => ({
  name,
  type,
  sql,
  about,
  ...(derived === undefined ? {} : { derived }),
})

/** `TRY`: a clock gone wild (after 2262) has no timestamp, and must not stop a question. */
const timestamp = (digits: string): string => `TRY(make_timestamp_ns(TRY_CAST(${digits} AS BIGINT)))`
/** A key in quotes as DuckDB's paths take it. */
export const attributePath = (key: string): string => quoted(`$."${key}"`)
/** An attribute list as `plainAttributes` gives it: by its names, of one that is repeated the last value. */
function plainSql(list: string): string {
  const names = `json_extract_string(${list}, '$."$kvlist"[*][0]')`
  const isLast = `NOT list_contains(${names}[i + 1:], json_extract_string(pair, '$[0]'))`
  const last = `list_filter(json_extract(${list}, '$."$kvlist"[*]'), lambda pair, i: ${isLast})`
  const member = `json_extract(pair, '$[0]') || ':' || json_extract(pair, '$[1]')`
  const members = `array_to_string(list_transform(${last}, lambda pair: ${member}), ',')`
  return `CASE WHEN starts_with(CAST(${list} AS VARCHAR), '{"$kvlist":[[') THEN CAST('{' || ${members} || '}' AS JSON) ELSE ${list} END`
}

/** A double as the ledger writes it: a number, or `{"$double":"NaN"}`, `{"$int":"9223372036854775807"}`. */
const double = (json: string): string =>
  `coalesce(TRY_CAST(${json}->>'$' AS DOUBLE), TRY_CAST(${json}->>'$."$double"' AS DOUBLE), TRY_CAST(${json}->>'$."$int"' AS DOUBLE))`

/** Never negative: clocks go backwards between start and end. */
const DURATION = `coalesce(r.ns, greatest(0, TRY_CAST(TRY_CAST(r."end" AS HUGEINT) - TRY_CAST(r.start AS HUGEINT) AS BIGINT)))`
const LOG_TIME = `coalesce(nullif(r.log, '0'), r.observed)`

const FROM_ORIGIN = [
  column('service', 'VARCHAR', 'o.service', 'service.name of the resource'),
  column('resource', 'JSON', 'o.resource', "the resource's attributes"),
  column('scope_name', 'VARCHAR', 'o.scope_name', 'instrumentation scope'),
  column('scope_version', 'VARCHAR', 'o.scope_version', ''),
  column('origin', 'VARCHAR', 'r."in"', 'id in `origins`'),
]

export const VIEWS: readonly View[] = [
  {
    name: 'spans',
    kind: 'spans',
    about: 'One row per span line. The same span sent twice is there twice.',
    first: 'span',
    reads: {
      span: 'VARCHAR',
      trace: 'VARCHAR',
      parent: 'VARCHAR',
      name: 'VARCHAR',
      kind: 'VARCHAR',
      start: 'VARCHAR',
      ns: 'BIGINT',
      end: 'VARCHAR',
      status: 'VARCHAR',
      message: 'VARCHAR',
      state: 'VARCHAR',
      flags: 'UBIGINT',
      attrs: 'JSON',
      events: 'JSON',
      links: 'JSON',
      in: 'VARCHAR',
    },
    columns: [
      column('trace_id', 'VARCHAR', 'r.trace', '32 hex digits'),
      column('span_id', 'VARCHAR', 'r.span', '16 hex digits'),
      column('parent_span_id', 'VARCHAR', 'r.parent', 'NULL for a root'),
      column('name', 'VARCHAR', 'r.name', ''),
      column(
        'kind',
        'VARCHAR',
        `coalesce(r.kind, 'internal')`,
        'internal, server, client, producer, consumer, unspecified',
      ),
      FROM_ORIGIN[0]!,
      column('start_time', 'TIMESTAMP_NS', timestamp('r.start'), 'UTC', timestamp('start_unix_nano')),
      column('duration_ms', 'DOUBLE', `${DURATION} / 1e6`, 'never negative', 'duration_ns / 1e6'),
      column('duration_ns', 'BIGINT', DURATION, 'never negative'),
      column('status', 'VARCHAR', `coalesce(r.status, 'unset')`, 'unset, ok, error'),
      column('status_message', 'VARCHAR', 'r.message', ''),
      column('attributes', 'JSON', 'r.attrs', `attributes->>'$."http.route"'`),
      column('events', 'JSON', 'r.events', 'list of {name, time, attrs}'),
      column('links', 'JSON', 'r.links', 'list of {trace, span, attrs}'),
      ...FROM_ORIGIN.slice(1),
      column('trace_state', 'VARCHAR', 'r.state', ''),
      column('flags', 'UBIGINT', 'coalesce(r.flags, 0)', ''),
      column('start_unix_nano', 'UBIGINT', 'TRY_CAST(r.start AS UBIGINT)', 'exact'),
      ...PROMOTED.map((key) =>
        column(key, 'VARCHAR', `r.attrs->>${attributePath(key)}`, 'the attribute, as text'),
      ),
    ],
  },
  {
    name: 'logs',
    kind: 'logs',
    about: 'One row per log record.',
    first: 'log',
    reads: {
      log: 'VARCHAR',
      observed: 'VARCHAR',
      severity: 'INTEGER',
      level: 'VARCHAR',
      name: 'VARCHAR',
      body: 'JSON',
      trace: 'VARCHAR',
      span: 'VARCHAR',
      flags: 'UBIGINT',
      attrs: 'JSON',
      in: 'VARCHAR',
    },
    columns: [
      column(
        'time',
        'TIMESTAMP_NS',
        timestamp(LOG_TIME),
        'UTC; when it was observed where the sender told no time',
        timestamp('time_unix_nano'),
      ),
      column('severity', 'INTEGER', 'r.severity', '1..24: 9 info, 13 warn, 17 error'),
      column('level', 'VARCHAR', 'r.level', 'severity text as sent'),
      FROM_ORIGIN[0]!,
      column(
        'event_name',
        'VARCHAR',
        `coalesce(r.attrs->>'$."event.name"', r.name)`,
        'the attribute event.name, or the event name',
      ),
      column('body', 'VARCHAR', `r.body->>'$'`, 'text, or JSON as text'),
      column('attributes', 'JSON', 'r.attrs', ''),
      column('trace_id', 'VARCHAR', 'r.trace', ''),
      column('span_id', 'VARCHAR', 'r.span', ''),
      ...FROM_ORIGIN.slice(1),
      column('observed_time', 'TIMESTAMP_NS', timestamp('r.observed'), 'UTC'),
      column('flags', 'UBIGINT', 'coalesce(r.flags, 0)', ''),
      column('time_unix_nano', 'UBIGINT', `TRY_CAST(${LOG_TIME} AS UBIGINT)`, 'exact'),
    ],
  },
  {
    name: 'metrics',
    kind: 'metrics',
    about: 'One row per data point.',
    first: 'point',
    reads: {
      point: 'VARCHAR',
      metric: 'VARCHAR',
      time: 'VARCHAR',
      start: 'VARCHAR',
      value: 'JSON',
      count: 'UBIGINT',
      sum: 'JSON',
      min: 'JSON',
      max: 'JSON',
      bounds: 'JSON',
      counts: 'JSON',
      scale: 'INTEGER',
      zeroCount: 'UBIGINT',
      positive: 'JSON',
      negative: 'JSON',
      quantiles: 'JSON',
      exemplars: 'JSON',
      attrs: 'JSON',
      in: 'VARCHAR',
    },
    columns: [
      column('name', 'VARCHAR', 'r.point', ''),
      column('type', 'VARCHAR', 'm.type', 'gauge, sum, histogram, exponentialHistogram, summary'),
      column('unit', 'VARCHAR', 'm.unit', ''),
      column(
        'temporality',
        'VARCHAR',
        'm.temporality',
        'delta, cumulative, unspecified; NULL for gauges and summaries',
      ),
      column('monotonic', 'BOOLEAN', 'coalesce(m.monotonic, false)', ''),
      column('time', 'TIMESTAMP_NS', timestamp('r.time'), 'UTC', timestamp('time_unix_nano')),
      column('value', 'DOUBLE', double('r.value'), 'gauges and sums'),
      column('count', 'UBIGINT', 'r.count', 'histograms and summaries'),
      column('sum', 'DOUBLE', double('r.sum'), ''),
      column('min', 'DOUBLE', double('r.min'), ''),
      column('max', 'DOUBLE', double('r.max'), ''),
      column('attributes', 'JSON', 'r.attrs', ''),
      ...FROM_ORIGIN,
      column('start_time', 'TIMESTAMP_NS', timestamp(`nullif(r.start, '0')`), 'UTC'),
      column('bounds', 'JSON', 'r.bounds', 'histograms: upper bounds'),
      column('counts', 'JSON', 'r.counts', 'histograms: one more than bounds'),
      column('scale', 'INTEGER', 'r.scale', 'exponential histograms'),
      column('zero_count', 'UBIGINT', 'r.zeroCount', 'exponential histograms'),
      column('positive', 'JSON', 'r.positive', 'exponential histograms: {offset, counts}'),
      column('negative', 'JSON', 'r.negative', 'exponential histograms: {offset, counts}'),
      column('quantiles', 'JSON', 'r.quantiles', 'summaries: list of {q, v}'),
      column('exemplars', 'JSON', 'r.exemplars', ''),
      column('metric', 'VARCHAR', 'r.metric', 'what all points of one metric share'),
      column('description', 'VARCHAR', 'm.description', ''),
      column('time_unix_nano', 'UBIGINT', 'TRY_CAST(r.time AS UBIGINT)', 'exact'),
    ],
  },
  {
    name: 'events',
    kind: 'events',
    about: 'One row per domain event.',
    first: 'event',
    reads: {
      event: 'VARCHAR',
      id: 'VARCHAR',
      stream: 'VARCHAR',
      version: 'BIGINT',
      position: 'BIGINT',
      time: 'VARCHAR',
      recorded: 'VARCHAR',
      data: 'JSON',
      meta: 'JSON',
    },
    columns: [
      column('position', 'BIGINT', 'r.position', '1, 2, 3 ... over all events'),
      column('stream', 'VARCHAR', 'r.stream', ''),
      column('version', 'BIGINT', 'r.version', '1, 2, 3 ... in its stream'),
      column('type', 'VARCHAR', 'r.event', ''),
      column('time', 'TIMESTAMP_NS', timestamp('r.time'), 'UTC; when it happened'),
      column('data', 'JSON', 'r.data', ''),
      column('meta', 'JSON', 'r.meta', 'correlationId, causationId, traceId, spanId, userId'),
      column('id', 'VARCHAR', 'r.id', ''),
      column(
        'recorded',
        'TIMESTAMP_NS',
        timestamp('r.recorded'),
        'UTC; when the ledger took it; NULL where it does not say',
      ),
      column('time_unix_nano', 'HUGEINT', 'TRY_CAST(r.time AS HUGEINT)', 'exact'),
      column('recorded_unix_nano', 'HUGEINT', 'TRY_CAST(r.recorded AS HUGEINT)', 'exact'),
    ],
  },
]

/** The view over lines of a kind. */
export const viewOf = (kind: LedgerKind): View => VIEWS.find((view) => view.kind === kind)!

const RESOURCE = plainSql(`json_extract(j, '$.resource.attrs')`)

/** The columns of `origins`, which is a table: it holds each definition once, however many segments repeat it. */
export const ORIGINS: readonly Column[] = [
  column('origin', 'VARCHAR', `j->>'$.origin'`, 'id'),
  column('service', 'VARCHAR', `(${RESOURCE})->>'$."service.name"'`, 'service.name of the resource'),
  column('resource', 'JSON', RESOURCE, "the resource's attributes"),
  column('scope_name', 'VARCHAR', `j->>'$.scope.name'`, ''),
  column('scope_version', 'VARCHAR', `j->>'$.scope.version'`, ''),
  column('scope_attributes', 'JSON', plainSql(`json_extract(j, '$.scope.attrs')`), ''),
]

const METRIC_DEFINITIONS: readonly Column[] = [
  column('metric', 'VARCHAR', `j->>'$.metric'`, 'id'),
  column('type', 'VARCHAR', `j->>'$.type'`, ''),
  column('unit', 'VARCHAR', `j->>'$.unit'`, ''),
  column('temporality', 'VARCHAR', `j->>'$.temporality'`, ''),
  column('monotonic', 'BOOLEAN', `TRY_CAST(j->>'$.monotonic' AS BOOLEAN)`, ''),
  column('description', 'VARCHAR', `j->>'$.description'`, ''),
]

/** The largest line; DuckDB's buffers are 32 MiB for each thread, also where less is said. */
const LINE_BYTES_MAX = 16 * 1024 * 1024

/** What a view reads: lines as they are, and Parquet made of them. */
export interface Sources {
  lines: readonly string[]
  columns: readonly string[]
}

/** Of this connection alone: another one may look at other segments at the same time. */
export const viewSql = (view: View, sources: Sources): string =>
  `CREATE TEMP VIEW ${view.name} AS ${selectSql(view, sources)}`

function selectSql(view: View, { lines, columns }: Sources): string {
  if (lines.length === 0 && columns.length === 0) {
    const none = view.columns.map((c) => `CAST(NULL AS ${c.type}) AS ${identifier(c.name)}`).join(', ')
    return `SELECT ${none} WHERE false`
  }
  return [
    ...(columns.length === 0 ? [] : [columnsSql(view, columns)]),
    ...(lines.length === 0 ? [] : [linesSql(view, lines)]),
  ].join('\nUNION ALL\n')
}

function linesSql(view: View, paths: readonly string[]): string {
  const list = view.columns.map((c) => `CAST(${c.sql} AS ${c.type}) AS ${identifier(c.name)}`).join(',\n  ')
  return `SELECT\n  ${list}\nFROM ${sourceSql(view, paths)}`
}

function columnsSql(view: View, paths: readonly string[]): string {
  const list = view.columns.map(({ name, type, derived }) =>
    derived === undefined ? identifier(name) : `CAST(${derived} AS ${type}) AS ${identifier(name)}`,
  )
  return `SELECT ${list.join(', ')} FROM read_parquet([${paths.map(quoted).join(', ')}])`
}

/**
 * The rows of one segment as its Parquet holds them, in the order of the ledger: batches of a trace stand together in it, and sorting by
 * trace saves 2 bytes a span for half as much time again.
 *
 * Promoted attributes are taken out of the JSON in one go: a path each parses it as often, 2.3 s against 1.0 for 119,000 spans.
 */
export function storedSql(view: View, path: string): string {
  const hot = view.kind === 'spans' ? PROMOTED : []
  const promoted = new Set<string>(hot)
  const plain = view.columns.filter(({ name, derived }) => derived === undefined && !promoted.has(name))
  const inner = [
    ...plain.map((c) => `CAST(${c.sql} AS ${c.type}) AS ${identifier(c.name)}`),
    ...(hot.length === 0
      ? []
      : [`json_extract_string(r.attrs, [${hot.map(attributePath).join(', ')}]) AS promoted`]),
  ]
  const outer = [
    ...plain.map(({ name }) => identifier(name)),
    ...hot.map((key, i) => `promoted[${i + 1}] AS ${identifier(key)}`),
  ]
  return `SELECT ${outer.join(', ')} FROM (SELECT ${inner.join(', ')} FROM ${sourceSql(view, [path])})`
}

function sourceSql(view: View, paths: readonly string[]): string {
  const origins = view.kind === 'events' ? '' : 'LEFT JOIN origins o ON o.origin = r."in"'
  const metrics = view.kind === 'metrics' ? 'LEFT JOIN metric_definitions m ON m.metric = r.metric' : ''
  return `${readJson(view, paths)} r ${origins} ${metrics}\nWHERE r.${view.first} IS NOT NULL`
}

/** `ignore_errors`: a torn or damaged line reads as a row of NULLs, which the view leaves out; `verify` is what reports it. */
function readJson(view: View, paths: readonly string[]): string {
  const columns = Object.entries(view.reads).map(([key, type]) => `${quoted(key)}: ${quoted(type)}`)
  const read =
    `read_json([${paths.map(quoted).join(', ')}], format = 'newline_delimited', auto_detect = false, ignore_errors = true, ` +
    `maximum_object_size = ${LINE_BYTES_MAX}, columns = {${columns.join(', ')}})`
  return 'attrs' in view.reads ? `(SELECT * REPLACE (${plainSql('attrs')} AS attrs) FROM ${read})` : read
}

/** Both take one parameter: a JSON list of definition lines. */
export const TABLES = [
  `CREATE TEMP TABLE origins AS ${fromDefinitions(ORIGINS)}`,
  `CREATE TEMP TABLE metric_definitions AS ${fromDefinitions(METRIC_DEFINITIONS)}`,
] as const

function fromDefinitions(columns: readonly Column[]): string {
  const list = columns.map((c) => `CAST(${c.sql} AS ${c.type}) AS ${c.name}`).join(', ')
  return `SELECT ${list} FROM (SELECT unnest(CAST(CAST($1 AS JSON) AS JSON[])) AS j)`
}
