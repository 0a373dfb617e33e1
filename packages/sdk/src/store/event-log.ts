import {
  READ_BYTES,
  SEGMENT_BYTES_MAX,
  createSegmentFile,
  eventSegmentName,
  headerLine,
  isUnderItsName,
  listSegmentNames,
  readLines,
  segmentPath,
} from '../ledger/index.ts'
import type { Home, LineChunk } from '../ledger/index.ts'
import type { OpenFile, Platform } from '../platform/index.ts'
import { SegmentGoneError, StorageFullError, StorageSyncError, writeError } from './errors.ts'
import { EventHead } from './event-head.ts'
import type { HeadFields } from './event-head.ts'
import { recordedIn } from './event-lines.ts'
import { EventIndex } from './event-index.ts'
import type { IndexedSegment } from './event-index.ts'
import type { EventDamage } from './event-store.ts'

/** The segment at the end, open. */
interface OpenSegment extends IndexedSegment {
  file: OpenFile
  /** Its name is on the disk for certain, and its lines up to here. */
  named: boolean
  syncedEnd: number
  /** The last whole line that was read or written, which ends at `end`; empty when there is none. */
  lastLine: Uint8Array
}

export interface LogEvents {
  onDamage(damage: EventDamage): void
  /** Events from this position on, read before another process knew that its fsync had failed, are not there any more. */
  onTakenBack(fromPosition: number): void
}

/** An event of an append whose end has not been seen yet, or a line in the midst of it that cannot be read. */
type Pending = (HeadFields & { offset: number; more: number }) | { damaged: true; offset: number }

const LINE_FEED = 0x0a
const NOTHING = new Uint8Array()

/**
 * The events' segments as one sequence: an index that catches up with whatever any process appended, and writing behind
 * it. Not for two calls at a time; writing only under the lock.
 */
export class EventLog {
  index = new EventIndex()
  repairs = 0
  repairedBytes = 0
  damagedLines = 0
  readonly #platform: Platform
  readonly #home: Home
  readonly #events: LogEvents
  readonly #segmentBytesMax: number
  readonly #head = new EventHead()
  #current: OpenSegment | undefined
  /** When the last event that was read or written was recorded. */
  #recorded = 0n
  /** There are lines whose fsync this process has not seen. */
  #unsynced = true
  /** Lines behind `syncedEnd` may not be on the disk although the system takes them for written. */
  #distrusted = false

  constructor(platform: Platform, home: Home, events: LogEvents, segmentBytesMax = SEGMENT_BYTES_MAX) {
    this.#platform = platform
    this.#home = home
    this.#events = events
    this.#segmentBytesMax = segmentBytesMax
  }

