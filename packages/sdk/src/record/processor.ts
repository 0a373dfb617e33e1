import type { LogData, MetricData, SpanData } from './data.ts'

/**
 * Where each record is left at the moment it is complete: a batching one queues it for an exporter, the ledger's writes its line.
 *
 * Errors  none: what cannot be taken is counted and dropped.
 * Speed   span and log are on the host's path.
 */
export interface Processor {
  span(span: SpanData): void
  log(log: LogData): void
  /** What one collection found, at least one. */
  metrics(metrics: readonly MetricData[]): void
  forceFlush(): Promise<void>
  /** As forceFlush; what comes then is dropped, or waits for flushSync. Again: nothing. */
  shutdown(): Promise<void>
  /** The process ends now: save what can be saved without waiting. Called last, perhaps again, perhaps in the middle of forceFlush. */
  flushSync?(): void
}
