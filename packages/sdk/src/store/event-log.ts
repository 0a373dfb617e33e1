import {
  SEGMENT_BYTES_MAX,
  eventSegmentName,
  headerLine,
  listSegmentNames,
  readLines,
  segmentPath,
} from '../ledger/index.ts'
import type { Home, LineChunk } from '../ledger/index.ts'
import type { OpenFile, Platform } from '../platform/index.ts'
import { StorageFullError, StorageSyncError, writeError } from './errors.ts'
import { EventHead } from './event-head.ts'
import type { HeadFields } from './event-head.ts'
import { EventIndex } from './event-index.ts'
import type { IndexedSegment } from './event-index.ts'
import type { EventDamage } from './event-store.ts'

/** The segment at the end, open. */
interface OpenSegment extends IndexedSegment {
  file: OpenFile
  /** Its name is on the disk for certain. */
  named: boolean
}

/** An event of an append whose end has not been seen yet, or a line in the midst of it that cannot be read. */
type Pending = (HeadFields & { offset: number; more: number }) | { damaged: true; offset: number }

/**
 * The events' segments as one sequence: an index that catches up with whatever any process appended, and writing behind
 * it. Not for two calls at a time; writing only under the lock.
 */
export class EventLog {
  readonly index = new EventIndex()
  repairs = 0
  repairedBytes = 0
  damagedLines = 0
  readonly #platform: Platform
  readonly #home: Home
  readonly #onDamage: (damage: EventDamage) => void
  readonly #segmentBytesMax: number
  readonly #head = new EventHead()
  #current: OpenSegment | undefined
  /** There are lines whose fsync this process has not seen. */
  #unsynced = true
  /** After a failed fsync: up to where the current segment may hold what was refused. */
  #suspectEnd = 0

  constructor(
    platform: Platform,
    home: Home,
    onDamage: (damage: EventDamage) => void,
    segmentBytesMax = SEGMENT_BYTES_MAX,
  ) {
    this.#platform = platform
    this.#home = home
    this.#onDamage = onDamage
    this.#segmentBytesMax = segmentBytesMax
  }

