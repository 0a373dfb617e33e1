import type { Home } from '@spanledger/sdk/ledger'
import type { RecordedEvent } from '@spanledger/sdk/model'
import type { Platform } from '@spanledger/sdk/platform'
import type { EventProjectionKind } from './event-projection.ts'
import { Follower, type EventBatches } from './follower.ts'
import type { SessionFold } from './fold.ts'
import { compareNano, happenedBy, millisOf, recordedBy, type Moment } from './moment.ts'
import { Observer, type EventSink, type WrittenLines } from './observer.ts'
import { agentsOf, type AgentFigures } from './figures.ts'
import { PartFolder } from './part-folder.ts'
import type { PriceTable } from './prices.ts'
import type { Projection } from './projection.ts'
import type { Reconciliation } from './reconcile.ts'
import { sessionOf, STATE_EVENTS_MAX, statesAfter, type Step } from './replay.ts'
import { listOf, nearest, type ListOptions, type SessionAnswer, type SessionList } from './session-list.ts'
import { type SessionFigures, SessionProjection } from './session-projection.ts'
import { SessionRebuild } from './session-rebuild.ts'
import type { SessionSummary } from './session-view.ts'
import type { FoldedEvent } from './state.ts'

/** What of an event store is needed here. */
export interface SessionEvents extends EventBatches, EventSink {
  readStream(stream: string): AsyncIterable<RecordedEvent>
}

export interface SessionReadModelOptions {
  platform: Platform
  home: Home
  events: SessionEvents
  prices: PriceTable
  /** Ends what reads signals, between two batches; the next process goes on there. */
  closing?: AbortSignal
}

/** Sessions of the agents, kept up with the ledger. Answers are of the last refresh(). */
export interface SessionReadModel {
  /**
   * Catches up: signals since the checkpoint become events, events since the last refresh become state. Calls at the
   * same time share one pass.
   *
   * Errors  those of the event store and of the ledger's reader; the next call starts where this one stopped.
   */
  refresh(): Promise<void>
  /** Makes events of lines just written, at once. What fails here is caught up by refresh(). */
  observe(written: WrittenLines): Promise<void>
  list(options?: ListOptions): SessionList
  show(idOrPrefix: string, options?: { limit?: number }): Promise<SessionAnswer>
  /** Who told which figure of a session, by its whole id. */
  reconciliation(id: string): Promise<Reconciliation | undefined>
  /** Ids of the traces that a session's own records name, and those of its kin. */
  traces(id: string): string[]
  agents(): AgentFigures[]
  /** Of the sessions that are shown by themselves: what is added up. */
  figures(): Iterable<SessionFigures>
  /**
   * The sessions as they were known at each of the moments, latest last: a group at a time that has nothing to do with the
   * others, so that no more than one is in memory. Groups that are the same at all moments are left out.
   *
   * of  the group of this session alone, whether it changed or not
   */
  past(moments: readonly Moment[], of?: string): AsyncIterable<SessionFold[]>
  /** Of each step's session what was known right after it. Steps in order of time, then position. */
  statesAfter(steps: readonly Step[]): Promise<(SessionSummary | undefined)[]>
  readonly projection: Projection
  /** Keeps what the next process need not derive again. */
  close(): Promise<void>
}

/** Changes whenever the fold tells other figures of the same events than before. */
const VERSION = 8

/** Fewer are folded here in a quarter of a second: another thread would hardly be up to speed by then. */
const WORKER_EVENTS_MIN = 50_000
const PART_WORKER = new URL('./part-worker.js', import.meta.url)

/** Opens without reading: the first refresh() reads what there is. */
export const openSessionReadModel = (options: SessionReadModelOptions): SessionReadModel =>
  new Sessions(options)

class Sessions implements SessionReadModel {
  readonly #options: SessionReadModelOptions
  readonly #observer: Observer
  readonly #follower: Follower<SessionProjection>
  #sessions: SessionProjection
  /** Events that no ledger holds, which this one was given. */
  #given: { to: SessionProjection; count: number } | undefined
  #running: Promise<void> | undefined

