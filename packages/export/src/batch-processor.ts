import type { Platform } from '@spanledger/sdk/platform'
import { runSuppressed } from '@spanledger/sdk/record'
import type { LogData, MetricData, Processor, Resource, SpanData } from '@spanledger/sdk/record'
import type { ExportBatch, Exporter } from './exporter.ts'
import { METRIC_LIMITS, batchLimits } from './batch-limits.ts'
import type { BatchLimits } from './batch-limits.ts'
import { BatchQueue } from './batch-queue.ts'
import type { QueueStats } from './batch-queue.ts'
import { sizeOfLog, sizeOfMetric, sizeOfSpan } from './size-of.ts'
import { createWarn } from './warn.ts'
import type { Warn } from './warn.ts'
import { within } from './within.ts'

export interface BatchOptions {
  platform: Platform
  exporter: Exporter
  resource: Resource
  /** What code says comes before OTEL_BSP_* and OTEL_BLRP_*. */
  spans?: Partial<BatchLimits>
  logs?: Partial<BatchLimits>
  metrics?: Partial<BatchLimits>
  /** How long forceFlush and shutdown wait for the queues; the longest export unless given. */
  flushMsMax?: number
  environment?: Readonly<Record<string, string | undefined>>
  warn?: Warn
}

export interface BatchProcessor extends Processor {
  stats(): Record<'spans' | 'logs' | 'metrics', QueueStats>
}

/** Queues what is recorded, in front of one exporter. A slow exporter fills its own queues and holds up nobody. */
export function batchProcessor(options: BatchOptions): BatchProcessor {
  const { platform, exporter, resource, environment = process.env } = options
  const { clock } = platform
  const warn = options.warn ?? createWarn(clock)
  const limits = {
    spans: { ...batchLimits('BSP', environment, warn), ...options.spans },
    logs: { ...batchLimits('BLRP', environment, warn), ...options.logs },
  }
  const spans = new BatchQueue<SpanData>(clock, limits.spans, sizeOfSpan, (records) =>
    exporter.export({ kind: 'spans', resource, records }),
  )
  const logs = new BatchQueue<LogData>(clock, limits.logs, sizeOfLog, (records) =>
    exporter.export({ kind: 'logs', resource, records }),
  )
  const metrics = new BatchQueue<MetricData>(
    clock,
    { ...METRIC_LIMITS, ...options.metrics },
    sizeOfMetric,
    (records) => exporter.export({ kind: 'metrics', resource, records }),
  )
  const queues = [spans, logs, metrics]
  const boundMs = options.flushMsMax ?? Math.max(limits.spans.exportTimeoutMs, limits.logs.exportTimeoutMs)

  const flush = async (): Promise<void> => {
    await Promise.all(queues.map((queue) => queue.flush()))
  }
  let ended: Promise<void> | undefined
  return {
    span: (span) => spans.add(span),
    log: (log) => logs.add(log),
    metrics: (all) => all.forEach((metric) => metrics.add(metric)),
    async forceFlush() {
      await within(clock, boundMs, flush())
      await exporter.forceFlush()
    },
    shutdown() {
      return (ended ??= (async () => {
        for (const queue of queues) queue.close()
        await within(clock, boundMs, flush())
        await exporter.shutdown()
      })())
    },
    flushSync() {
      const batches = [
        { kind: 'spans', resource, records: spans.takeAll() },
        { kind: 'logs', resource, records: logs.takeAll() },
        { kind: 'metrics', resource, records: metrics.takeAll() },
      ].filter(({ records }) => records.length > 0) as ExportBatch[]
      if (batches.length > 0) runSuppressed(() => exporter.exportSync?.(batches))
    },
    stats: () => ({ spans: { ...spans.stats }, logs: { ...logs.stats }, metrics: { ...metrics.stats } }),
  }
}
