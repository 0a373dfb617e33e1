import { LedgerProcessor } from '@spanledger/sdk/record'
import type {
  AttributeList,
  AttributeValue,
  LogData,
  MetricData,
  Resource,
  Scope,
  SpanData,
} from '@spanledger/sdk/record'
import { nodePlatform } from '@spanledger/sdk/platform'
import * as fc from 'fast-check'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createRedactor } from '@spanledger/sdk/redact'
import type { Signal } from './transcoded.ts'
import { createTranscoder } from './transcoder.ts'

const transcoder = createTranscoder({ redactor: createRedactor() })
const hex = (length: number) => fc.stringMatching(new RegExp(`^[1-9a-f]{${length}}$`))
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.string({ unit: 'binary-ascii', maxLength: 400 }),
)
const value: fc.Arbitrary<AttributeValue> = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.double(),
    fc.double({ min: -1e6, max: 1e6 }).map((n) => Math.round(n * 1e3) / 1e3),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.uint8Array({ maxLength: 9 }),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('k', 'n', '$d'), tie('value'), { maxKeys: 3 }),
  ),
})).value
const attributes: fc.Arbitrary<AttributeList> = fc
  .uniqueArray(fc.tuple(fc.constantFrom('a', 'b.c', 'u\u00e9', '$x', 'q"', '7'), value), {
    selector: ([key]) => key,
    maxLength: 6,
  })
  .map((pairs) => pairs.flat(1))
const moment = fc.record({
  seconds: fc.integer({ min: 1, max: 4e9 }),
  nanos: fc.integer({ min: 0, max: 999_999_999 }),
})
const scope: fc.Arbitrary<Scope> = fc.record({ name: text, version: text, schemaUrl: text, attributes })
const resource: fc.Arbitrary<Resource> = fc.record({ attributes, schemaUrl: text })
const event = fc
  .record({ name: text, time: moment, attributes, droppedAttributes: fc.nat(3) })
  .map(({ time, ...rest }) => ({ ...rest, ...time }))
const link = fc.record({
  traceId: hex(32),
  spanId: hex(16),
  traceState: text,
  attributes,
  droppedAttributes: fc.nat(3),
  flags: fc.nat(1023),
})
const span: fc.Arbitrary<SpanData> = fc
  .record({
    traceId: hex(32),
    spanId: hex(16),
    parentSpanId: fc.oneof(fc.constant(''), hex(16)),
    traceState: text,
    flags: fc.nat(1023),
    name: text,
    kind: fc.constantFrom('internal', 'server', 'client', 'producer', 'consumer'),
    start: moment,
    end: moment,
    status: fc.constantFrom('unset', 'ok', 'error'),
    statusMessage: text,
    attributes,
    droppedAttributes: fc.nat(3),
    events: fc.array(event, { maxLength: 2 }),
    droppedEvents: fc.nat(3),
    links: fc.array(link, { maxLength: 2 }),
    droppedLinks: fc.nat(3),
    scope,
  })
  .map(({ start, end, ...rest }) => {
    const last = end.seconds > start.seconds ? end : start
    return {
      ...rest,
      startSeconds: start.seconds,
      startNanos: start.nanos,
      endSeconds: last.seconds,
      endNanos: last.nanos,
    } as SpanData
  })
const log: fc.Arbitrary<LogData> = fc
  .record({
    time: moment,
    observed: moment,
    severity: fc.nat(24),
    severityText: text,
    eventName: text,
    body: fc.oneof(fc.constant(undefined), value),
    ids: fc.oneof(fc.constant(undefined), fc.tuple(hex(32), hex(16))),
    flags: fc.nat(3),
    attributes,
    droppedAttributes: fc.nat(3),
    scope,
  })
  .map(({ time, observed, ids, ...rest }) => ({
    ...rest,
    ...time,
    observedSeconds: observed.seconds,
    observedNanos: observed.nanos,
    traceId: ids?.[0] ?? '',
    spanId: ids?.[1] ?? '',
  }))
