import {
  createSegmentFile,
  headerLine,
  isUnderItsName,
  segmentPath,
  signalSegmentName,
} from '../ledger/index.ts'
import type { Home } from '../ledger/index.ts'
import type { SignalKind } from '../model/index.ts'
import type { OpenFile, Platform } from '../platform/index.ts'
import { SegmentGoneError, StorageFullError } from './errors.ts'

/** A segment this process writes. Never used by two calls at a time, `sync` apart. */
export class SignalSegment {
  readonly kind: SignalKind
  readonly name: string
  readonly path: string
  /** Up to here its lines are good. */
  written: number
  /** Up to here they are on the disk for certain. */
  synced = 0
  readonly #definitions = new Map<string, { line: Uint8Array; offset: number }>()
  readonly #platform: Platform
  readonly #folder: string
  readonly #file: OpenFile
  readonly #headerBytes: number
  #syncing: Promise<void> = Promise.resolve()
  #closed = false

  private constructor(
    platform: Platform,
    home: Home,
    kind: SignalKind,
    name: string,
    file: OpenFile,
    headerBytes: number,
  ) {
    this.kind = kind
    this.name = name
    this.path = segmentPath(home, kind, name)
    this.written = headerBytes
    this.#platform = platform
    this.#folder = home.segments[kind]
    this.#file = file
    this.#headerBytes = headerBytes
  }

  /** With its header. Errors: the system's, and StorageFullError; then there is no file. */
  static async create(
    platform: Platform,
    home: Home,
    kind: SignalKind,
    writer: string,
    count: number,
  ): Promise<SignalSegment> {
    const name = signalSegmentName(platform.clock.nowMs(), writer, count)
    const path = segmentPath(home, kind, name)
    const header = headerLine({ kind, segment: name, writer, created: String(platform.clock.nowUnixNano()) })
    const file = await createSegmentFile(platform, home, path)
    try {
      if ((await file.write([header], 0)) < header.length) throw new StorageFullError(home.segments[kind])
    } catch (error) {
      await file.close()
      await platform.files.unlink(path)
      throw error
    }
    return new SignalSegment(platform, home, kind, name, file, header.length)
  }

  get isEmpty(): boolean {
    return this.written === this.#headerBytes
  }

  defines(id: string): boolean {
    return this.#definitions.has(id)
  }

  /** All or nothing. Errors: the system's, StorageFullError; the caller then calls `cutBack`. */
  async write(
    buffers: readonly Uint8Array[],
    bytes: number,
    definitions: ReadonlyMap<string, Uint8Array>,
  ): Promise<void> {
    const count = await this.#file.write(buffers, this.written)
    if (count < bytes) throw new StorageFullError(this.path)
    // A copy: a view would hold on to the whole request it came from.
    for (const [id, line] of definitions)
      this.#definitions.set(id, { line: line.slice(), offset: this.written })
    this.written += bytes
  }

  /** Removes what a failed write left. */
  cutBack(): Promise<void> {
    return this.#file.truncate(this.written)
  }

  /**
   * Covers what was written before the call; the first time the segment's name too.
   *
   * Errors  SegmentGoneError when what was written stands in a file that nobody finds any more; the system's, and for ever: the system takes pages it failed to write for clean, so that a second fsync
   *         succeeds without them being on the disk.
   */
  sync(): Promise<void> {
    return (this.#syncing = this.#syncing.then(() => this.#sync()))
  }

  async #sync(): Promise<void> {
    const end = this.written
    if (this.synced === end || this.#closed) return
    await this.#file.datasync()
    if (this.synced === 0) await this.#platform.files.syncDirectory(this.#folder)
    if (!(await isUnderItsName(this.#platform, this.path, end))) throw new SegmentGoneError(this.path)
    this.synced = end
  }

  /** The lines that are not certain to be on the disk, as the system still has them, and the definitions from before them. */
  async unsynced(): Promise<{ lines: Uint8Array; definitions: Map<string, Uint8Array> }> {
    const start = Math.max(this.synced, this.#headerBytes)
    const lines = new Uint8Array(this.written - start)
    const count = await this.#file.read(lines, start)
    if (count < lines.length) throw new Error(`${this.path} is shorter than what was written to it`)
    const definitions = new Map<string, Uint8Array>()
    for (const [id, { line, offset }] of this.#definitions) if (offset < start) definitions.set(id, line)
    return { lines, definitions }
  }

  /** Gives up the lines that are not certain to be on the disk: they stand in another segment. */
  async cutUnsynced(): Promise<void> {
    if (this.synced === 0) return this.#platform.files.unlink(this.path)
    await this.#file.truncate(this.synced)
    await this.#file.datasync()
  }

  async close(): Promise<void> {
    await this.#syncing.catch(() => {})
    if (this.#closed) return
    this.#closed = true
    await this.#file.close()
  }
}
