import type { LogData, MetricData, Resource, Scope, SpanData } from '@spanledger/sdk/record'

/** Plain records, to be changed where a test means something. */

export const RESOURCE: Resource = { attributes: ['service.name', 'shop'], schemaUrl: '' }
const SCOPE: Scope = { name: 'shop.orders', version: '1.2.3', schemaUrl: '', attributes: [] }

const START = { startSeconds: 1_795_000_000, startNanos: 123_456_789 }

export const span = (more: Partial<SpanData> = {}): SpanData => ({
  traceId: '5b8efff798038103d269b633813fc60c',
  spanId: 'eee19b7ec3c1b174',
  parentSpanId: '',
  traceState: '',
  flags: 0x101,
  name: 'GET /orders',
  kind: 'server',
  ...START,
  endSeconds: 1_795_000_000,
  endNanos: 223_456_789,
  status: 'unset',
  statusMessage: '',
  attributes: ['http.route', '/orders'],
  droppedAttributes: 0,
  events: [],
  droppedEvents: 0,
  links: [],
  droppedLinks: 0,
  scope: SCOPE,
  ...more,
})

export const log = (more: Partial<LogData> = {}): LogData => ({
  seconds: START.startSeconds,
  nanos: START.startNanos,
  observedSeconds: START.startSeconds,
  observedNanos: START.startNanos,
  severity: 9,
  severityText: '',
  eventName: '',
  body: 'order placed',
  traceId: '',
  spanId: '',
  flags: 0,
  attributes: ['order.id', 7],
  droppedAttributes: 0,
  scope: SCOPE,
  ...more,
})

export const metric = (value = 7): MetricData => ({
  metric: { name: 'orders', description: '', unit: '{order}', scope: SCOPE },
  type: 'sum',
  valueType: 'int',
  monotonic: true,
  temporality: 'cumulative',
  points: [{ ...START, seconds: START.startSeconds + 60, nanos: 0, attributes: ['shop', 'a'], value }],
})

export const histogram = (): MetricData => ({
  metric: { name: 'latency', description: '', unit: 'ms', scope: SCOPE },
  type: 'histogram',
  temporality: 'delta',
  points: [
    {
      ...START,
      seconds: START.startSeconds + 60,
      nanos: 0,
      attributes: [],
      count: 3,
      sum: 951.5,
      min: 1.5,
      max: 900,
      bounds: [10, 100, 500],
      counts: [1, 1, 0, 1],
    },
  ],
})
