/**
 * What every sender tells (programs/story.*), as OTLP/JSON: written here by hand, not taken from what came out.
 * Attributes and maps are objects by key, since SDKs differ in their order.
 */

const T = 1_795_000_000_123_456_789n
export const REMOTE = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }

/** What a sender printed: the ids that it chose. */
export interface Told {
  traceId: string
  ids: Record<'root' | 'select' | 'publish' | 'consume' | 'compute', string>
}

export interface Dialect {
  /** The language has integers beyond 2^53 and tells 3.0 from 3. */
  numbers: boolean
  /** What the SDK sends of W3C's trace flags, with spans and links and with log records: 1 sampled, 2 random. */
  traceFlags: { spans: number; logs: number }
  temporality: 'cumulative' | 'delta'
}

/** Nanoseconds after the story began. */
export const at = (nanos: number): string => String(T + BigInt(nanos))

const text = (value: string) => ({ stringValue: value })
const int = (value: number | string) => ({ intValue: String(value) })
const double = (value: number) => ({ doubleValue: value })
const bool = (value: boolean) => ({ boolValue: value })
const list = (...values: object[]) => ({ arrayValue: { values } })
const map = (values: Record<string, object>) => ({ kvlistValue: values })

/** As `service.name`. */
export const SERVICE = 'story'

export const RESOURCE = {
  'service.name': text(SERVICE),
  'service.version': text('1.2.3'),
  'deployment.regions': list(text('eu'), text('us')),
  'host.cores': int(8),
  'host.load': double(0.25),
  'host.spot': bool(true),
}

export const SCOPE = { name: 'senders.story', version: '4.5.6' }
export const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.37.0'

/** OTLP's flags: it is known whether the parent was remote; and it was. */
const LOCAL_PARENT = 0x100
const REMOTE_PARENT = 0x300

const SERVER = 2
const CLIENT = 3
const PRODUCER = 4
const CONSUMER = 5
const INTERNAL = 1

/** By name. */
export function spans({ traceId, ids }: Told, { numbers, traceFlags }: Dialect): Record<string, object> {
  const local = { traceId, flags: traceFlags.spans | LOCAL_PARENT }
  return {
    'GET /orders/{id}': {
      ...local,
      spanId: ids.root,
      kind: SERVER,
      startTimeUnixNano: at(0),
      endTimeUnixNano: at(1_000_000_001),
      attributes: {
        text: text('grüße ☃ 𝄞 "quoted"\n'),
        empty: text(''),
        yes: bool(true),
        no: bool(false),
        int: int(42),
        negative: int(-7),
        double: double(0.1),
        tiny: double(5e-324),
        'list.text': list(text('a'), text('ü')),
        'list.int': list(int(1), int(2), int(3)),
        'list.bool': list(bool(true), bool(false)),
        'list.double': list(double(0.5), double(1.5)),
        ...(numbers && { 'int.max': int('9223372036854775807'), 'double.whole': double(3) }),
      },
    },
    'SELECT orders': {
      ...local,
      spanId: ids.select,
      parentSpanId: ids.root,
      kind: CLIENT,
      startTimeUnixNano: at(1000),
      endTimeUnixNano: at(2001),
      events: [
        {
          name: 'exception',
          timeUnixNano: at(1500),
          attributes: { 'exception.type': text('Deadlock'), retry: int(1) },
        },
        { name: 'again', timeUnixNano: at(1501) },
      ],
      status: { code: 2, message: 'deadlock' },
    },
    publish: {
      ...local,
      spanId: ids.publish,
      parentSpanId: ids.select,
      kind: PRODUCER,
      startTimeUnixNano: at(3000),
      endTimeUnixNano: at(3000),
    },
    consume: {
      traceId: REMOTE.traceId,
      spanId: ids.consume,
      parentSpanId: REMOTE.spanId,
      traceState: 'vendor=value',
      flags: traceFlags.spans | REMOTE_PARENT,
      kind: CONSUMER,
      startTimeUnixNano: at(4000),
      endTimeUnixNano: at(4007),
      links: [
        {
          traceId,
          spanId: ids.publish,
          flags: traceFlags.spans | LOCAL_PARENT,
          attributes: { reason: text('follows') },
        },
      ],
      status: { code: 1 },
    },
    compute: {
      ...local,
      spanId: ids.compute,
      parentSpanId: ids.root,
      kind: INTERNAL,
      startTimeUnixNano: at(5000),
      endTimeUnixNano: at(5009),
    },
  }
}

/** Without the time of observation, which is the sender's own. */
export const logs = ({ traceId, ids }: Told, { traceFlags }: Dialect): object[] => [
  {
    timeUnixNano: at(10),
    severityNumber: 9,
    severityText: 'INFO',
    body: text('order placed'),
    traceId,
    spanId: ids.select,
    flags: traceFlags.logs,
    attributes: { 'order.id': int(7), 'order.ok': bool(true) },
  },
  {
    timeUnixNano: at(11),
    severityNumber: 17,
    severityText: 'ERROR',
    eventName: 'order.failed',
    body: map({
      reason: text('deadlock'),
      tries: int(3),
      ratio: double(0.5),
      ok: bool(false),
      list: list(text('a'), int(1)),
      inner: map({ deep: bool(true) }),
      raw: { bytesValue: 'AAH/' },
    }),
  },
  { timeUnixNano: at(12), severityNumber: 1 },
]

const TEMPORALITIES = { delta: 1, cumulative: 2 }

/** By name; without times. A counter that also goes down is cumulative for everybody. */
export function metrics({ temporality }: Dialect): Record<string, object> {
  const aggregationTemporality = TEMPORALITIES[temporality]
  return {
    orders: {
      unit: '{order}',
      description: 'Orders placed',
      sum: {
        aggregationTemporality,
        isMonotonic: true,
        dataPoints: [
          { asInt: '7', attributes: { shop: text('a') } },
          { asInt: '5', attributes: { shop: text('b') } },
        ],
      },
    },
    stock: {
      sum: { aggregationTemporality: TEMPORALITIES.cumulative, dataPoints: [{ asInt: '7' }] },
    },
    temperature: { unit: 'Cel', gauge: { dataPoints: [{ asDouble: 21.5 }] } },
    ticks: { sum: { aggregationTemporality, isMonotonic: true, dataPoints: [{ asInt: '7' }] } },
    latency: {
      unit: 'ms',
      histogram: {
        aggregationTemporality,
        dataPoints: [
          {
            count: '3',
            sum: 951.5,
            min: 1.5,
            max: 900,
            explicitBounds: [10, 100, 500],
            bucketCounts: ['1', '1', '0', '1'],
          },
        ],
      },
    },
    size: {
      unit: 'By',
      exponentialHistogram: {
        aggregationTemporality,
        dataPoints: [{ count: '5', sum: 1007, min: 0, max: 1000, zeroCount: '1', values: [1, 2, 4, 1000] }],
      },
    },
  }
}
