// One measurement of bench/sdk.mjs: sdk-program.mjs ours|theirs bare|off|on|import HOME. Prints figures as JSON.
const [side, what, home] = process.argv.slice(2)
const CALLS = 20_000_000
const RECORDS = 200_000
/** Between two turns of the event loop, as a busy service would. */
const TURN = 200
const SDK = '../packages/sdk/dist/api/index.js'
const PUBLISHED = '../packages/sdk/pack/index.js'
const attributes = (i) => ({
  'http.request.method': 'GET',
  'http.route': '/users/:id',
  'url.path': `/users/${i}`,
  'server.address': 'localhost',
  'server.port': 8080,
  'http.response.status_code': 200,
  'user.cached': true,
  'cpu.load': 0.25,
})
const turn = () => new Promise(setImmediate)

/** Nanoseconds a call, the best of five loops. */
function perCall(fn, calls) {
  let best = Infinity
  for (let round = 0; round < 5; round++) {
    const started = performance.now()
    for (let i = 0; i < calls; i++) fn(i)
    best = Math.min(best, ((performance.now() - started) * 1e6) / calls)
  }
  return best
}

/** Microseconds of CPU time a record, writing included; the first loop warms up. */
async function perRecord(fn, flush) {
  let used = 0
  for (const counts of [false, true]) {
    const before = process.cpuUsage()
    for (let i = 0; i < RECORDS; i++) {
      fn(i)
      if (i % TURN === 0) await turn()
      // The disk's own speed is not what is measured: what waits for it must not be dropped.
      if (i % 20_000 === 0) await flush()
    }
    await flush()
    const { user, system } = process.cpuUsage(before)
    if (counts) used = (user + system) / RECORDS
  }
  return used
}

let sum = 0
/** What is instrumented: made once, as the functions of a library are. */
const work = () => {
  sum += 7
}

const inSpan = (span) => {
  work()
  span.end()
}

const measurements = {
  async import() {
    // The first import of a process starts the loader, whatever is imported.
    const nothing = 'data:text/javascript,'
    await import(nothing)
    globalThis.gc()
    const before = process.memoryUsage().heapUsed
    const started = performance.now()
    await import(side === 'ours' ? PUBLISHED : '@opentelemetry/api')
    const importMs = performance.now() - started
    globalThis.gc()
    return { importMs, importMiB: (process.memoryUsage().heapUsed - before) / 2 ** 20 }
  },
  async off() {
    const bare = perCall(() => work(), CALLS)
    if (side === 'ours') {
      const { record } = await import(SDK)
      return { off: perCall(() => record('work', work), CALLS) - bare }
    }
    const { trace } = await import('@opentelemetry/api')
    const tracer = trace.getTracer('bench')
    return { off: perCall(() => tracer.startActiveSpan('work', inSpan), CALLS / 20) - bare }
  },
  on: () => (side === 'ours' ? oursOn() : theirsOn()),
}

async function oursOn() {
  const sdk = await import(SDK)
  let ledger
  await sdk.start({ home, openTelemetry: false, processors: (host) => [(ledger = host.ledger())] })
  const counter = sdk.counter('c')
  const figures = {
    span: await perRecord(
      (i) => sdk.startSpan('GET /users/:id', { kind: 'server', attributes: attributes(i) }).end(),
      sdk.forceFlush,
    ),
    log: await perRecord(
      (i) => sdk.log.info('order accepted', { 'order.id': i, customer: 'acme' }),
      sdk.forceFlush,
    ),
    counter: perCall(() => counter.add(1), 5_000_000),
    counter2: perCall(() => counter.add(1, { route: '/a', status: 200 }), 5_000_000),
  }
  await sdk.shutdown()
  return { ...figures, dropped: ledger.dropped }
}

async function theirsOn() {
  const { BasicTracerProvider, BatchSpanProcessor } = await import('@opentelemetry/sdk-trace-base')
  const { AsyncLocalStorageContextManager } = await import('@opentelemetry/context-async-hooks')
  const { LoggerProvider, BatchLogRecordProcessor } = await import('@opentelemetry/sdk-logs')
  const { MeterProvider } = await import('@opentelemetry/sdk-metrics')
  const { context } = await import('@opentelemetry/api')
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const exporter = {
    export: (_, done) => done({ code: 0 }),
    shutdown: async () => {},
    forceFlush: async () => {},
  }
  const spans = new BatchSpanProcessor(exporter, { maxQueueSize: 100_000 })
  const tracer = new BasicTracerProvider({ spanProcessors: [spans] }).getTracer('bench')
  const logs = new BatchLogRecordProcessor({ exporter, maxQueueSize: 100_000 })
  const logger = new LoggerProvider({ processors: [logs] }).getLogger('bench')
  const counter = new MeterProvider().getMeter('bench').createCounter('c')
  const log = (i) =>
    logger.emit({
      severityNumber: 9,
      severityText: 'INFO',
      body: 'order accepted',
      attributes: { 'order.id': i, customer: 'acme' },
    })
  return {
    span: await perRecord(
      (i) => tracer.startSpan('GET /users/:id', { kind: 1, attributes: attributes(i) }).end(),
      () => spans.forceFlush(),
    ),
    log: await perRecord(log, () => logs.forceFlush()),
    counter: perCall(() => counter.add(1), 500_000),
    counter2: perCall(() => counter.add(1, { route: '/a', status: 200 }), 500_000),
  }
}

console.log(JSON.stringify(await measurements[what]()))
