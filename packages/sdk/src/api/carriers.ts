import type { Carrier } from '../record/index.ts'
import { live } from './live.ts'

/**
 * Puts the active context into a carrier (headers, MCP's `_meta`, a message to another agent) as W3C's traceparent, tracestate
 * and baggage; returns the carrier.
 */
export function inject<C extends Carrier>(carrier: C): C {
  return live === undefined ? carrier : live.inject(carrier)
}

/** Runs `fn` under the context that came in a carrier; spans in it belong to the sender's trace. */
export function runWithCarrier<T>(carrier: Carrier, fn: () => T): T {
  return live === undefined ? fn() : live.context.run(live.extract(carrier), fn)
}

type Environment = Record<string, string | undefined>

/** The environment for a child process, which continues this trace: `spawn(command, { env: childEnvironment() })`. */
export function childEnvironment(env: Environment = process.env): Environment {
  return live === undefined ? { ...env } : live.environmentWith(env)
}
