import * as fc from 'fast-check'
import type {
  AttributeList,
  AttributeValue,
  Link,
  LogData,
  MetricData,
  Resource,
  Scope,
  SpanData,
  SpanEvent,
} from '@spanledger/sdk/record'
import type { ExportBatch } from '../exporter.ts'

/** Random batches within what record/data.ts promises. */

const texts = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 20 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', 'a\ud800b', '\udc00', '\u2028"\\\u0000', 'long '.repeat(40), '日本語'),
  },
)
const keys = fc.oneof(
  fc.string({ minLength: 1, maxLength: 10 }),
  fc.constantFrom('7', '__proto__', '$kvlist', 'gen_ai.x'),
)
const hex = (count: number): fc.Arbitrary<string> =>
  fc
    .uint8Array({ minLength: count, maxLength: count })
    .filter((bytes) => bytes.some((byte) => byte !== 0))
    .map((bytes) => Buffer.from(bytes).toString('hex'))
const int64s = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const doubles = fc.oneof(
  fc.double(),
  fc.constantFrom(Number.NaN, Infinity, -Infinity, 5e-324, 0.1, -0.5, 2 ** 60),
)
const integers = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer({ min: -200, max: 200 }),
  fc.constantFrom(0, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1, -(2 ** 53 - 1)),
)

const { value } = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    texts,
    integers,
    doubles,
    fc.boolean(),
    int64s,
    fc.uint8Array({ maxLength: 9 }),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 3, noNullPrototype: false }),
  ),
}))

const attributes: fc.Arbitrary<AttributeList> = fc
  .uniqueArray(fc.tuple(keys, value), { maxLength: 5, selector: ([key]) => key })
  .map((pairs) => pairs.flat())
const counts = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(300))
const seconds = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2 ** 33 }), fc.constant(1_795_000_000))
const nanos = fc.nat(999_999_999)
const schemaUrl = fc.constantFrom('', 'https://opentelemetry.io/schemas/1.37.0')

const resource: fc.Arbitrary<Resource> = fc.record({ attributes, schemaUrl })
const scopes: fc.Arbitrary<Scope[]> = fc.array(
  fc.record({ name: texts, version: texts, schemaUrl, attributes }),
  {
    minLength: 1,
    maxLength: 3,
  },
)

const event: fc.Arbitrary<SpanEvent> = fc.record({
  name: texts,
  seconds,
  nanos,
  attributes,
  droppedAttributes: counts,
})
const traceState = fc.constantFrom('', 'vendor=value')
const flags = fc.constantFrom(0, 1, 0x101, 0x301)
const link: fc.Arbitrary<Link> = fc.record({
  traceId: hex(16),
  spanId: hex(8),
  traceState,
  attributes,
  droppedAttributes: counts,
  flags,
})

const span = (all: Scope[]): fc.Arbitrary<SpanData> =>
  fc.record({
    traceId: hex(16),
    spanId: hex(8),
    parentSpanId: fc.oneof(fc.constant(''), hex(8)),
    traceState,
    flags,
    name: texts,
    kind: fc.constantFrom('internal', 'server', 'client', 'producer', 'consumer'),
    startSeconds: seconds,
    startNanos: nanos,
    endSeconds: fc.integer({ min: 2 ** 33 + 1, max: 2 ** 33 + 9 }),
    endNanos: nanos,
    status: fc.constantFrom('unset', 'ok', 'error'),
    statusMessage: texts,
    attributes,
    droppedAttributes: counts,
    events: fc.array(event, { maxLength: 3 }),
    droppedEvents: counts,
    links: fc.array(link, { maxLength: 2 }),
    droppedLinks: counts,
    scope: fc.constantFrom(...all),
  })

const log = (all: Scope[]): fc.Arbitrary<LogData> =>
  fc
    .record({
      seconds,
      nanos,
      observedSeconds: fc.integer({ min: 1, max: 2 ** 33 }),
      observedNanos: nanos,
      severity: fc.nat(24),
      severityText: texts,
      eventName: texts,
      body: fc.option(value, { nil: undefined }),
      traceId: hex(16),
      spanId: hex(8),
      flags,
      attributes,
      droppedAttributes: counts,
      scope: fc.constantFrom(...all),
    })
    .map((record) => (record.flags === 0 ? { ...record, traceId: '', spanId: '' } : record))

const times = { startSeconds: seconds, startNanos: nanos, seconds, nanos }
const optional = fc.option(doubles, { nil: undefined })
const numberPoints = fc.array(fc.record({ attributes, ...times, value: fc.oneof(integers, doubles) }), {
  minLength: 1,
  maxLength: 3,
})
const histogramPoints = fc.array(
  fc.record({
    attributes,
    ...times,
    count: fc.nat(),
    sum: doubles,
    min: optional,
    max: optional,
    bounds: fc.constant([0.5, 1, 2.5]),
    counts: fc.array(fc.nat(), { minLength: 4, maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 3 },
)

const buckets = fc.record({
  offset: fc.integer({ min: -50, max: 50 }),
  counts: fc.array(fc.nat(), { maxLength: 4 }),
})
const exponentialPoints = fc.array(
  fc.record({
    attributes,
    ...times,
    count: fc.nat(),
    sum: doubles,
    min: optional,
    max: optional,
    scale: fc.integer({ min: -10, max: 20 }),
    zeroCount: counts,
    positive: buckets,
    negative: buckets,
  }),
  { minLength: 1, maxLength: 3 },
)

function metric(all: Scope[]): fc.Arbitrary<MetricData> {
  const description = fc.record({
    name: texts,
    description: texts,
    unit: texts,
    scope: fc.constantFrom(...all),
  })
  const valueType = fc.constantFrom('int' as const, 'double' as const)
  const temporality = fc.constantFrom('delta' as const, 'cumulative' as const)
  return fc.oneof(
    fc.record({ metric: description, type: fc.constant('gauge' as const), valueType, points: numberPoints }),
    fc.record({
      metric: description,
      type: fc.constant('sum' as const),
      valueType,
      monotonic: fc.boolean(),
      temporality,
      points: numberPoints,
    }),
    fc.record({
      metric: description,
      type: fc.constant('exponentialHistogram' as const),
      temporality,
      points: exponentialPoints,
    }),
    fc.record({
      metric: description,
      type: fc.constant('histogram' as const),
      temporality,
      points: histogramPoints,
    }),
  )
}

const some = { minLength: 1, maxLength: 5 }
export const batches = (kind: ExportBatch['kind']): fc.Arbitrary<ExportBatch> =>
  fc.tuple(resource, scopes).chain(([from, all]): fc.Arbitrary<ExportBatch> => {
    if (kind === 'spans')
      return fc.array(span(all), some).map((records) => ({ kind: 'spans', resource: from, records }))
    if (kind === 'logs')
      return fc.array(log(all), some).map((records) => ({ kind: 'logs', resource: from, records }))
    return fc.array(metric(all), some).map((records) => ({ kind: 'metrics', resource: from, records }))
  })
