// A library instrumented for OpenTelemetry: it knows nothing of Spanledger.
import { metrics, trace } from '@opentelemetry/api'

trace.getTracer('library', '1.2.3').startActiveSpan('asked', (span) => {
  trace.getTracer('library').startActiveSpan('within', (inner) => inner.end())
  span.end()
})
metrics.getMeter('library').createCounter('answers').add(42)
