import { listSegments, readSegment, type Home, type Segment } from '@spanledger/sdk/ledger'
import type { NewEvent, OriginLine } from '@spanledger/sdk/model'
import type { Platform } from '@spanledger/sdk/platform'
import { observe, type SessionEvent } from '../agents/index.ts'
import { readCheckpoint, writeCheckpoint, type Checkpoint } from './checkpoint.ts'
import { scanLines, type Met, type Origins } from './scan.ts'

/** What of an event store is needed here. */
export interface EventSink {
  appendMany(batches: { stream: string; events: NewEvent[] }[]): Promise<unknown>
  absent(ids: readonly string[]): Promise<Set<string>>
}

/** Lines a signal store just wrote, and where. */
export interface WrittenLines {
  kind: 'spans' | 'logs' | 'metrics'
  lines: Uint8Array
  /** Id -> definition line, of everything the lines refer to. */
  definitions: ReadonlyMap<string, Uint8Array>
}

/** Events of one append: a group commit each. */
const EVENTS_PER_APPEND = 1_000
/** Batches waiting to be observed; beyond it they are left to catchUp(). */
const OBSERVE_QUEUE_MAX = 64
/** Read since the checkpoint was kept: whoever is killed reads no more than that again. */
const KEEP_BYTES = 16 * 1024 * 1024
const KINDS = ['spans', 'logs'] as const

/**
 * Turns what agents send into events, as far as the signals go: from its checkpoint on, and at once for lines just written.
 * What was turned before, makes the same events with the same ids, of which those that are there are left out.
 */
export class Observer {
  /** Events of a home that takes none, or of a disk that is full until the next catchUp(): they live in this process alone. */
  readonly unrecorded: SessionEvent[] = []
  readonly #platform: Platform
  readonly #home: Home
  readonly #events: EventSink
  readonly #closing: AbortSignal | undefined
  readonly #unrecordedIds = new Set<string>()
  readonly #origins: Origins = new Map()
  #offsets: Map<string, number> | undefined
  /** Then signals are read on, and the checkpoint stays. */
  #full = false
  #queued = 0
  #queue: Promise<void> = Promise.resolve()

  /** closing  what is not caught up by then is left to the next process. */
  constructor(platform: Platform, home: Home, events: EventSink, closing?: AbortSignal) {
    this.#platform = platform
    this.#home = home
    this.#events = events
    this.#closing = closing
  }

