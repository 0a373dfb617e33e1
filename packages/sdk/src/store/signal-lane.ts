import { REST_MS } from '../ledger/index.ts'
import type { Home } from '../ledger/index.ts'
import type { SignalKind } from '../model/index.ts'
import type { Platform } from '../platform/index.ts'
import { StorageBusyError, StorageSyncError, StoreClosedError, writeError } from './errors.ts'
import { SignalSegment } from './signal-segment.ts'
import type { Location, SignalBatch, SignalStoreStats } from './signal-store.ts'

/** One group commit: as large as keeps the disk busy, as small as a segment has room for several. */
const GROUP_BYTES_MAX = 8 * 1024 * 1024
/** The system takes 1,024 buffers in one write. */
const GROUP_BUFFERS_MAX = 1_000
/** Waiting for the disk, a kind; beyond, appends are refused with StorageBusyError. */
export const QUEUE_BYTES_MAX = 64 * 1024 * 1024
/** Half of the second promised: the other half is for the fsync itself. */
const SYNC_AFTER_MS = 500

interface Queued {
  batch: SignalBatch
  resolve: (location: Location) => void
  reject: (error: Error) => void
}

/** What a store knows that its lanes need. */
export interface LaneContext {
  platform: Platform
  home: Home
  stats: SignalStoreStats
  segmentBytesMax: number
  /** The store's writer id. */
  writer(): Promise<string>
  /** How often it turned out that others could not tell that the writer is at work; since then they can. */
  timesUnknown(): Promise<number>
  /** 1, 2, 3 ... over all kinds. */
  nextCount(): number
}

/** One kind's way to the disk: a queue, the segment being written, and what to do when the disk fails. */
export class SignalLane {
  readonly #context: LaneContext
  readonly #kind: SignalKind
  readonly #closing = new AbortController()
  #queue: Queued[] = []
  #queuedBytes = 0
  #turn: Promise<unknown> = Promise.resolve()
  #draining = false
  #writtenMs = 0
  #timesUnknown = 0
  #segment: SignalSegment | undefined
  /** Set from a failed fsync until what it left uncertain is safe elsewhere. */
  #failure: StorageSyncError | undefined
  #syncPlanned = false

  constructor(context: LaneContext, kind: SignalKind) {
    this.#context = context
    this.#kind = kind
  }

  append(batch: SignalBatch): Promise<Location> {
    if (batch.lines.at(-1) !== 0x0a) throw new TypeError('a batch is made of whole lines, at least one')
    const { stats } = this.#context
    if (this.#closing.signal.aborted) return Promise.reject(new StoreClosedError('closed'))
    if (this.#queuedBytes > 0 && this.#queuedBytes + batch.lines.length > QUEUE_BYTES_MAX) {
      stats.refused.busy++
      return Promise.reject(new StorageBusyError(this.#queuedBytes, QUEUE_BYTES_MAX))
    }
    this.#queuedBytes += batch.lines.length
    stats.queuedBytes += batch.lines.length
    const written = new Promise<Location>((resolve, reject) => this.#queue.push({ batch, resolve, reject }))
    if (!this.#draining) {
      this.#draining = true
      void this.#exclusive(() => this.#drain())
    }
    return written
  }

  async flush(): Promise<void> {
    await this.#exclusive(async () => {
      if (this.#failure === undefined)
        await this.#segment?.sync().catch((error: unknown) => this.#fail(error))
      if (this.#failure !== undefined) await this.#salvage()
    })
  }

  async close(): Promise<void> {
    this.#closing.abort()
    try {
      await this.flush()
    } finally {
      await this.#exclusive(async () => this.#segment?.close())
    }
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => {})
    return result
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) await this.#writeGroup(this.#takeGroup())
    this.#draining = false
  }

  #takeGroup(): Queued[] {
    let bytes = 0
    let buffers = 0
    let count = 0
    for (const { batch } of this.#queue) {
      bytes += batch.lines.length
      buffers += 1 + batch.definitions.size
      if (count > 0 && (bytes > GROUP_BYTES_MAX || buffers > GROUP_BUFFERS_MAX)) break
      count++
    }
    return this.#queue.splice(0, count)
  }

  async #writeGroup(group: Queued[]): Promise<void> {
    const { stats } = this.#context
    const groupBytes = group.reduce((sum, { batch }) => sum + batch.lines.length, 0)
    try {
      const segment = await this.#segmentFor(groupBytes)
      const locations = await this.#writeTo(segment, group)
      for (const [index, { resolve }] of group.entries()) resolve(locations[index]!)
      for (const { batch } of group) stats.lines += batch.count
      stats.bytes += groupBytes
      stats.writes++
      this.#planSync()
    } catch (error) {
      const refusal = error instanceof StorageSyncError ? error : writeError(this.#path, error)
      stats.refused[
        refusal.code === 'STORAGE_FULL' ? 'full' : refusal.code === 'STORAGE_SYNC' ? 'sync' : 'failed'
      ] += group.length
      for (const { reject } of group) reject(refusal)
    } finally {
      this.#queuedBytes -= groupBytes
      stats.queuedBytes -= groupBytes
    }
  }

  get #path(): string {
    return this.#segment?.path ?? this.#context.home.segments[this.#kind]
  }

