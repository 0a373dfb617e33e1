// OpenTelemetry's own SDK, with our pipelines.
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'

const { ledgerPipeline } = await import(process.env.SPANLEDGER_EXPORTER)
const { spanProcessors, metricReaders } = ledgerPipeline()
const traces = new BasicTracerProvider({ spanProcessors })
const meters = new MeterProvider({ readers: metricReaders })
traces.getTracer('theirs').startSpan('from their SDK').end()
meters.getMeter('theirs').createCounter('counted').add(7)
await Promise.all([traces.shutdown(), meters.shutdown()])
