import { listSegments, readSegment, type Home, type Segment } from '@spanledger/sdk/ledger'
import type { NewEvent, OriginLine, RecordedEvent } from '@spanledger/sdk/model'
import type { Platform } from '@spanledger/sdk/platform'
import { observe, type SessionEvent } from '../agents/index.ts'
import { readCheckpoint, writeCheckpoint, type Checkpoint } from './checkpoint.ts'
import { SessionFold, type ListOptions, type SessionAnswer, type SessionList } from './fold.ts'
import { happenedBy, millisOf, type Moment } from './moment.ts'
import type { PriceOf } from './prices.ts'
import { scanLines, type Origins } from './scan.ts'
import { statesAfter, type Step } from './replay.ts'
import type { SessionSummary } from './session-view.ts'

/** What of an event store is needed here. */
export interface SessionEvents {
  appendMany(batches: { stream: string; events: NewEvent[] }[]): Promise<unknown>
  readAll(options: { fromPosition?: number }): AsyncIterable<RecordedEvent>
}

/** Lines a signal store just wrote, and where. */
export interface WrittenLines {
  kind: 'spans' | 'logs' | 'metrics'
  lines: Uint8Array
  /** Id -> definition line, of everything the lines refer to. */
  definitions: ReadonlyMap<string, Uint8Array>
}

export interface SessionReadModelOptions {
  platform: Platform
  home: Home
  events: SessionEvents
  prices: PriceOf
}

/** Sessions of the agents, kept up with the ledger. */
export interface SessionReadModel {
  /**
   * Catches up: signals since the checkpoint become events, events since the last refresh become state. Calls at the
   * same time share one pass.
   *
   * Errors  those of the event store and of the ledger's reader; the next call starts where this one stopped.
   */
  refresh(): Promise<void>
  /** The same, at once, for lines just written: nothing is read from the disk. What fails here is caught up by refresh(). */
  observe(written: WrittenLines): Promise<void>
  list(options?: ListOptions): SessionList
  show(idOrPrefix: string, options?: { limit?: number }): SessionAnswer
  /** The sessions as they were known at a moment. Cost: a pass over the events in memory. */
  past(moment: Moment): SessionFold
  /** Of each step's session what was known right after it. Steps in order of time, then position. */
  statesAfter(steps: readonly Step[]): (SessionSummary | undefined)[]
}

/** Events of one append: a group commit each. */
const EVENTS_PER_APPEND = 1_000
/** Batches waiting to be observed; beyond it they are left to refresh(). */
const OBSERVE_QUEUE_MAX = 64
const KINDS = ['spans', 'logs'] as const

/** Opens without reading: the first refresh() reads what there is. */
export async function openSessionReadModel(options: SessionReadModelOptions): Promise<SessionReadModel> {
  const checkpoint = await readCheckpoint(options.platform, options.home)
  return new Sessions(options, checkpoint)
}

class Sessions implements SessionReadModel {
  readonly #options: SessionReadModelOptions
  readonly #fold: SessionFold
  readonly #origins: Origins
  #offsets: Map<string, number>
  #position = 0
  #running: Promise<void> | undefined
  #queued = 0
  #queue: Promise<void> = Promise.resolve()

  constructor(options: SessionReadModelOptions, checkpoint: Checkpoint) {
    this.#options = options
    this.#fold = new SessionFold(options.prices, () => options.platform.clock.nowMs())
    this.#origins = new Map(checkpoint.origins.map((origin) => [origin.origin, origin]))
    this.#offsets = new Map(Object.entries(checkpoint.offsets))
    // Events derived without a place to keep them live in this process alone: its checkpoint is no help.
    if (options.home.readOnly) this.#offsets.clear()
  }

  refresh(): Promise<void> {
    this.#running ??= this.#catchUp().finally(() => (this.#running = undefined))
    return this.#running
  }

