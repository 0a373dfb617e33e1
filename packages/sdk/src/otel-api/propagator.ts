import type { TextMapPropagator } from '@opentelemetry/api'
import { FIELDS, contextOf, extractWith, injectWith } from '../record/index.ts'

/** W3C trace context and baggage. */
export const propagator: TextMapPropagator = {
  inject(active, carrier: unknown, setter) {
    injectWith((field, value) => setter.set(carrier, field, value), contextOf(active))
  },
  extract(active, carrier: unknown, getter) {
    return extractWith((field) => {
      const found = getter.get(carrier, field)
      if (!Array.isArray(found)) return found
      // Lists may come in several headers; of traceparent there is one, or none that counts.
      return field !== 'traceparent' || found.length === 1 ? found.join(',') : undefined
    }, contextOf(active))
  },
  fields: () => [...FIELDS],
}
