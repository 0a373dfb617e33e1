import { LedgerSink } from './ledger-sink.ts'
import type { LedgerOptions } from './ledger-sink.ts'
import { logData } from './logs.ts'
import { LedgerMetricReader } from './metric-reader.ts'
import type { ReadableLogRecord, ReadableSpan } from './sdk-types.ts'
import { spanData } from './spans.ts'

export interface PipelineOptions extends LedgerOptions {
  /** Between two collections of metrics. */
  metricIntervalMs?: number
}

const METRIC_INTERVAL_MS = 60_000
const SAMPLED = 1

/**
 * The three pipelines of OpenTelemetry's SDK that end in the ledger: `new NodeSDK(ledgerPipeline())`.
 *
 * Without OpenTelemetry's batch processors, which drop spans beyond 2048 and lose some on forceFlush over more than 30 batches:
 * every span and log record becomes its line at once.
 */
export function ledgerPipeline(options: PipelineOptions = {}) {
  return {
    spanProcessors: [spanProcessor(new LedgerSink(options))],
    logRecordProcessors: [logRecordProcessor(new LedgerSink(options))],
    metricReaders: [
      new LedgerMetricReader(new LedgerSink(options), options.metricIntervalMs ?? METRIC_INTERVAL_MS),
    ],
  }
}

const spanProcessor = (sink: LedgerSink) => ({
  onStart: () => {},
  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & SAMPLED) === 0) return
    sink.give(span.resource, (processor) => processor.span(spanData(span)))
  },
  forceFlush: () => sink.forceFlush(),
  shutdown: () => sink.shutdown(),
})

const logRecordProcessor = (sink: LedgerSink) => ({
  onEmit(log: ReadableLogRecord): void {
    sink.give(log.resource, (processor) => processor.log(logData(log)))
  },
  forceFlush: () => sink.forceFlush(),
  shutdown: () => sink.shutdown(),
})
