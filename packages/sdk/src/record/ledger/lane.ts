import { LINE_BYTES_MAX } from '../../ledger/index.ts'
import type { SignalKind } from '../../model/index.ts'
import type { SignalBatch } from '../../store/index.ts'
import type { Definition } from './definition.ts'
import { LineBuffer, literal } from './line-buffer.ts'
import type { Watch } from './line-buffer.ts'

/** A batch is handed to the disk at this size: 600 spans, one write of 60 us. */
const BATCH_BYTES = 256 * 1024
/** Buffers beyond are not used again. */
const BUFFER_BYTES_KEPT = 2 * BATCH_BYTES
/** Buffers that wait to be used again. */
const BUFFERS_KEPT = 4
/** Waiting for the disk, a kind: 70,000 spans. Beyond, new records are dropped and counted. */
const PENDING_BYTES_MAX = 32 * 1024 * 1024

const CLOSE_IN = literal('"}\n')
const IN = literal(',"in":"')

/** One kind's lines: those being made, and whole batches on their way to the disk. */
export class Lane {
  readonly kind: SignalKind
  /** Records that were not kept: no room, or a line beyond LINE_BYTES_MAX. */
  dropped = 0
  readonly #out: LineBuffer
  readonly #suspectsAll: boolean
  readonly #free: Uint8Array[] = []
  #count = 0
  #definitions = new Map<string, Uint8Array>()
  #pending: SignalBatch[] = []
  #pendingBytes = 0

  constructor(kind: SignalKind, watch: Watch) {
    this.kind = kind
    this.#suspectsAll = watch.suspectsAll
    this.#out = new LineBuffer(new Uint8Array(BATCH_BYTES + 16 * 1024), watch)
  }

  /** Nothing waits. */
  get isEmpty(): boolean {
    return this.#count === 0 && this.#pending.length === 0
  }

  /** Adds the line that `write` makes, again of what `clean` leaves where something is suspect; true when a batch has become full. */
  add<T>(
    write: (out: LineBuffer, record: T) => void,
    record: T,
    origin: Definition,
    clean: (record: T) => T,
  ): boolean {
    const out = this.#out
    if (this.#pendingBytes + out.length > PENDING_BYTES_MAX) {
      this.dropped++
      return false
    }
    const begin = out.length
    out.isSuspect = this.#suspectsAll
    write(out, record)
    if (out.isSuspect) {
      const left = clean(record)
      if (left !== record) {
        out.length = begin
        write(out, left)
      }
    }
    out.raw(IN)
    out.ascii(origin.id)
    out.raw(CLOSE_IN)
    if (out.length - begin > LINE_BYTES_MAX) {
      out.length = begin
      this.dropped++
      return false
    }
    this.#count++
    this.define(origin)
    if (out.length < BATCH_BYTES) return false
    this.seal()
    return true
  }

  /** The lines being made refer to it. */
  define({ id, line }: Definition): void {
    if (!this.#definitions.has(id)) this.#definitions.set(id, line)
  }

  /** Turns the lines so far into a batch. */
  seal(): void {
    const out = this.#out
    if (this.#count === 0) return
    const lines = out.bytes.subarray(0, out.length)
    this.#pending.push({ kind: this.kind, lines, count: this.#count, definitions: this.#definitions })
    this.#pendingBytes += lines.length
    out.bytes = this.#free.pop() ?? new Uint8Array(BATCH_BYTES + 16 * 1024)
    out.length = 0
    this.#count = 0
    this.#definitions = new Map()
  }

  /** The oldest batch; it stays until `written`. */
  first(): SignalBatch | undefined {
    return this.#pending[0]
  }

  /** The oldest batch is on the disk, or given up. */
  written(): void {
    const batch = this.#pending.shift()
    if (batch === undefined) return
    this.#pendingBytes -= batch.lines.length
    const buffer = new Uint8Array(batch.lines.buffer)
    if (buffer.length <= BUFFER_BYTES_KEPT && this.#free.length < BUFFERS_KEPT) this.#free.push(buffer)
  }

  /** Everything that waits, as batches; afterwards nothing does. */
  takeAll(): SignalBatch[] {
    this.seal()
    const taken = this.#pending
    this.#pending = []
    this.#pendingBytes = 0
    return taken
  }

  /** Gives up what waits. */
  dropAll(): void {
    for (const { count } of this.takeAll()) this.dropped += count
  }
}
