import { jsonToProtobuf } from '../json-request.ts'
import type { Signal } from '../transcoded.ts'

/**
 * The workload of the benchmarks: what a small fleet of web services sends, 512 records a request.
 *
 * spans    12 attributes each: 5 strings, 3 ints, 2 doubles, a bool, an array of three ints; about 1,000 bytes as
 *          OTLP/JSON. Every fourth is a root, one in 32 failed and has an event.
 * logs     a line of text and 6 attributes, inside a trace.
 * metrics  histograms of 14 buckets and counters, 8 points a metric.
 */
export interface WorkloadOptions {
  seed?: number
  /** Spans, log records or points a request. */
  records?: number
}

export interface WorkloadRequest {
  signal: Signal
  records: number
  json: Uint8Array
  protobuf: Uint8Array
}

/** Requests with other ids, times and values every time, and the same again for the same seed. */
export function createWorkload(
  signal: Signal,
  { seed = 1, records = 512 }: WorkloadOptions = {},
): () => WorkloadRequest {
  const random = mulberry32(seed)
  let clockNs = 1_763_700_000_000_000_000n
  return () => {
    const request = { traces, logs, metrics }[signal](
      records,
      random,
      () => (clockNs += BigInt(Math.floor(random() * 1_000_000))),
    )
    const json = new TextEncoder().encode(JSON.stringify(request))
    return { signal, records, json, protobuf: jsonToProtobuf(signal, json) }
  }
}

type Random = () => number

/** Seeded and small; the sequence is the same on every platform. */
export function mulberry32(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const pick = <Item>(random: Random, items: readonly Item[]): Item =>
  items[Math.floor(random() * items.length)]!
const int = (random: Random, below: number): number => Math.floor(random() * below)
const hex = (random: Random, digits: number): string =>
  Array.from({ length: digits }, () => int(random, 16).toString(16)).join('')

const ROUTES = ['/orders/{id}', '/cart', '/products', '/checkout', '/users/{id}/profile']
const METHODS = ['GET', 'GET', 'GET', 'POST', 'PUT']
const REGIONS = ['eu-west-1', 'us-east-1', 'ap-south-1']

const text = (key: string, value: string): object => ({ key, value: { stringValue: value } })
const whole = (key: string, value: number): object => ({ key, value: { intValue: String(value) } })

const origin = (service: string): { resource: object; scope: object } => ({
  resource: {
    attributes: [
      text('service.name', service),
      text('service.version', '2.14.3'),
      text('deployment.environment.name', 'production'),
      text('host.name', 'node-17'),
      text('telemetry.sdk.language', 'nodejs'),
      text('telemetry.sdk.name', 'opentelemetry'),
      text('telemetry.sdk.version', '2.2.0'),
    ],
  },
  scope: { name: '@opentelemetry/instrumentation-http', version: '0.207.0' },
})

function traces(records: number, random: Random, nextNs: () => bigint): object {
  let traceId = ''
  let rootId = ''
  const spans = Array.from({ length: records }, (_, index) => {
    const isRoot = index % 4 === 0
    const spanId = hex(random, 16)
    if (isRoot) [traceId, rootId] = [hex(random, 32), spanId]
    const start = nextNs()
    const method = pick(random, METHODS)
    const route = pick(random, ROUTES)
    const failed = index % 32 === 31
    return {
      traceId,
      spanId,
      ...(isRoot ? {} : { parentSpanId: rootId }),
      name: `${method} ${route}`,
      kind: isRoot ? 2 : 3,
      startTimeUnixNano: String(start),
      endTimeUnixNano: String(start + BigInt(int(random, 50_000_000))),
      attributes: [
        text('http.request.method', method),
        text('http.route', route),
        whole('http.response.status_code', failed ? 500 : 200),
        text('server.address', 'shop.internal'),
        whole('server.port', 443),
        text('db.system.name', 'postgresql'),
        text('db.namespace', 'shop'),
        whole('db.rows', int(random, 500)),
        { key: 'app.price', value: { doubleValue: int(random, 20_000) / 100 } },
        { key: 'app.load', value: { doubleValue: int(random, 1_000) / 1_000 } },
        { key: 'app.cached', value: { boolValue: random() < 0.7 } },
        {
          key: 'app.shards',
          value: {
            arrayValue: {
              values: [2, int(random, 9), int(random, 9)].map((shard) => ({ intValue: String(shard) })),
            },
          },
        },
      ],
      ...(failed ? { status: { code: 2 }, events: [exceptionAt(start)] } : {}),
      flags: 257,
    }
  })
  const { resource, scope } = origin('checkout')
  return { resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] }
}