const metric: fc.Arbitrary<MetricData> = fc
  .record({
    metric: fc.record({ name: text, description: text, unit: text, scope }),
    type: fc.constantFrom('gauge', 'sum', 'histogram'),
    temporality: fc.constantFrom('delta', 'cumulative'),
    monotonic: fc.boolean(),
    valueType: fc.constantFrom('int', 'double'),
    points: fc.array(
      fc.record({ attributes, start: moment, time: moment, int: fc.maxSafeInteger(), double: fc.double() }),
      { minLength: 1, maxLength: 3 },
    ),
  })
  .map(
    ({ points, ...rest }) =>
      ({
        ...rest,
        points: points.map(({ start, time, int, double, ...point }) => ({
          ...point,
          ...time,
          startSeconds: start.seconds,
          startNanos: start.nanos,
          value: rest.valueType === 'int' ? int : double,
          count: Math.abs(int),
          sum: double,
          min: undefined,
          max: double,
          bounds: [0.5, 1, 1e21],
          counts: [1, 2, 3, Math.abs(int)],
        })),
      }) as MetricData,
  )

/** OTLP/JSON, as the data says. */
const nano = (seconds: number, nanos: number) => `${seconds}${String(nanos).padStart(9, '0')}`
const anyValue = (v: AttributeValue): object => {
  if (v === null) return {}
  if (typeof v === 'string') return { stringValue: v }
  if (typeof v === 'boolean') return { boolValue: v }
  if (typeof v === 'bigint') return { intValue: String(v) }
  if (typeof v === 'number')
    return Number.isSafeInteger(v) && !Object.is(v, -0) ? { intValue: v } : { doubleValue: double(v) }
  if (v instanceof Uint8Array) return { bytesValue: Buffer.from(v).toString('base64') }
  if (Array.isArray(v)) return { arrayValue: { values: v.map((each) => anyValue(each as AttributeValue)) } }
  return { kvlistValue: { values: keyValues(Object.entries(v).flat(1) as AttributeList) } }
}
const double = (v: number | undefined) =>
  v === undefined || Number.isFinite(v) ? (Object.is(v, -0) ? '-0' : v) : String(v)
const keyValues = (list: AttributeList): object[] =>
  Array.from({ length: list.length / 2 }, (_, i) => ({ key: list[i * 2], value: anyValue(list[i * 2 + 1]!) }))
const scopeJson = ({ name, version, attributes: list }: Scope) => ({
  name,
  version,
  attributes: keyValues(list),
})
const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer']
const spanJson = (s: SpanData) => ({
  ...s,
  scope: undefined,
  kind: KINDS.indexOf(s.kind),
  startTimeUnixNano: nano(s.startSeconds, s.startNanos),
  endTimeUnixNano: nano(s.endSeconds, s.endNanos),
  status: { code: ['unset', 'ok', 'error'].indexOf(s.status), message: s.statusMessage },
  attributes: keyValues(s.attributes),
  droppedAttributesCount: s.droppedAttributes,
  events: s.events.map((e) => ({
    name: e.name,
    timeUnixNano: nano(e.seconds, e.nanos),
    attributes: keyValues(e.attributes),
    droppedAttributesCount: e.droppedAttributes,
  })),
  droppedEventsCount: s.droppedEvents,
  links: s.links.map((l) => ({
    ...l,
    attributes: keyValues(l.attributes),
    droppedAttributesCount: l.droppedAttributes,
  })),
  droppedLinksCount: s.droppedLinks,
})
const logJson = (l: LogData) => ({
  timeUnixNano: nano(l.seconds, l.nanos),
  observedTimeUnixNano: nano(l.observedSeconds, l.observedNanos),
  severityNumber: l.severity,
  severityText: l.severityText,
  eventName: l.eventName,
  ...(l.body !== undefined && { body: anyValue(l.body) }),
  traceId: l.traceId,
  spanId: l.spanId,
  flags: l.flags,
  attributes: keyValues(l.attributes),
  droppedAttributesCount: l.droppedAttributes,
})
const metricJson = (m: MetricData) => ({
  ...m.metric,
  scope: undefined,
  [m.type]: {
    ...(m.type !== 'gauge' && { aggregationTemporality: m.temporality === 'delta' ? 1 : 2 }),
    ...(m.type === 'sum' && { isMonotonic: m.monotonic }),
    dataPoints: m.points.map((p) => ({
      attributes: keyValues(p.attributes),
      timeUnixNano: nano(p.seconds, p.nanos),
      startTimeUnixNano: nano(p.startSeconds, p.startNanos),
      ...('value' in p &&
        'valueType' in m &&
        (m.valueType === 'int' ? { asInt: p.value } : { asDouble: double(p.value) })),
      ...('counts' in p &&
        m.type === 'histogram' && {
          count: p.count,
          sum: double(p.sum),
          max: double(p.max),
          explicitBounds: p.bounds,
          bucketCounts: p.counts,
        }),
    })),
  },
})

