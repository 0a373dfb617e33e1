import { SIGNALS } from '../config/index.ts'
import type { Signal } from '../config/index.ts'
import type { Processor } from '../record/index.ts'

/** The processor, deaf to all other signals. */
export function onlySignals(signals: readonly Signal[], processor: Processor): Processor {
  if (signals.length === SIGNALS.length) return processor
  return {
    span: signals.includes('traces') ? (span) => processor.span(span) : () => {},
    log: signals.includes('logs') ? (log) => processor.log(log) : () => {},
    metrics: signals.includes('metrics') ? (metrics) => processor.metrics(metrics) : () => {},
    forceFlush: () => processor.forceFlush(),
    shutdown: () => processor.shutdown(),
    flushSync: () => processor.flushSync?.(),
  }
}
