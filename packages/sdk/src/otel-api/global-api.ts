import type { Recorder } from '../record/index.ts'
import { contextManager } from './context-manager.ts'
import { propagator } from './propagator.ts'

/** Where every @opentelemetry/api 1.x looks for its providers. Source: its internal/global-utils. */
const API = Symbol.for('opentelemetry.js.api.1')
/** A version that no 1.x takes for older than itself. */
const VERSION = '1.999.99'

/**
 * Makes the recorder the provider of an @opentelemetry/api that cannot be imported: what Deno preloads from a registry cannot resolve what the
 * program will import. Its logs are not among them. The way back; undefined when somebody was there before.
 */
export function registerGlobally(recorder: Recorder): (() => void) | undefined {
  const all = globalThis as unknown as Record<symbol, { trace?: unknown } | undefined>
  const before = all[API]
  if (before?.trace !== undefined) return undefined
  const mine = {
    ...before,
    version: VERSION,
    trace: { getTracer: recorder.tracer.bind(recorder) },
    context: contextManager,
    propagation: propagator,
    metrics: { getMeter: recorder.meter.bind(recorder) },
  }
  all[API] = mine
  return () => {
    if (all[API] === mine) all[API] = before
  }
}
