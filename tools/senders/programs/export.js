// Spanledger's own SDK, on Node, Deno and Bun: PACKAGES is the folder of its packages, built. Exports a span, a log record and a metric.
import process from 'node:process'

const { batchProcessor, otlpExporter } = await import(`${process.env.PACKAGES}/export/dist/index.js`)
const { nodePlatform } = await import(`${process.env.PACKAGES}/sdk/dist/platform/index.js`)

const scope = { name: 'senders.export', version: '1.0.0', schemaUrl: '', attributes: [] }
const resource = { attributes: ['service.name', 'exported'], schemaUrl: '' }
const traceId = '5b8efff798038103d269b633813fc60c'
const spanId = 'eee19b7ec3c1b174'
const time = { seconds: 1_795_000_000, nanos: 123_456_789 }
const attributes = ['text', 'grüße', 'int', 42, 'list', ['a', 1]]
const none = { droppedAttributes: 0, attributes, scope }

const span = {
  ...none,
  traceId,
  spanId,
  parentSpanId: '',
  traceState: '',
  flags: 1,
  name: 'GET /orders',
  kind: 'server',
  startSeconds: time.seconds,
  startNanos: time.nanos,
  endSeconds: time.seconds + 1,
  endNanos: time.nanos,
  status: 'unset',
  statusMessage: '',
  events: [],
  droppedEvents: 0,
  links: [],
  droppedLinks: 0,
}
const log = {
  ...none,
  ...time,
  observedSeconds: time.seconds,
  observedNanos: time.nanos,
  severity: 9,
  severityText: '',
  eventName: '',
  body: 'order placed',
  traceId,
  spanId,
  flags: 1,
}
const metric = {
  metric: { name: 'orders', description: '', unit: '{order}', scope },
  type: 'sum',
  valueType: 'int',
  monotonic: true,
  temporality: 'cumulative',
  points: [{ ...time, startSeconds: time.seconds, startNanos: 0, attributes: [], value: 7 }],
}

// Everything from the standard variables.
const platform = nodePlatform()
const processor = batchProcessor({ platform, resource, exporter: otlpExporter(platform) })
processor.span(span)
processor.log(log)
processor.metrics([metric])
await processor.shutdown()
process.stdout.write(`${JSON.stringify(processor.stats())}\n`)