  /** Reads what was appended since. An append that is not there to its last event is left out. */
  async catchUp(): Promise<void> {
    // The names come first: a segment that has a successor by then gets no more lines.
    const names = (await listSegmentNames(this.#platform, this.#home, 'events')).filter((name) =>
      /^\d{20}$/.test(name),
    )
    // Somebody deleted or moved it: what is written to it from here on, nobody would find.
    if (this.#current !== undefined && !names.includes(this.#current.name)) return this.#startAgain()
    for (;;) {
      if (this.#current !== undefined && !(await this.#readOn(this.#current))) return this.#startAgain()
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

  /**
   * Under the lock: cuts off what a dead writer left unfinished.
   *
   * distrust  The lock was a dead process's: it may have died right after an fsync that failed.
   */
  async prepareToWrite(distrust: boolean): Promise<void> {
    const segment = this.#current
    if (segment === undefined) return
    this.#distrusted ||= distrust
    const bytes = await segment.file.bytes()
    if (bytes > segment.end) {
      await segment.file.truncate(segment.end)
      this.repairs++
      this.repairedBytes += bytes - segment.end
    }
    if (this.#distrusted) await this.#writeAgain(segment)
  }

  /** Under the lock, before repeating to someone that an event is there: it may have been a dead writer's. */
  async ensureSynced(): Promise<void> {
    if (this.#unsynced && this.#current !== undefined) await this.#sync(this.#current, this.#current.end)
  }

  /**
   * Appends lines and puts them into the index once they are on the disk.
   *
   * Errors  StorageFullError, StorageSyncError, StorageFailedError: nothing is readable.
   */
  async append(lines: Uint8Array, heads: readonly (HeadFields & { offset: number })[]): Promise<void> {
    const segment = await this.#segmentFor(lines.length)
    await this.#write(segment, lines)
    await this.#sync(segment, segment.end + lines.length)
    for (const head of heads) this.index.add(head, segment.end + head.offset)
    segment.end += lines.length
    this.#lastLineIs(segment, lines.subarray(heads.at(-1)!.offset))
  }

  /** Under the lock: the time by which what is appended next is recorded. It does not go back with the clock. */
  nextRecorded(): bigint {
    const now = this.#platform.clock.nowUnixNano()
    return now > this.#recorded ? now : this.#recorded
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
    this.#current = Object.assign(segment, { file, named: false, syncedEnd: 0, lastLine: NOTHING })
  }

  /** What was read is not what is there: reads all of it again, for that must hardly ever be. */
  async #startAgain(): Promise<void> {
    const before = this.index
    await this.close()
    this.index = new EventIndex()
    await this.catchUp()
    this.#events.onTakenBack(before.divergesFrom(this.index))
  }

  /**
   * False when the last line that was read is not there any more: another process wrote it, failed to sync it and cut it
   * off, and perhaps somebody wrote something else in its place.
   */
  async #readOn(segment: OpenSegment): Promise<boolean> {
    const { lastLine, end } = segment
    const whole = {
      kind: 'events' as const,
      name: segment.name,
      path: segment.path,
      bytes: 0,
      sealed: false,
      storedBytes: 0,
      modifiedMs: 0,
    }
    const pending: Pending[] = []
    let isThere = lastLine.length === 0
    for await (const chunk of readLines(segment.file, whole, end - lastLine.length)) {
      if (!isThere) {
        const { length } = lastLine
        if (
          chunk.lines.length < length ||
          (chunk.lines as Buffer).compare(lastLine, 0, length, 0, length) !== 0
        )
          return false
        isThere = true
        this.#readLines(segment, chunk, length, pending)
      } else {
        this.#readLines(segment, chunk, 0, pending)
      }
    }
    return isThere
  }

  #readLines(segment: OpenSegment, chunk: LineChunk, from: number, pending: Pending[]): void {
    const lines = chunk.lines as Buffer
    const head = this.#head
    let lastStart = -1
    if (from < lines.length) this.#unsynced = true
    if (chunk.damage !== undefined) {
      this.#readDamage(segment, chunk.offset, chunk.next, pending)
      if (segment.end === chunk.next) segment.lastLine = NOTHING
    }
    for (let start = from; start < lines.length;) {
      const stop = lines.indexOf(LINE_FEED, start) + 1
      const offset = chunk.offset + start
      const end = chunk.offset + stop
      const isEvent = head.parse(lines, start, stop)
      if (isEvent && head.more === 0 && pending.length === 0) {
        this.index.add(head, offset)
        segment.end = end
      } else if (isEvent) {
        const { stream, version, position, more, id, idStart, idEnd } = head
        pending.push({ stream, version, position, more, id, idStart, idEnd, offset })
        this.#finishAppend(segment, end, pending)
      } else if (offset === 0) {
        segment.end = end
      } else {
        this.#readDamage(segment, offset, end, pending)
      }
      if (segment.end === end) lastStart = start
      start = stop
    }
    // A copy: a view would keep the chunk.
    if (lastStart >= 0)
      this.#lastLineIs(segment, Uint8Array.from(lines.subarray(lastStart, segment.end - chunk.offset)))
  }

  #lastLineIs(segment: OpenSegment, line: Uint8Array): void {
    segment.lastLine = line
    const recorded = recordedIn(line)
    if (recorded > this.#recorded) this.#recorded = recorded
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
        this.#events.onDamage({ segment: segment.name, path: segment.path, offset: one.offset })
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
    if (current !== undefined) await this.#sync(current, current.end)
    const name = eventSegmentName(this.index.last + 1)
    const path = segmentPath(this.#home, 'events', name)
    let file: OpenFile
    try {
      file = await createSegmentFile(this.#platform, this.#home, path)
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
    segment.lastLine = header
  }

  async #write(segment: OpenSegment, bytes: Uint8Array): Promise<void> {
    try {
      const count = await segment.file.write([bytes], segment.end)
      if (count < bytes.length) throw new StorageFullError(segment.path)
    } catch (error) {
      // Should this fail too, the next writer does it.
      await segment.file.truncate(segment.end).catch(() => {})
      throw writeError(segment.path, error)
    }
  }

  /**
   * Errors  StorageSyncError: what stands behind the segment's end is gone, and all that is not certain was written
   *         again, so that the next fsync, by whichever process, is about it.
   */
  async #sync(segment: OpenSegment, end: number): Promise<void> {
    try {
      await segment.file.datasync()
      if (!segment.named) await this.#platform.files.syncDirectory(this.#home.segments.events)
      if (!(await isUnderItsName(this.#platform, segment.path, end))) throw new SegmentGoneError(segment.path)
    } catch (error) {
      this.#distrusted = this.#unsynced = true
      // Should this fail too, the next append does it.
      await segment.file
        .truncate(segment.end)
        .then(() => this.#writeAgain(segment))
        .catch(() => {})
      if (error instanceof SegmentGoneError) await this.#startAgain()
      throw new StorageSyncError(segment.path, error)
    }
    segment.named = true
    segment.syncedEnd = end
    this.#unsynced = false
  }

  /** The system takes pages whose fsync failed for clean; writing the same bytes again is what makes it try again. */
  async #writeAgain(segment: OpenSegment): Promise<void> {
    const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, segment.end - segment.syncedEnd))
    for (let offset = segment.syncedEnd; offset < segment.end;) {
      const bytes = buffer.subarray(0, Math.min(buffer.length, segment.end - offset))
      await segment.file.read(bytes, offset)
      if ((await segment.file.write([bytes], offset)) < bytes.length) throw new StorageFullError(segment.path)
      offset += bytes.length
    }
    this.#distrusted = false
    this.#unsynced = true
  }
}
