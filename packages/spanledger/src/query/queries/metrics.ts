import * as v from 'valibot'
import type { QueryContext } from '../context.ts'
import { quoted } from '../duck/literals.ts'
import { engineInput, mayHold, rangeSql, type TimeRange, timeRange } from '../ledger-input.ts'
import { limit, since, text, until } from '../params.ts'
import { type Cut, cutAt, query } from '../query.ts'
import { refusal, type Refusal } from '../refusal.ts'
import { isoNano } from '../times.ts'
import { like } from './traces.ts'

interface MetricRow {
  name: string
  type: string | null
  unit: string | null
  services: string[]
  points: number
  series: number
  lastTime: string | null
  /** As `metric` tells it: sums added up over all series; null for gauges of several series, histograms and summaries. */
  value: number | null
}

export interface MetricsAnswer extends Cut {
  rows: MetricRow[]
}

/**
 * One series: a sender, and one set of attributes.
 *
 * gauge       `value` is the latest
 * delta       `value`, `count` and `sum` are added up over all points
 * cumulative  the latest point, added up over the sender's restarts (each restart begins a new start time)
 */
interface MetricSeries {
  service: string | null
  attributes: Record<string, unknown>
  type: string | null
  unit: string | null
  temporality: string | null
  points: number
  firstTime: string | null
  lastTime: string | null
  value: number | null
  count: number | null
  sum: number | null
  min: number | null
  max: number | null
}

export interface MetricAnswer extends Cut {
  name: string
  rows: MetricSeries[]
}

const service = v.optional(text('points of this service; * stands for anything', 'NAME'))

const most = limit(200, 'metrics, or series of one')

export const metrics = query({
  summary: 'Metrics with their values',
  params: v.strictObject({ service, since, until, limit: most }),
  async run(context, given): Promise<MetricsAnswer> {
    const range = timeRange(context, given)
    const rows = await ask(
      context,
      range,
      `${seriesSql(where(range, given))}
SELECT name, any_value(type) AS type, any_value(unit) AS unit, list(DISTINCT service) AS services, sum(points) AS points,
  count(*) AS series, max(last) AS last, CASE WHEN any_value(type) = 'sum' THEN ${total('value')} WHEN count(*) = 1 THEN any_value(value) END AS value
FROM series GROUP BY name ORDER BY name LIMIT ${given.limit + 1}`,
    )
    return cutAt(
      rows.map((row) => ({
        name: String(row['name']),
        type: row['type'] as string | null,
        unit: row['unit'] as string | null,
        services: (row['services'] as (string | null)[]).filter((name) => name !== null).toSorted(),
        points: Number(row['points']),
        series: Number(row['series']),
        lastTime: time(row['last']),
        value: row['value'] as number | null,
      })),
      given.limit,
    )
  },
})

export const metric = query({
  summary: 'One metric: its series with their latest values, or sums',
  params: v.strictObject({
    name: text('name of the metric', 'NAME', 1),
    service,
    since,
    until,
    limit: most,
  }),
  async run(context, given): Promise<MetricAnswer | Refusal> {
    const range = timeRange(context, given)
    const rows = await ask(
      context,
      range,
      `${seriesSql(where(range, given, `name = ${quoted(given.name)}`))}
SELECT * FROM series ORDER BY last DESC NULLS LAST, service, origin, CAST(attributes AS VARCHAR) LIMIT ${given.limit + 1}`,
    )
    if (rows.length === 0)
      return refusal(
        'UNKNOWN_METRIC',
        `no points of a metric "${given.name}"`,
        'see which there are: spanledger metrics',
      )
    return { name: given.name, ...cutAt(rows.map(series), given.limit) }
  },
})

/** Of points of one moment the largest, and sums in one order: so that an answer does not depend on how segments hold the points. */
const latest = (column: string): string =>
  `arg_max(${column}, {moment: time_unix_nano, size: ${column}}) FILTER (time_unix_nano IS NOT NULL)`
const total = (column: string): string => `sum(${column} ORDER BY ${column})`

/** `series`: first per start time (one life of the sender), then over its lives. */
const seriesSql = (conditions: string): string => `WITH lives AS (
  SELECT name, origin, CAST(attributes AS VARCHAR) AS attributes, start_time, any_value(service) AS service, any_value(type) AS type,
    any_value(unit) AS unit, any_value(temporality) AS temporality, count(*) AS points, min(time_unix_nano) AS first, max(time_unix_nano) AS last,
    ${latest('value')} AS last_value, ${total('value')} AS all_values,
    ${latest('count')} AS last_count, sum(count) AS all_counts,
    ${latest('sum')} AS last_sum, ${total('sum')} AS all_sums, min(min) AS min, max(max) AS max
  FROM metrics ${conditions} GROUP BY ALL),
series AS (SELECT name, origin, any_value(service) AS service, CAST(attributes AS JSON) AS attributes, any_value(type) AS type, any_value(unit) AS unit,
  any_value(temporality) AS temporality, sum(points) AS points, min(first) AS first, max(last) AS last,
  CASE WHEN any_value(type) = 'gauge' THEN arg_max(last_value, {moment: last, start: coalesce(start_time, 'epoch'::TIMESTAMP_NS), size: last_value})
    WHEN any_value(temporality) = 'delta' THEN ${total('all_values')} ELSE ${total('last_value')} END AS value,
  CASE WHEN any_value(temporality) = 'delta' THEN sum(all_counts) ELSE sum(last_count) END AS count,
  CASE WHEN any_value(temporality) = 'delta' THEN ${total('all_sums')} ELSE ${total('last_sum')} END AS sum,
  min(min) AS min, max(max) AS max
FROM lives GROUP BY name, origin, attributes)`

async function ask(context: QueryContext, range: TimeRange, sql: string): Promise<Record<string, unknown>[]> {
  const bounded = range.since !== undefined || range.until !== undefined
  const segments = (await context.indexes.of('metrics')).filter(
    (segment) => !bounded || mayHold(segment, range),
  )
  return context.withEngine(engineInput({ metrics: segments }), (engine) => engine.rows(sql))
}

function where(range: TimeRange, given: { service?: string | undefined }, ...more: string[]): string {
  const conditions = [
    ...rangeSql('time_unix_nano', range),
    ...(given.service === undefined ? [] : [like('service', given.service)]),
    ...more,
  ]
  return conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
}

const time = (nanos: unknown): string | null => (nanos === null ? null : isoNano(String(nanos)))

function series(row: Record<string, unknown>): MetricSeries {
  return {
    service: row['service'] as string | null,
    attributes: (row['attributes'] ?? {}) as Record<string, unknown>,
    type: row['type'] as string | null,
    unit: row['unit'] as string | null,
    temporality: row['temporality'] as string | null,
    points: Number(row['points']),
    firstTime: time(row['first']),
    lastTime: time(row['last']),
    value: row['value'] as number | null,
    count: row['count'] as number | null,
    sum: row['sum'] as number | null,
    min: row['min'] as number | null,
    max: row['max'] as number | null,
  }
}