  async #segmentFor(bytes: number): Promise<SignalSegment> {
    if (this.#failure !== undefined) throw this.#failure
    const segment = this.#segment
    if (
      segment !== undefined &&
      !segment.isEmpty &&
      segment.written + bytes > this.#context.segmentBytesMax
    ) {
      await this.#retire(segment)
    } else if (segment !== undefined && (await this.#mayBeSealed())) await this.#retire(segment)
    this.#writtenMs = this.#context.platform.clock.nowMs()
    return (this.#segment ??= await this.#createSegment())
  }

  /** A segment at rest whose writer left no trace in HOME/run, which anyone may empty, is taken for closed after REST_MS. */
  async #mayBeSealed(): Promise<boolean> {
    const restMs = Math.abs(this.#context.platform.clock.nowMs() - this.#writtenMs)
    return restMs > REST_MS / 3 && (await this.#context.timesUnknown()) > this.#timesUnknown
  }

  async #createSegment(): Promise<SignalSegment> {
    const { platform, home, stats } = this.#context
    const writer = await this.#context.writer()
    this.#timesUnknown = await this.#context.timesUnknown()
    const segment = await SignalSegment.create(platform, home, this.#kind, writer, this.#context.nextCount())
    stats.segments++
    return segment
  }

  /** Nothing more is written to it. */
  async #retire(segment: SignalSegment): Promise<void> {
    await segment.sync().catch((error: unknown) => {
      throw this.#fail(error)
    })
    this.#context.stats.syncs++
    this.#segment = undefined
    await segment.close()
  }

  /** Each batch's missing definitions, then its lines, as one write: the lines are not copied. */
  async #writeTo(segment: SignalSegment, group: readonly Queued[]): Promise<Location[]> {
    const buffers: Uint8Array[] = []
    const locations: Location[] = []
    const missing = new Map<string, Uint8Array>()
    let offset = segment.written
    for (const { batch } of group) {
      for (const [id, line] of batch.definitions) {
        if (segment.defines(id) || missing.has(id)) continue
        missing.set(id, line)
        buffers.push(line)
        offset += line.length
      }
      locations.push({ kind: this.#kind, segment: segment.name, offset, length: batch.lines.length })
      buffers.push(batch.lines)
      offset += batch.lines.length
    }
    try {
      await segment.write(buffers, offset - segment.written, missing)
    } catch (error) {
      // When even the cut fails nobody may write behind what is there; readers leave a torn line out.
      await segment.cutBack().catch(() => this.#retire(segment))
      throw error
    }
    return locations
  }

  #planSync(): void {
    if (this.#syncPlanned || this.#closing.signal.aborted) return
    this.#syncPlanned = true
    void this.#context.platform.clock.sleep(SYNC_AFTER_MS, this.#closing.signal).then(() => this.#syncNow())
  }

  /** Beside the writes, not between them: they need not wait for the disk. */
  async #syncNow(): Promise<void> {
    const { stats } = this.#context
    this.#syncPlanned = false
    if (this.#closing.signal.aborted) return
    const segment = this.#segment
    try {
      if (this.#failure === undefined && segment !== undefined) {
        await segment.sync()
        stats.syncs++
      }
    } catch (error) {
      this.#fail(error)
    }
    if (this.#failure !== undefined) {
      await this.#exclusive(() => this.#salvage()).catch(() => this.#planSync())
    } else if (segment !== undefined && segment.synced < segment.written) {
      this.#planSync()
    }
  }

  #fail(cause: unknown): StorageSyncError {
    if (this.#failure === undefined) {
      this.#context.stats.syncFailures++
      this.#failure = new StorageSyncError(this.#path, cause)
    }
    this.#planSync()
    return this.#failure
  }

  /**
   * Writes what a failed fsync left uncertain, which the system still has in memory, into a new segment; only when that
   * is on the disk it is cut off the old one. After a crash in between the lines are there twice, never not at all.
   *
   * Errors  StorageSyncError: nothing has changed.
   */
  async #salvage(): Promise<void> {
    const failed = this.#segment
    if (this.#failure === undefined || failed === undefined) return
    let fresh: SignalSegment | undefined
    try {
      const { lines, definitions } = await failed.unsynced()
      if (lines.length > 0) {
        fresh = await this.#createSegment()
        const buffers = [...definitions.values(), lines]
        await fresh.write(
          buffers,
          buffers.reduce((sum, { length }) => sum + length, 0),
          definitions,
        )
        await fresh.sync()
      }
      this.#context.stats.salvagedBytes += lines.length
    } catch (error) {
      if (fresh !== undefined) await discard(this.#context.platform, fresh)
      throw new StorageSyncError(failed.path, error)
    }
    this.#segment = undefined
    this.#failure = undefined
    await failed.cutUnsynced().catch(() => {})
    await failed.close()
    if (fresh !== undefined) await fresh.close()
  }
}

async function discard(platform: Platform, segment: SignalSegment): Promise<void> {
  await segment.close()
  await platform.files.unlink(segment.path).catch(() => {})
}
