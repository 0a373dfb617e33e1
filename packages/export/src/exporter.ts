import type { LogData, MetricData, Resource, SpanData } from '@spanledger/sdk/record'

/** Records of one kind, at least one. They stay as they are, so an exporter may hold on to them. */
export type ExportBatch = { readonly resource: Resource } & (
  | { readonly kind: 'spans'; readonly records: readonly SpanData[] }
  | { readonly kind: 'logs'; readonly records: readonly LogData[] }
  | { readonly kind: 'metrics'; readonly records: readonly MetricData[] }
)

/** An expected refusal is a value: `rejected` of the batch were not taken, the others were. Metrics count in points. */
export interface ExportResult {
  accepted: number
  rejected: number
  /** Why; empty when all were taken. */
  message: string
}

/**
 * Takes batches somewhere else. Implementations say in their own words when a batch counts as taken.
 *
 * Order   whoever calls waits for one export before the next of the same kind.
 * Errors  export never rejects and never throws: what went wrong is in the result, told and counted by the exporter.
 * Host    no timer or socket keeps the process alive, except while forceFlush or shutdown wait. What an exporter itself calls
 *         runs under `runSuppressed`, so that telemetry never records itself.
 */
export interface Exporter {
  export(batch: ExportBatch): Promise<ExportResult>
  /** Resolves once everything handed over before was taken or given up, within `withinMs`, or a bound of the exporter's. */
  forceFlush(withinMs?: number): Promise<void>
  /** As forceFlush; an export after it takes nothing and says so. Again: nothing. */
  shutdown(withinMs?: number): Promise<void>
  /**
   * The process ends now, after a shutdown or without: delivers or keeps the batches before it returns, within `withinMs`, or a bound of the exporter's; after
   * none it only keeps them. An `export` that is still under way may hold some of their records as well: then they come twice.
   */
  exportSync?(batches: readonly ExportBatch[], withinMs?: number): void
}
