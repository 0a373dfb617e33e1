import type { Clock } from '@spanledger/sdk/platform'
import type { ExportResult } from './exporter.ts'
import { runSuppressed } from '@spanledger/sdk/record'
import type { BatchLimits } from './batch-limits.ts'

/** Metrics that were exported or failed count in points. */
export interface QueueStats {
  exported: number
  /** Handed to the exporter, and not taken by it. */
  failed: number
  /** Not taken into the queue, which was full. */
  dropped: number
}

/**
 * Gathers records into batches, one export at a time. Whatever goes wrong is counted; nothing is thrown.
 *
 * Order   as they were added.
 */
export class BatchQueue<T> {
  readonly stats: QueueStats = { exported: 0, failed: 0, dropped: 0 }
  readonly #clock: Clock
  readonly #limits: BatchLimits
  readonly #sizeOf: (record: T) => number
  readonly #export: (records: T[]) => Promise<ExportResult>
  #records: T[] = []
  /** Being exported. */
  #leaving: readonly T[] = []
  #bytes = 0
  #added = 0
  /** Exported or given up, of those added. */
  #settled = 0
  #closed = false
  #working = false
  /** Up to this many of those added are not to wait for others. */
  #hurryUpTo = 0
  #wake: AbortController | undefined
  #waiters: (() => void)[] = []

  constructor(
    clock: Clock,
    limits: BatchLimits,
    sizeOf: (record: T) => number,
    exportBatch: (records: T[]) => Promise<ExportResult>,
  ) {
    this.#clock = clock
    this.#limits = limits
    this.#sizeOf = sizeOf
    this.#export = exportBatch
  }

  add(record: T): void {
    const { queueMax, queueBytesMax, batchMax } = this.#limits
    if (this.#records.length >= queueMax || this.#bytes >= queueBytesMax) {
      this.stats.dropped++
      return
    }
    this.#records.push(record)
    this.#bytes += this.#sizeOf(record)
    if (this.#closed) return
    this.#added++
    if (!this.#working) {
      this.#working = true
      runSuppressed(() => void this.#work())
    } else if (this.#records.length === batchMax) this.#wake?.abort()
  }

  /** Resolves when everything added before was exported or given up. */
  async flush(): Promise<void> {
    const added = this.#added
    this.#hurryUpTo = added
    this.#wake?.abort()
    while (this.#settled < added) await new Promise<void>((resolve) => this.#waiters.push(resolve))
  }

  /** Everything that was not taken yet, on request what is being exported included; afterwards nothing waits. */
  takeAll(withLeaving: boolean): T[] {
    const all = this.#records.splice(0)
    if (withLeaving) {
      all.unshift(...this.#leaving)
      this.#leaving = []
    }
    this.#bytes = 0
    this.#settled = this.#added
    for (const waiter of this.#waiters.splice(0)) waiter()
    return all
  }

  /** What is added from now on waits for takeAll. */
  close(): void {
    this.#closed = true
  }

  async #work(): Promise<void> {
    // Not in the host's own turn: its next records belong to the same batch.
    await Promise.resolve()
    while (this.#records.length > 0) {
      await this.#waitForOthers()
      const batch = this.#records.splice(0, this.#limits.batchMax)
      this.#bytes =
        this.#records.length === 0 ? 0 : this.#bytes - batch.reduce((sum, one) => sum + this.#sizeOf(one), 0)
      if (batch.length === 0) break
      this.#leaving = batch
      const { accepted, rejected } = await this.#exportOne(batch)
      this.#leaving = []
      this.stats.exported += accepted
      this.stats.failed += rejected
      this.#settled = Math.min(this.#added, this.#settled + batch.length)
      for (const waiter of this.#waiters.splice(0)) waiter()
    }
    this.#working = false
  }

  async #waitForOthers(): Promise<void> {
    const { batchMax, delayMs } = this.#limits
    if (this.#records.length >= batchMax || this.#settled < this.#hurryUpTo) return
    this.#wake = new AbortController()
    await this.#clock.rest(delayMs, this.#wake.signal)
    this.#wake = undefined
  }

  async #exportOne(batch: T[]): Promise<Pick<ExportResult, 'accepted' | 'rejected'>> {
    const end = new AbortController()
    const nothing = { accepted: 0, rejected: batch.length }
    const timeout = this.#clock.rest(this.#limits.exportTimeoutMs, end.signal).then(() => nothing)
    try {
      return await Promise.race([this.#export(batch), timeout])
    } catch {
      // An exporter that is not ours and throws all the same.
      return nothing
    } finally {
      end.abort()
    }
  }
}