  get #isClosing(): boolean {
    return this.#closing?.aborted === true
  }

  /** Errors  those of the event store and of the ledger's reader; the next call starts where this one stopped. */
  async catchUp(): Promise<void> {
    if (this.#isClosing) return
    if (this.#full) this.#forget()
    const offsets = (this.#offsets ??= await this.#restored())
    let unkept = 0
    const seen = new Set<string>()
    for (const kind of KINDS)
      for (const segment of await listSegments(this.#platform, this.#home, kind)) {
        const key = `${kind}/${segment.name}`
        seen.add(key)
        if (segment.bytes < (offsets.get(key) ?? 0)) offsets.delete(key)
        if (segment.bytes <= (offsets.get(key) ?? 0)) continue
        for await (const bytes of this.#readSignals(kind, segment, key, offsets)) {
          unkept += bytes
          if (this.#isClosing) return this.#keep(offsets)
          if (unkept < KEEP_BYTES) continue
          await this.#keep(offsets)
          unkept = 0
        }
      }
    for (const key of offsets.keys()) if (!seen.has(key) && offsets.delete(key)) unkept++
    if (unkept > 0) await this.#keep(offsets)
  }

  async #restored(): Promise<Map<string, number>> {
    const { offsets, origins }: Checkpoint = await readCheckpoint(this.#platform, this.#home)
    for (const origin of origins) this.#origins.set(origin.origin, origin)
    return new Map(this.#home.readOnly ? [] : Object.entries(offsets))
  }

  /** Tells of each batch, once its events are there, how many bytes it had. */
  async *#readSignals(
    kind: 'spans' | 'logs',
    segment: Segment,
    key: string,
    offsets: Map<string, number>,
  ): AsyncGenerator<number, void, void> {
    const met: Met = new Map()
    for await (const chunk of readSegment(this.#platform, segment, offsets.get(key) ?? 0)) {
      const events: SessionEvent[] = []
      const unknown = (id: string): Promise<OriginLine | undefined> => this.#originIn(segment, id)
      await scanLines(chunk.lines, kind, this.#origins, met, unknown, (observed) =>
        events.push(...observe(observed)),
      )
      await this.#take(await this.#absent(events))
      if (!this.#full) offsets.set(key, chunk.next)
      yield chunk.next - chunk.offset
    }
  }

  /** A definition that stands before the checkpoint, of a service that is no agent by name. Rare: once a service and segment. */
  async #originIn(segment: Segment, id: string): Promise<OriginLine | undefined> {
    const needle = Buffer.from(`{"origin":"${id}"`)
    for await (const { lines } of readSegment(this.#platform, segment)) {
      const buffer = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength)
      const start = buffer.indexOf(needle)
      if (start < 0) continue
      return JSON.parse(buffer.toString('utf8', start, buffer.indexOf(0x0a, start))) as OriginLine
    }
    return undefined
  }

  async #absent(events: readonly SessionEvent[]): Promise<SessionEvent[]> {
    if (events.length === 0) return []
    const absent = await this.#events.absent(events.map(({ id }) => id))
    return events.filter(({ id }) => absent.has(id))
  }

  /** Into the ledger, or to hold where it has no room: a question is answered all the same. */
  async #take(events: readonly SessionEvent[]): Promise<void> {
    for (const some of pieces(events)) {
      if (!this.#home.readOnly && !this.#full)
        try {
          await this.#events.appendMany(byStream(some))
          continue
        } catch (error) {
          if (!isFull(error)) throw error
          this.#full = true
        }
      this.#hold(some)
    }
  }

  #hold(events: readonly SessionEvent[]): void {
    for (const event of events) {
      if (this.#unrecordedIds.has(event.id)) continue
      this.#unrecordedIds.add(event.id)
      this.unrecorded.push(event)
    }
  }

  #forget(): void {
    this.#full = false
    this.#unrecordedIds.clear()
    this.unrecorded.length = 0
  }

  async #keep(offsets: ReadonlyMap<string, number>): Promise<void> {
    if (this.#home.readOnly || this.#full) return
    const checkpoint = { offsets: Object.fromEntries(offsets), origins: [...this.#origins.values()] }
    await writeCheckpoint(this.#platform, this.#home, checkpoint).catch((error: unknown) => {
      if (!isFull(error)) throw error
    })
  }

  /** At once, without reading from the disk. Never fails: catchUp() comes by again. */
  observe(written: WrittenLines): Promise<void> {
    if (written.kind === 'metrics' || this.#queued >= OBSERVE_QUEUE_MAX) return Promise.resolve()
    const { kind } = written
    this.#queued++
    this.#queue = this.#queue
      .then(() => this.#observeNow(kind, written))
      // The lines are in the ledger before the checkpoint moves past them: catchUp() comes by here again.
      .catch(() => undefined)
      .finally(() => this.#queued--)
    return this.#queue
  }

  async #observeNow(kind: 'spans' | 'logs', { lines, definitions }: WrittenLines): Promise<void> {
    const origins: Origins = new Map()
    for (const [id, line] of definitions)
      if (line[2] === 0x6f) origins.set(id, JSON.parse(Buffer.from(line).toString()) as OriginLine)
    const events: SessionEvent[] = []
    await scanLines(
      lines,
      kind,
      origins,
      new Map(),
      () => Promise.resolve(undefined),
      (observed) => events.push(...observe(observed)),
    )
    for (const some of pieces(await this.#absent(events))) await this.#events.appendMany(byStream(some))
  }
}

/** As the store says it, or the system. */
const isFull = (error: unknown): boolean =>
  ['STORAGE_FULL', 'ENOSPC', 'EDQUOT'].includes(String((error as { code?: unknown }).code))

function* pieces(events: readonly SessionEvent[]): Generator<readonly SessionEvent[], void, void> {
  for (let i = 0; i < events.length; i += EVENTS_PER_APPEND) yield events.slice(i, i + EVENTS_PER_APPEND)
}

function byStream(events: readonly SessionEvent[]): { stream: string; events: NewEvent[] }[] {
  const streams = new Map<string, NewEvent[]>()
  for (const { stream, ...event } of events) {
    const batch = streams.get(stream)
    if (batch) batch.push(event)
    else streams.set(stream, [event])
  }
  return [...streams].map(([stream, batch]) => ({ stream, events: batch }))
}