async function recordedLines(
  from: Resource,
  work: (processor: LedgerProcessor) => void,
  kind: string,
): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'spanledger-'))
  const problems: unknown[] = []
  const processor = new LedgerProcessor({
    platform: nodePlatform(),
    resource: from,
    home,
    report: (part, problem) => problems.push(part, problem),
  })
  work(processor)
  processor.flushSync()
  expect([problems, processor.dropped]).toEqual([[], 0])
  const folder = join(home, 'ledger', kind)
  const lines = readFileSync(join(folder, readdirSync(folder)[0]!), 'utf8')
  rmSync(home, { recursive: true })
  return lines.slice(lines.indexOf('\n') + 1)
}

function transcodedLines(
  signal: Signal,
  names: [string, string, string],
  from: Resource,
  of: Scope,
  record: object,
): string {
  const [resources, scopes, records] = names
  const request = {
    [resources]: [
      {
        resource: { attributes: keyValues(from.attributes) },
        schemaUrl: from.schemaUrl,
        [scopes]: [{ scope: scopeJson(of), schemaUrl: of.schemaUrl, [records]: [record] }],
      },
    ],
  }
  const { batch, accepted, rejected } = transcoder.json(signal, Buffer.from(JSON.stringify(request)))
  expect([accepted > 0, rejected]).toEqual([true, 0])
  return Buffer.concat([...batch.definitions.values(), batch.lines]).toString()
}

const isDefinition = (line: string) => /^\{"(origin|metric)"/.test(line)

const sorted = (lines: string) => {
  const all = lines.trimEnd().split('\n')
  return [...all.filter(isDefinition).toSorted(), ...all.filter((line) => !isDefinition(line))]
}

test('a recorded span has the very line, and origin, that it has when it comes as OTLP', async () => {
  await fc.assert(
    fc.asyncProperty(resource, span, async (from, data) => {
      const lines = await recordedLines(from, (processor) => processor.span(data), 'spans')
      expect(sorted(lines)).toEqual(
        sorted(
          transcodedLines(
            'traces',
            ['resourceSpans', 'scopeSpans', 'spans'],
            from,
            data.scope,
            spanJson(data),
          ),
        ),
      )
    }),
    { numRuns: 150 },
  )
})

test('so has a log record', async () => {
  await fc.assert(
    fc.asyncProperty(resource, log, async (from, data) => {
      const lines = await recordedLines(from, (processor) => processor.log(data), 'logs')
      expect(sorted(lines)).toEqual(
        sorted(
          transcodedLines(
            'logs',
            ['resourceLogs', 'scopeLogs', 'logRecords'],
            from,
            data.scope,
            logJson(data),
          ),
        ),
      )
    }),
    { numRuns: 150 },
  )
})

test('so has a metric point', async () => {
  await fc.assert(
    fc.asyncProperty(resource, metric, async (from, data) => {
      const lines = await recordedLines(from, (processor) => processor.metrics([data]), 'metrics')
      expect(sorted(lines)).toEqual(
        sorted(
          transcodedLines(
            'metrics',
            ['resourceMetrics', 'scopeMetrics', 'metrics'],
            from,
            data.metric.scope,
            metricJson(data),
          ),
        ),
      )
    }),
    { numRuns: 150 },
  )
})