  async #catchUp(): Promise<void> {
    let moved = false
    // First what is known already: records read again then make no events to append.
    await this.#read()
    const seen = new Set<string>()
    for (const kind of KINDS)
      for (const segment of await listSegments(this.#options.platform, this.#options.home, kind)) {
        const key = `${kind}/${segment.name}`
        seen.add(key)
        if (segment.bytes < (this.#offsets.get(key) ?? 0)) this.#offsets.delete(key)
        if (segment.bytes > (this.#offsets.get(key) ?? 0))
          moved = (await this.#readSignals(kind, segment, key)) || moved
      }
    for (const key of this.#offsets.keys()) if (!seen.has(key)) moved = this.#offsets.delete(key)
    await this.#read()
    if (moved) await this.#keep()
  }

  async #readSignals(kind: 'spans' | 'logs', segment: Segment, key: string): Promise<boolean> {
    const { platform } = this.#options
    let moved = false
    for await (const chunk of readSegment(platform, segment, this.#offsets.get(key) ?? 0)) {
      const events: SessionEvent[] = []
      const unknown = (id: string): Promise<OriginLine | undefined> => this.#originIn(segment, id)
      await scanLines(chunk.lines, kind, this.#origins, unknown, (observed) =>
        events.push(...observe(observed)),
      )
      await this.#append(events)
      this.#offsets.set(key, chunk.next)
      moved = true
    }
    return moved
  }

  /** A definition that stands before the checkpoint, of a service that is no agent by name. Rare: once a service and segment. */
  async #originIn(segment: Segment, id: string): Promise<OriginLine | undefined> {
    const needle = Buffer.from(`{"origin":"${id}"`)
    for await (const { lines } of readSegment(this.#options.platform, segment)) {
      const buffer = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength)
      const start = buffer.indexOf(needle)
      if (start < 0) continue
      return JSON.parse(buffer.toString('utf8', start, buffer.indexOf(0x0a, start))) as OriginLine
    }
    return undefined
  }

  async #append(events: readonly SessionEvent[]): Promise<void> {
    const fresh = events.filter(({ stream, id }) => !this.#fold.has(stream, id))
    for (let i = 0; i < fresh.length; i += EVENTS_PER_APPEND) {
      const slice = fresh.slice(i, i + EVENTS_PER_APPEND)
      if (!this.#options.home.readOnly) await this.#options.events.appendMany(byStream(slice))
      // The store numbers them; the fold needs no numbers, and takes them again from readAll without harm.
      for (const event of slice) this.#fold.evolve(event.stream, event)
    }
  }

  async #read(): Promise<void> {
    for await (const event of this.#options.events.readAll({ fromPosition: this.#position + 1 })) {
      if (event.event.startsWith('Session')) this.#fold.evolve(event.stream, event)
      this.#position = event.position
    }
  }

  async #keep(): Promise<void> {
    if (this.#options.home.readOnly) return
    const { platform, home } = this.#options
    await writeCheckpoint(platform, home, {
      offsets: Object.fromEntries(this.#offsets),
      origins: [...this.#origins.values()],
    })
  }

  observe(written: WrittenLines): Promise<void> {
    if (written.kind === 'metrics' || this.#queued >= OBSERVE_QUEUE_MAX) return Promise.resolve()
    const { kind } = written
    this.#queued++
    this.#queue = this.#queue
      .then(() => this.#observeNow(kind, written))
      // The lines are in the ledger before the checkpoint moves past them: refresh() comes by here again.
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
      () => Promise.resolve(undefined),
      (observed) => events.push(...observe(observed)),
    )
    await this.#append(events)
  }

  list(options: ListOptions = {}): SessionList {
    return this.#fold.list(options)
  }

  show(idOrPrefix: string, { limit }: { limit?: number } = {}): SessionAnswer {
    return this.#fold.show(idOrPrefix, limit)
  }

  past({ nanos, recorded }: Moment): SessionFold {
    const { clock } = this.#options.platform
    const nowMs = Math.min(millisOf(nanos), clock.nowMs())
    const known = recorded === true ? this.#fold.recordedBy(nanos, clock.nowMs()) : happenedBy(nanos)
    return this.#fold.with(known, () => nowMs)
  }

  statesAfter(steps: readonly Step[]): (SessionSummary | undefined)[] {
    return statesAfter(this.#fold, steps)
  }
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
