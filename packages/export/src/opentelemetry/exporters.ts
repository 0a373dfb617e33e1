import { LedgerSink } from './ledger-sink.ts'
import type { LedgerOptions } from './ledger-sink.ts'
import { logData } from './logs.ts'
import { metricData } from './metrics.ts'
import type { ExportDone, ReadableLogRecord, ReadableSpan, ResourceMetrics } from './sdk-types.ts'
import { spanData } from './spans.ts'

/** What the three have in common: flushing, and the end. */
class LedgerExporter {
  protected readonly sink: LedgerSink

  constructor(options: LedgerOptions = {}) {
    this.sink = new LedgerSink(options)
  }

  forceFlush(): Promise<void> {
    return this.sink.forceFlush()
  }

  shutdown(): Promise<void> {
    return this.sink.shutdown()
  }

  /** Says `done` once what was exported is on the disk: whoever exports in batches has lost nothing that was exported. */
  protected finish(isTaken: boolean, done: ExportDone): void {
    if (!isTaken) return done({ code: 1, error: new Error('the exporter was shut down') })
    this.sink.forceFlush().then(
      () => done({ code: 0 }),
      (error: Error) => done({ code: 1, error }),
    )
  }
}

/** A SpanExporter of OpenTelemetry's SDK, 2.x or 3.x, that writes into the ledger. */
export class LedgerSpanExporter extends LedgerExporter {
  export(spans: readonly ReadableSpan[], done: ExportDone): void {
    this.finish(
      spans.every((span) => this.sink.give(span.resource, (processor) => processor.span(spanData(span)))),
      done,
    )
  }
}

/** A LogRecordExporter of OpenTelemetry's SDK, 2.x or 3.x, that writes into the ledger. */
export class LedgerLogRecordExporter extends LedgerExporter {
  export(logs: readonly ReadableLogRecord[], done: ExportDone): void {
    this.finish(
      logs.every((log) => this.sink.give(log.resource, (processor) => processor.log(logData(log)))),
      done,
    )
  }
}

/** A PushMetricExporter of OpenTelemetry's SDK, 2.x or 3.x, that writes into the ledger. */
export class LedgerMetricExporter extends LedgerExporter {
  export(metrics: ResourceMetrics, done: ExportDone): void {
    this.finish(
      this.sink.give(metrics.resource, (processor) => processor.metrics(metricData(metrics))),
      done,
    )
  }
}
