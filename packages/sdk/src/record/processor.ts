import type { LogData, MetricData, SpanData } from './data.ts'

/**
 * Where the recorder leaves each record at the moment it is complete: a batching one queues it for an exporter, the ledger's
 * writes its line at once.
 *
 * Errors  none: what cannot be taken is counted and dropped, for telemetry never throws into its host.
 * Speed   span and log are on the host's path.
 */
export interface Processor {
  span(span: SpanData): void
  log(log: LogData): void
  /** What one collection found, at least one. */
  metrics(metrics: readonly MetricData[]): void
  forceFlush(): Promise<void>
  /** As forceFlush; then everything is dropped. Again: nothing. */
  shutdown(): Promise<void>
  /**
   * The process ends now: save what can be saved without waiting. Called last, possibly more than once, and possibly in the
   * middle of forceFlush.
   */
  flushSync?(): void
}
