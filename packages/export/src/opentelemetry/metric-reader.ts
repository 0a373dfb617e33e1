import { clearInterval, setInterval } from 'node:timers'
import type { LedgerSink } from './ledger-sink.ts'
import { metricData } from './metrics.ts'
import type { ResourceMetrics } from './sdk-types.ts'

interface MetricProducer {
  collect(options?: {
    timeoutMillis?: number
  }): Promise<{ resourceMetrics: ResourceMetrics; errors: unknown[] }>
}

/** OpenTelemetry's own limit of series in one instrument. */
const CARDINALITY_MAX = 2_000
/** Of AggregationType: what OpenTelemetry aggregates an instrument with unless a view says otherwise. */
const DEFAULT_AGGREGATION = { type: 0 as const }
/** Of AggregationTemporality. */
const CUMULATIVE = 1 as const

/** An IMetricReader of OpenTelemetry's SDK that collects at an interval, without importing its base class. */
export class LedgerMetricReader {
  readonly #sink: LedgerSink
  readonly #timer: NodeJS.Timeout
  #producer: MetricProducer | undefined

  constructor(sink: LedgerSink, intervalMs: number) {
    this.#sink = sink
    this.#timer = setInterval(() => void this.#collectNow().catch(() => {}), intervalMs).unref()
  }

  setMetricProducer(producer: MetricProducer): void {
    this.#producer = producer
  }

  selectAggregation(): typeof DEFAULT_AGGREGATION {
    return DEFAULT_AGGREGATION
  }

  selectAggregationTemporality(): typeof CUMULATIVE {
    return CUMULATIVE
  }

  selectCardinalityLimit(): number {
    return CARDINALITY_MAX
  }

  /** For whoever asks the reader itself; nothing is written. */
  collect(options?: { timeoutMillis?: number }): ReturnType<MetricProducer['collect']> {
    if (this.#producer === undefined)
      return Promise.reject(new Error('the reader belongs to no MeterProvider'))
    return this.#producer.collect(options)
  }

  async forceFlush(): Promise<void> {
    await this.#collectNow()
    await this.#sink.forceFlush()
  }

  async shutdown(): Promise<void> {
    clearInterval(this.#timer)
    await this.#collectNow()
    await this.#sink.shutdown()
  }

  async #collectNow(): Promise<void> {
    if (this.#producer === undefined) return
    const { resourceMetrics } = await this.#producer.collect()
    this.#sink.give(resourceMetrics.resource, (processor) => processor.metrics(metricData(resourceMetrics)))
  }
}
