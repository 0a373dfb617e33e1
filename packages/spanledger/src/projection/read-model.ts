import { listSegments, readSegment, type Home, type Segment } from '@spanledger/sdk/ledger'
import type { NewEvent, OriginLine, RecordedEvent } from '@spanledger/sdk/model'
import type { Platform } from '@spanledger/sdk/platform'
import { observe, type Observation, type SessionEvent } from '../agents/index.ts'
import { readCheckpoint, writeCheckpoint, type Checkpoint } from './checkpoint.ts'
import { Family } from './family.ts'
import type { PriceOf } from './prices.ts'
import { scanLines, type Origins } from './scan.ts'
import type { SessionDetail, SessionSummary } from './session-view.ts'
import { evolve, initialState, STREAM_PREFIX, type SessionState } from './state.ts'
import { detailOf, SILENT_AFTER_MS, summaryOf } from './view.ts'

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

interface ListOptions {
  /** Only sessions heard of since. */
  sinceMs?: number
  agent?: string
  limit?: number
}

/** Newest first, subagents' sessions inside of their parents'; `total` counts what the filters let through, before the limit. */
interface SessionList {
  sessions: SessionSummary[]
  total: number
}

type SessionAnswer =
  | { found: true; session: SessionDetail }
  /** Nobody, or more than one, has this id or prefix: `near` are ids that may have been meant. */
  | { found: false; ambiguous: boolean; near: string[] }

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
}

const LIST_LIMIT_DEFAULT = 50
/** Ids told when a session is not found. */
const NEAR_MAX = 5
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
  readonly #states = new Map<string, SessionState>()
  readonly #family = new Family()
  readonly #summaries = new Map<string, { size: number; summary: SessionSummary | undefined }>()
  readonly #origins: Origins
  #offsets: Map<string, number>
  #position = 0
  #running: Promise<void> | undefined
  #queued = 0
  #queue: Promise<void> = Promise.resolve()

  constructor(options: SessionReadModelOptions, checkpoint: Checkpoint) {
    this.#options = options
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
    await this.#fold()
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
    await this.#fold()
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
    const fresh = events.filter(
      ({ stream, id }) => !this.#states.get(stream.slice(STREAM_PREFIX.length))?.told.has(id),
    )
    for (let i = 0; i < fresh.length; i += EVENTS_PER_APPEND) {
      const slice = fresh.slice(i, i + EVENTS_PER_APPEND)
      if (!this.#options.home.readOnly) await this.#options.events.appendMany(byStream(slice))
      // The store numbers them; the fold needs no numbers, and takes them again from readAll without harm.
      for (const event of slice) this.#evolve(event.stream, event)
    }
  }

  async #fold(): Promise<void> {
    for await (const event of this.#options.events.readAll({ fromPosition: this.#position + 1 })) {
      if (event.event.startsWith('Session')) this.#evolve(event.stream, event)
      this.#position = event.position
    }
  }

  #evolve(stream: string, event: Pick<RecordedEvent, 'id' | 'event' | 'data'>): void {
    if (!stream.startsWith(STREAM_PREFIX)) return
    const id = stream.slice(STREAM_PREFIX.length)
    const state = this.#states.get(id) ?? initialState(id)
    this.#states.set(id, evolve(state, event))
    this.#family.learnTrace(id, event.data as Observation)
    if (event.event === 'SessionStarted') this.#family.learn(id, (event.data as Observation).parentSession)
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

  list({ sinceMs = -Infinity, agent, limit = LIST_LIMIT_DEFAULT }: ListOptions = {}): SessionList {
    const nowMs = this.#options.platform.clock.nowMs()
    const fitting = [...this.#states.values()]
      .filter(({ id }) => !this.#family.inside(id, this.#states))
      .map((state) => this.#summary(state, nowMs))
      .filter((summary) => summary !== undefined)
      .filter((summary) => agent === undefined || summary.agent === agent)
      .filter((summary) => Date.parse(summary.endedAt ?? summary.startedAt) >= sinceMs)
      .toSorted((a, b) =>
        a.startedAt < b.startedAt ? 1 : a.startedAt > b.startedAt ? -1 : a.id < b.id ? -1 : 1,
      )
    return { sessions: fitting.slice(0, limit), total: fitting.length }
  }

  /** A state only ever grows, so its size tells whether a summary still holds; time alone turns active into silent. */
  #summary(state: SessionState, nowMs: number): SessionSummary | undefined {
    const size = this.#family.size(state.id, this.#states)
    const kept = this.#summaries.get(state.id)
    if (!kept || kept.size !== size) {
      const summary = summaryOf(this.#family.whole(state, this.#states), this.#options.prices, nowMs)
      this.#summaries.set(state.id, { size, summary })
      return summary
    }
    const { summary } = kept
    if (
      summary?.status === 'active' &&
      nowMs - Date.parse(summary.endedAt ?? summary.startedAt) > SILENT_AFTER_MS
    )
      return { ...summary, status: 'silent' }
    return summary
  }

  show(idOrPrefix: string, { limit }: { limit?: number } = {}): SessionAnswer {
    const exact = this.#states.get(idOrPrefix)
    const beginning = exact ? [exact] : this.#withPrefix(idOrPrefix)
    const [state] = beginning
    const nowMs = this.#options.platform.clock.nowMs()
    const session =
      beginning.length === 1 && state
        ? detailOf(this.#family.whole(state, this.#states), this.#options.prices, nowMs, limit)
        : undefined
    if (session) return { found: true, session }
    const near =
      beginning.length > 1 ? beginning.map(({ id }) => id) : nearest(idOrPrefix, [...this.#states.keys()])
    return { found: false, ambiguous: beginning.length > 1, near: near.slice(0, NEAR_MAX) }
  }

  #withPrefix(prefix: string): SessionState[] {
    return prefix === '' ? [] : [...this.#states.values()].filter(({ id }) => id.startsWith(prefix))
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

const order = <T>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0)

/** Ids that share the longest beginning, or hold what was asked for. */
function nearest(asked: string, ids: readonly string[]): string[] {
  const shared = (id: string): number => {
    let i = 0
    while (i < id.length && id[i] === asked[i]) i++
    return id.includes(asked) ? Infinity : i
  }
  return ids
    .filter((id) => shared(id) > 1 || ids.length <= NEAR_MAX)
    .toSorted((a, b) => order(shared(b), shared(a)) || order(a, b))
}
