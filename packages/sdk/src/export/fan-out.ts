import type { Processor } from '../record/index.ts'

/**
 * Hands everything to several processors. Each exporter has a processor of its own before it, so one that is slow or fails holds up
 * none of the others.
 */
export function fanOut(processors: readonly Processor[]): Processor {
  return {
    span: (span) => processors.forEach((one) => one.span(span)),
    log: (log) => processors.forEach((one) => one.log(log)),
    metrics: (metrics) => processors.forEach((one) => one.metrics(metrics)),
    forceFlush: () => settled(processors.map((one) => one.forceFlush())),
    shutdown: () => settled(processors.map((one) => one.shutdown())),
    flushSync: () => processors.forEach((one) => one.flushSync?.()),
  }
}

async function settled(work: Promise<void>[]): Promise<void> {
  await Promise.allSettled(work)
}