  constructor(options: SessionReadModelOptions) {
    const { platform, home, events, prices, closing } = options
    this.#options = options
    this.#observer = new Observer(platform, home, events, closing)
    const streams = { readStream: (stream: string) => this.#readStream(stream) }
    const create = () => new SessionProjection(prices, streams, platform.clock)
    const kind: EventProjectionKind<SessionProjection> = {
      name: 'sessions',
      version: VERSION,
      depends: prices.id,
      answers: ['sessions', 'session', 'state', 'agents', 'cost'],
      create,
      rebuild: (count) => {
        const folder = new PartFolder(prices, count < WORKER_EVENTS_MIN ? undefined : PART_WORKER)
        return new SessionRebuild(create(), folder, platform.clock)
      },
    }
    this.#sessions = kind.create()
    this.#follower = new Follower(platform, home, events, kind)
  }

  get projection(): Projection {
    return this.#follower
  }

  async *#readStream(stream: string): AsyncGenerator<FoldedEvent, void, void> {
    yield* this.#options.events.readStream(stream)
    for (const event of this.#observer.unrecorded) if (event.stream === stream) yield event
  }

  refresh(): Promise<void> {
    this.#running ??= this.#catchUp().finally(() => (this.#running = undefined))
    return this.#running
  }

  async #catchUp(): Promise<void> {
    await this.#observer.catchUp()
    const { unrecorded } = this.#observer
    const isFull = unrecorded.length > 0 && !this.#options.home.readOnly
    const sessions = await (isFull ? this.#follower.handOver() : this.#follower.current())
    const count = this.#given?.to === sessions ? this.#given.count : 0
    if (count < unrecorded.length) {
      await sessions.evolve(unrecorded.slice(count))
      await sessions.settle()
      this.#given = { to: sessions, count: unrecorded.length }
    }
    this.#sessions = sessions
  }

  observe(written: WrittenLines): Promise<void> {
    return this.#observer.observe(written)
  }

  close(): Promise<void> {
    return this.#follower.close()
  }

  get #nowMs(): number {
    return this.#options.platform.clock.nowMs()
  }

  list(options: ListOptions = {}): SessionList {
    return listOf(this.#sessions.figures(), options, this.#nowMs)
  }

  traces(id: string): string[] {
    return this.#sessions.traces(id)
  }

  agents(): AgentFigures[] {
    return agentsOf(this.#sessions.figures())
  }

  figures(): Iterable<SessionFigures> {
    return this.#sessions.figures()
  }

  async show(idOrPrefix: string, { limit }: { limit?: number } = {}): Promise<SessionAnswer> {
    const sessions = this.#sessions
    const found = sessions.has(idOrPrefix) ? [idOrPrefix] : beginningWith(idOrPrefix, sessions.ids())
    const [id] = found
    if (found.length === 1 && id !== undefined) {
      const fold = await sessions.foldOf(sessions.kin(id), () => this.#nowMs)
      const session = fold.detail(id, limit)
      if (session) return { found: true, session }
    }
    const ambiguous = found.length > 1
    return { found: false, ambiguous, near: nearest(idOrPrefix, ambiguous ? found : [...sessions.ids()]) }
  }

  async reconciliation(id: string): Promise<Reconciliation | undefined> {
    const sessions = this.#sessions
    const fold = await sessions.foldOf(sessions.kin(id), () => this.#nowMs)
    return fold.reconciliation(id)
  }

  async *past(moments: readonly Moment[], of?: string): AsyncGenerator<SessionFold[], void, void> {
    const sessions = this.#sessions
    const views = await Promise.all(moments.map((moment) => this.#viewOf(moment)))
    const byTime = moments.every(({ recorded }) => recorded !== true)
    for (const { ids, first, last } of sessions.families(of)) {
      if (of === undefined && byTime && isSameAtAll(moments, first, last)) continue
      const all = await sessions.foldOf(ids, () => this.#nowMs)
      yield views.map(({ known, nowMs }) => all.with(known, () => nowMs))
    }
  }

  async #viewOf({ nanos, recorded }: Moment) {
    const nowMs = Math.min(millisOf(nanos), this.#nowMs)
    if (recorded !== true) return { known: happenedBy(nanos), nowMs }
    return { known: await recordedBy(nanos, this.#nowMs, this.#options.events.readBatches({})), nowMs }
  }

  async statesAfter(steps: readonly Step[]): Promise<(SessionSummary | undefined)[]> {
    const sessions = this.#sessions
    const states: (SessionSummary | undefined)[] = steps.map(() => undefined)
    const groups = new Map<string, number[]>()
    for (const [i, { stream }] of steps.entries()) {
      const id = sessionOf(stream)
      if (id === undefined || !sessions.has(id)) continue
      const name = sessions.kin(id).toSorted()[0]!
      const group = groups.get(name)
      if (group) group.push(i)
      else groups.set(name, [i])
    }
    for (const [name, places] of groups) {
      const all = await sessions.foldOf(sessions.kin(name), () => this.#nowMs)
      const share = (STATE_EVENTS_MAX * places.length) / steps.length
      const told = statesAfter(
        all,
        places.map((i) => steps[i]!),
        share,
      )
      for (const [k, i] of places.entries()) states[i] = told[k]
    }
    return states
  }
}

const beginningWith = (prefix: string, ids: Iterable<string>): string[] =>
  prefix === '' ? [] : [...ids].filter((id) => id.startsWith(prefix))

/** Everything had happened before the first moment, or nothing before the last. */
function isSameAtAll(moments: readonly Moment[], first: string, last: string): boolean {
  const [from, to] = [moments[0]!.nanos, moments.at(-1)!.nanos]
  return to < 0n || compareNano(first, String(to)) > 0 || (from >= 0n && compareNano(last, String(from)) <= 0)
}
