// The story, told with OpenTelemetry JS: the SDK for Node as its own documentation starts it. Also run by Bun.
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  ValueType,
  createTraceState,
} from '@opentelemetry/api'
import * as api from '@opentelemetry/api'
import { metrics, trace } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AggregationType } from '@opentelemetry/sdk-metrics'
import { NodeSDK } from '@opentelemetry/sdk-node'

// In 3.x the Logs API is part of the API.
const { logs } = 'logs' in api ? api : await import('@opentelemetry/api-logs')

const SECONDS = 1_795_000_000
const at = (nanos) => [SECONDS, 123_456_789 + nanos]
const SCOPE = ['senders.story', '4.5.6', { schemaUrl: 'https://opentelemetry.io/schemas/1.37.0' }]

// Where Spanledger's exporters are named, straight into the ledger: by its own pipelines, or by OpenTelemetry's around its exporters.
const { LEDGER_EXPORTER, LEDGER_BY } = process.env
const ledger = LEDGER_EXPORTER && (await import(LEDGER_EXPORTER))
const toLedger = LEDGER_BY === 'pipeline' ? ledger.ledgerPipeline() : ledger && (await otherPipelines(ledger))

async function otherPipelines({ LedgerSpanExporter, LedgerLogRecordExporter, LedgerMetricExporter }) {
  const { BatchSpanProcessor } = await import('@opentelemetry/sdk-trace')
  const { SimpleLogRecordProcessor } = await import('@opentelemetry/sdk-logs')
  const { PeriodicExportingMetricReader } = await import('@opentelemetry/sdk-metrics')
  return {
    spanProcessors: [new BatchSpanProcessor({ exporter: new LedgerSpanExporter() })],
    logRecordProcessors: [new SimpleLogRecordProcessor({ exporter: new LedgerLogRecordExporter() })],
    metricReaders: [new PeriodicExportingMetricReader({ exporter: new LedgerMetricExporter() })],
  }
}

const sdk = new NodeSDK({
  ...toLedger,
  autoDetectResources: false,
  resource: resourceFromAttributes({
    'service.name': process.env.SENDER,
    'service.version': '1.2.3',
    'deployment.regions': ['eu', 'us'],
    'host.cores': 8,
    'host.load': 0.25,
    'host.spot': true,
  }),
  views: [{ instrumentName: 'size', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
  instrumentations: [],
})
sdk.start()

// trace.getTracer would drop the schema URL.
const tracer = trace.getTracerProvider().getTracer(...SCOPE)
const root = tracer.startSpan(
  'GET /orders/{id}',
  {
    kind: SpanKind.SERVER,
    startTime: at(0),
    attributes: {
      text: 'grüße ☃ 𝄞 "quoted"\n',
      empty: '',
      yes: true,
      no: false,
      int: 42,
      negative: -7,
      double: 0.1,
      tiny: 5e-324,
      'list.text': ['a', 'ü'],
      'list.int': [1, 2, 3],
      'list.bool': [true, false],
      'list.double': [0.5, 1.5],
    },
  },
  ROOT_CONTEXT,
)
const inRoot = trace.setSpan(ROOT_CONTEXT, root)
const select = tracer.startSpan('SELECT orders', { kind: SpanKind.CLIENT, startTime: at(1000) }, inRoot)
const inSelect = trace.setSpan(ROOT_CONTEXT, select)
select.addEvent('exception', { 'exception.type': 'Deadlock', retry: 1 }, at(1500))
select.addEvent('again', at(1501))
select.setStatus({ code: SpanStatusCode.ERROR, message: 'deadlock' })
const publish = tracer.startSpan('publish', { kind: SpanKind.PRODUCER, startTime: at(3000) }, inSelect)
const remote = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: TraceFlags.SAMPLED,
  traceState: createTraceState('vendor=value'),
  isRemote: true,
}
const consume = tracer.startSpan(
  'consume',
  {
    kind: SpanKind.CONSUMER,
    startTime: at(4000),
    links: [{ context: publish.spanContext(), attributes: { reason: 'follows' } }],
  },
  trace.setSpanContext(ROOT_CONTEXT, remote),
)
consume.setStatus({ code: SpanStatusCode.OK })
const compute = tracer.startSpan('compute', { startTime: at(5000) }, inRoot)

const logger = logs.getLogger(...SCOPE)
logger.emit({
  timestamp: at(10),
  severityNumber: 9,
  severityText: 'INFO',
  body: 'order placed',
  attributes: { 'order.id': 7, 'order.ok': true },
  context: inSelect,
})
logger.emit({
  timestamp: at(11),
  severityNumber: 17,
  severityText: 'ERROR',
  eventName: 'order.failed',
  body: {
    reason: 'deadlock',
    tries: 3,
    ratio: 0.5,
    ok: false,
    list: ['a', 1],
    inner: { deep: true },
    raw: new Uint8Array([0, 1, 255]),
  },
  context: ROOT_CONTEXT,
})
logger.emit({ timestamp: at(12), severityNumber: 1, context: ROOT_CONTEXT })

publish.end(at(3000))
select.end(at(2001))
consume.end(at(4007))
compute.end(at(5009))
root.end([SECONDS + 1, 123_456_790])

const meter = metrics.getMeter(...SCOPE)
const INT = { valueType: ValueType.INT }
const orders = meter.createCounter('orders', { ...INT, unit: '{order}', description: 'Orders placed' })
orders.add(3, { shop: 'a' })
orders.add(4, { shop: 'a' })
orders.add(5, { shop: 'b' })
const stock = meter.createUpDownCounter('stock', INT)
stock.add(10)
stock.add(-3)
meter.createGauge('temperature', { unit: 'Cel' }).record(21.5)
meter.createObservableCounter('ticks', INT).addCallback((result) => result.observe(7))
const latency = meter.createHistogram('latency', {
  unit: 'ms',
  advice: { explicitBucketBoundaries: [10, 100, 500] },
})
for (const value of [1.5, 50, 900]) latency.record(value)
const size = meter.createHistogram('size', { unit: 'By' })
for (const value of [0, 1, 2, 4, 1000]) size.record(value)

await sdk.shutdown()
const spans = { root, select, publish, consume, compute }
const ids = Object.fromEntries(Object.entries(spans).map(([name, span]) => [name, span.spanContext().spanId]))
process.stdout.write(JSON.stringify({ traceId: root.spanContext().traceId, ids }) + '\n')