  /** Reads what was appended since. An append that is not there to its last event is left out. */
  async catchUp(): Promise<void> {
    // The names come first: a segment that has a successor by then gets no more lines.
    const names = (await listSegmentNames(this.#platform, this.#home, 'events')).filter((name) =>
      /^\d{20}$/.test(name),
    )
    for (;;) {
      if (this.#current !== undefined) await this.#readOn(this.#current)
      const next = names.find((name) => this.#current === undefined || name > this.#current.name)
      if (next === undefined) return
      const path = segmentPath(this.#home, 'events', next)
      await this.#enter(
        next,
        path,
        await this.#platform.files.open(path, this.#home.readOnly ? 'read' : 'update'),
      )
    }
  }

  /** Under the lock: cuts off what a dead writer left unfinished, and what a failed fsync left uncertain. */
  async prepareToWrite(): Promise<void> {
    const segment = this.#current
    if (segment === undefined) return
    const bytes = await segment.file.bytes()
    if (bytes > segment.end) {
      await segment.file.truncate(segment.end)
      this.repairs++
      this.repairedBytes += bytes - segment.end
    }
    if (this.#suspectEnd > 0) await this.#sync(segment)
  }

  /** Under the lock, before repeating to someone that an event is there: it may have been a dead writer's. */
  async ensureSynced(): Promise<void> {
    if (this.#unsynced && this.#current !== undefined) await this.#sync(this.#current)
  }

  /**
   * Appends lines and puts them into the index once they are on the disk.
   *
   * Errors  StorageFullError, StorageSyncError, StorageFailedError: nothing is readable.
   */
  async append(lines: Uint8Array, heads: readonly (HeadFields & { offset: number })[]): Promise<void> {
    const segment = await this.#segmentFor(lines.length)
    await this.#write(segment, lines)
    try {
      await this.#sync(segment)
    } catch (error) {
      this.#suspectEnd = segment.end + lines.length
      await segment.file.truncate(segment.end).catch(() => {})
      throw error
    }
    for (const head of heads) this.index.add(head, segment.end + head.offset)
    segment.end += lines.length
  }

  async close(): Promise<void> {
    await this.#current?.file.close()
    this.#current = undefined
  }

  get currentPath(): string {
    return this.#current?.path ?? this.#home.segments.events
  }

  async #enter(name: string, path: string, file: OpenFile): Promise<void> {
    await this.#current?.file.close()
    this.index.openSegment(name, path, Number(name))
    // Shared with the index, which knows the end of every segment by it.
    const segment = this.index.segments.at(-1)!
    this.#current = Object.assign(segment, { file, named: false })
    this.#suspectEnd = 0
  }

  async #readOn(segment: OpenSegment): Promise<void> {
    // What was refused and could not be cut off is not read: the next writer cuts it off, unless another one came first.
    if (this.#suspectEnd > 0 && (await segment.file.bytes()) <= this.#suspectEnd) return
    const pending: Pending[] = []
    const whole = { kind: 'events' as const, name: segment.name, path: segment.path, bytes: 0 }
    for await (const chunk of readLines(segment.file, whole, segment.end)) {
      this.#unsynced = true
      this.#readChunk(segment, chunk, pending)
    }
  }

  #readChunk(segment: OpenSegment, chunk: LineChunk, pending: Pending[]): void {
    const lines = chunk.lines as Buffer
    const head = this.#head
    if (chunk.tooLong > 0) this.#readDamage(segment, chunk.offset, chunk.next, pending)
    for (let start = 0; start < lines.length;) {
      const stop = lines.indexOf(0x0a, start) + 1
      const offset = chunk.offset + start
      const end = chunk.offset + stop
      if (!head.parse(lines, start, stop)) {
        if (offset === 0) segment.end = end
        else this.#readDamage(segment, offset, end, pending)
      } else if (head.more === 0 && pending.length === 0) {
        this.index.add(head, offset)
        segment.end = end
      } else {
        const { stream, version, position, more, id, idStart, idEnd } = head
        pending.push({ stream, version, position, more, id, idStart, idEnd, offset })
        this.#finishAppend(segment, end, pending)
      }
      start = stop
    }
  }

  #readDamage(segment: OpenSegment, offset: number, end: number, pending: Pending[]): void {
    pending.push({ damaged: true, offset })
    this.#finishAppend(segment, end, pending)
  }

  /** Puts an append into the index once all of it is there: as many lines as its first one announced. */
  #finishAppend(segment: OpenSegment, end: number, pending: Pending[]): void {
    const first = pending[0]!
    const last = pending.at(-1)!
    const announced = 'damaged' in first ? 1 : first.more + 1
    if (pending.length < announced && ('damaged' in last || last.more > 0)) return
    for (const one of pending) {
      if ('damaged' in one) {
        this.damagedLines++
        this.index.addDamaged()
        this.#onDamage({ segment: segment.name, path: segment.path, offset: one.offset })
      } else {
        this.index.add(one, one.offset)
      }
    }
    pending.length = 0
    segment.end = end
  }

  async #segmentFor(bytes: number): Promise<OpenSegment> {
    const current = this.#current
    const isFull = current !== undefined && current.end > 0 && current.end + bytes > this.#segmentBytesMax
    if (current !== undefined && !isFull) {
      if (current.end === 0) await this.#writeHeader(current)
      return current
    }
    // Only the last segment is ever synced: what stands in this one has to be on the disk before it is left.
    if (current !== undefined) await this.#sync(current)
    const name = eventSegmentName(this.index.last + 1)
    const path = segmentPath(this.#home, 'events', name)
    let file: OpenFile
    try {
      file = await this.#platform.files.open(path, 'create', 0o600)
    } catch (error) {
      throw writeError(path, error)
    }
    await this.#enter(name, path, file)
    await this.#writeHeader(this.#current!)
    return this.#current!
  }

  async #writeHeader(segment: OpenSegment): Promise<void> {
    const { clock, random } = this.#platform
    const header = headerLine({
      kind: 'events',
      segment: segment.name,
      writer: Buffer.from(random(6)).toString('hex'),
      created: String(clock.nowUnixNano()),
      position: Number(segment.name),
    })
    await this.#write(segment, header)
    segment.end = header.length
  }

  async #write(segment: OpenSegment, bytes: Uint8Array): Promise<void> {
    try {
      const count = await segment.file.write([bytes], segment.end)
      if (count < bytes.length) throw new StorageFullError(segment.path)
    } catch (error) {
      // Should this fail too, the next writer does it.
      await segment.file.truncate(segment.end).catch(() => {})
      throw error instanceof StorageFullError ? error : writeError(segment.path, error)
    }
  }

  async #sync(segment: OpenSegment): Promise<void> {
    try {
      await segment.file.datasync()
      if (!segment.named) await this.#platform.files.syncDirectory(this.#home.segments.events)
    } catch (error) {
      throw new StorageSyncError(segment.path, error)
    }
    segment.named = true
    this.#unsynced = false
    this.#suspectEnd = 0
  }
}
