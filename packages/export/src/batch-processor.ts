import type { Platform } from '@spanledger/sdk/platform'
import { runSuppressed } from '@spanledger/sdk/record'
import type { LogData, MetricData, Processor, Resource, SpanData } from '@spanledger/sdk/record'
import type { ExportBatch, Exporter } from './exporter.ts'
import { METRIC_LIMITS, batchLimits } from './batch-limits.ts'
import type { BatchLimits } from './batch-limits.ts'
import { BatchQueue } from './batch-queue.ts'
import type { QueueStats } from './batch-queue.ts'
import { deadline } from './deadline.ts'
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
  /** How long forceFlush and shutdown take, the exporter's part of it included; the longest export unless given. */
  flushMsMax?: number
  environment?: Readonly<Record<string, string | undefined>>
  warn?: Warn
}

export interface BatchProcessor extends Processor {
  stats(): Record<'spans' | 'logs' | 'metrics', QueueStats>
}

/** A timer is early by what its event loop had been busy before. */
const EARLY_MS_MAX = 20

/** Which settings make it so, up to QUEUE_BYTES_MAX. */
const LARGER = {
  spans: ': batch.spans.queue (OTEL_BSP_MAX_QUEUE_SIZE) makes it larger',
  logs: ': batch.logs.queue (OTEL_BLRP_MAX_QUEUE_SIZE) makes it larger',
  metrics: '',
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
  const queueOf = <T>(kind: ExportBatch['kind'], own: BatchLimits, sizeOf: (record: T) => number) =>
    new BatchQueue<T>(clock, own, sizeOf, (records) => {
      tellFull(kind)
      return exporter.export({ kind, resource, records } as unknown as ExportBatch)
    })
  const spans = queueOf<SpanData>('spans', limits.spans, sizeOfSpan)
  const logs = queueOf<LogData>('logs', limits.logs, sizeOfLog)
  const metrics = queueOf<MetricData>('metrics', { ...METRIC_LIMITS, ...options.metrics }, sizeOfMetric)
  const kinds = { spans, logs, metrics }
  const queues = Object.values(kinds)

  const told = { spans: 0, logs: 0, metrics: 0 }
  /** Once when the batch leaves before which some were dropped, and at the end, when there were more. */
  const tellFull = (kind: ExportBatch['kind'], isEnd = false): void => {
    const { dropped } = kinds[kind].stats
    if (dropped === told[kind] || (told[kind] > 0 && !isEnd)) return
    told[kind] = dropped
    warn(`${dropped} ${kind} dropped ${isEnd ? 'in all' : 'so far'}, since the queue was full${LARGER[kind]}`)
  }
  const boundMs = options.flushMsMax ?? Math.max(limits.spans.exportTimeoutMs, limits.logs.exportTimeoutMs)

  /** Who waited in vain is not made to wait anew at once: a flush, the next one and shutdown at the end are one wait together. */
  let inVain = deadline(clock, 0)
  const boundNow = (): number => (inVain() > 0 ? 0 : boundMs)

  /** Hands what is left of the bound to `then`, for the exporter's part, and whether the queues were done within it. */
  const flush = async (then: (leftMs: number, isDone: boolean) => Promise<void>): Promise<void> => {
    const boundedMs = boundNow()
    const left = deadline(clock, boundedMs)
    const isDone = await within(clock, left(), Promise.all(queues.map((queue) => queue.flush())))
    await then(isDone ? left() : 0, isDone)
    const wasInVain = !isDone || left() <= EARLY_MS_MAX
    if (boundedMs > 0) inVain = deadline(clock, wasInVain ? boundMs : 0)
  }
  const exportNow = (withinMs: number, isEnd: boolean): void => {
    if (exporter.exportSync === undefined) return
    const batches = [
      { kind: 'spans', resource, records: spans.takeAll(isEnd) },
      { kind: 'logs', resource, records: logs.takeAll(isEnd) },
      { kind: 'metrics', resource, records: metrics.takeAll(isEnd) },
    ].filter(({ records }) => records.length > 0) as ExportBatch[]
    if (batches.length > 0) runSuppressed(() => exporter.exportSync?.(batches, withinMs))
  }
  const tellAllFull = (): void => {
    tellFull('spans', true)
    tellFull('logs', true)
    tellFull('metrics', true)
  }
  let ended: Promise<void> | undefined
  return {
    span: (span) => spans.add(span),
    log: (log) => logs.add(log),
    metrics: (all) => all.forEach((metric) => metrics.add(metric)),
    forceFlush: () => flush((leftMs) => exporter.forceFlush(leftMs)),
    shutdown() {
      return (ended ??= (async () => {
        for (const queue of queues) queue.close()
        await flush((leftMs, isDone) => {
          // What is on its way is the exporter's to keep.
          if (!isDone) exportNow(0, false)
          tellAllFull()
          return exporter.shutdown(leftMs)
        })
      })())
    },
    flushSync() {
      exportNow(boundNow(), true)
      tellAllFull()
    },
    stats: () => ({ spans: { ...spans.stats }, logs: { ...logs.stats }, metrics: { ...metrics.stats } }),
  }
}
