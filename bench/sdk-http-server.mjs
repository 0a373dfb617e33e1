import { Hono } from 'hono'

const [name, home] = process.argv.slice(2)

/** Some 15 kB each. */
const orders = Array.from({ length: 8 }, (_, at) =>
  JSON.stringify({
    id: at,
    lines: Array.from({ length: 125 }, (__, line) => ({
      sku: `sku-${line}`,
      name: 'a thing that somebody ordered',
      quantity: line % 7,
      price: 12.5 + line,
      tags: ['a', 'b', 'c'],
    })),
  }),
)

const app = await make()
app.use('*', async (_c, next) => next())
app.get('/orders/:id', (c) => {
  const order = orders[c.req.param('id').length % orders.length]
  // CPU-bound: parse and write JSON, as a service does between a database and its client.
  return c.json(JSON.parse(JSON.stringify(JSON.parse(order))))
})

async function make() {
  const plain = new Hono()
  if (name === 'bare') return plain
  if (name === 'opentelemetry') return openTelemetry(plain)
  const { instrumentHono } = await import('@spanledger/instrument/http')
  if (name !== 'off') {
    const { start } = await import('@spanledger/sdk')
    const nothing = {
      span() {},
      log() {},
      metrics() {},
      forceFlush: async () => {},
      shutdown: async () => {},
    }
    const processors = name === 'memory' ? { processors: () => [nothing] } : {}
    await start({ home, openTelemetry: false, ...processors })
  }
  return instrumentHono(plain)
}

async function openTelemetry(plain) {
  const { AsyncLocalStorageContextManager } = await import('@opentelemetry/context-async-hooks')
  const { BasicTracerProvider, BatchSpanProcessor } = await import('@opentelemetry/sdk-trace-base')
  const { MeterProvider, PeriodicExportingMetricReader, InMemoryMetricExporter } =
    await import('@opentelemetry/sdk-metrics')
  const { context, metrics, trace } = await import('@opentelemetry/api')
  const { httpInstrumentationMiddleware } = await import('@hono/otel')
  const exporter = { export: (_spans, done) => done({ code: 0 }), shutdown: async () => {} }
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const spanProcessors = [new BatchSpanProcessor(exporter)]
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }))
  const reader = new PeriodicExportingMetricReader({ exporter: new InMemoryMetricExporter(1) })
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
  plain.use('*', httpInstrumentationMiddleware())
  return plain
}

process.on('message', async (requests) => {
  const before = process.cpuUsage()
  for (let i = 0; i < requests; i++) {
    const request = new Request(`http://localhost/orders/${i}`, { headers: { 'user-agent': 'bench' } })
    await (await app.fetch(request)).text()
  }
  const { user, system } = process.cpuUsage(before)
  process.send((user + system) / requests)
})