const exceptionAt = (ns: bigint): object => ({
  timeUnixNano: String(ns),
  name: 'exception',
  attributes: [
    text('exception.type', 'TimeoutError'),
    text('exception.message', 'upstream did not answer within 250 ms'),
  ],
})

function logs(records: number, random: Random, nextNs: () => bigint): object {
  const logRecords = Array.from({ length: records }, () => {
    const time = nextNs()
    const status = pick(random, [200, 200, 200, 404, 500])
    return {
      timeUnixNano: String(time),
      observedTimeUnixNano: String(time + 1_000n),
      severityNumber: status === 500 ? 17 : 9,
      severityText: status === 500 ? 'ERROR' : 'INFO',
      body: {
        stringValue: `${pick(random, METHODS)} ${pick(random, ROUTES)} answered ${status} in ${int(random, 400)} ms`,
      },
      attributes: [
        whole('http.response.status_code', status),
        text('app.region', pick(random, REGIONS)),
        text('app.user.id', `u-${int(random, 100_000)}`),
        { key: 'duration_ms', value: { doubleValue: int(random, 400_000) / 1000 } },
        { key: 'app.cache.hit', value: { boolValue: random() < 0.7 } },
        text('code.function.name', 'handleRequest'),
      ],
      traceId: hex(random, 32),
      spanId: hex(random, 16),
      flags: 1,
    }
  })
  const { resource, scope } = origin('checkout')
  return { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords }] }] }
}

const POINTS_PER_METRIC = 8
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

function metrics(records: number, random: Random, nextNs: () => bigint): object {
  const all = Array.from({ length: Math.ceil(records / POINTS_PER_METRIC) }, (_, index) => {
    const points = Math.min(POINTS_PER_METRIC, records - index * POINTS_PER_METRIC)
    const time = nextNs()
    const shared = (): object => ({
      startTimeUnixNano: String(time - 60_000_000_000n),
      timeUnixNano: String(time),
      attributes: [
        text('http.request.method', pick(random, METHODS)),
        text('http.route', pick(random, ROUTES)),
        whole('http.response.status_code', pick(random, [200, 404, 500])),
      ],
    })
    if (index % 2 === 0) {
      const dataPoints = Array.from({ length: points }, () => ({
        ...shared(),
        asInt: String(int(random, 1_000_000)),
      }))
      return {
        name: `app.requests.${index}`,
        unit: '{request}',
        sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints },
      }
    }
    const dataPoints = Array.from({ length: points }, () => {
      const bucketCounts = [...BOUNDS, 0].map(() => String(int(random, 200)))
      const count = bucketCounts.reduce((sum, bucket) => sum + Number(bucket), 0)
      return {
        ...shared(),
        count: String(count),
        sum: int(random, 1_000_000) / 1000,
        min: 0.001,
        max: 9.5,
        bucketCounts,
        explicitBounds: BOUNDS,
      }
    })
    return {
      name: `http.server.request.duration.${index}`,
      unit: 's',
      histogram: { aggregationTemporality: 1, dataPoints },
    }
  })
  const { resource, scope } = origin('checkout')
  return { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics: all }] }] }
}
