import type { Clock } from '@spanledger/sdk/platform'
import type { EventProjection } from './event-projection.ts'
import { Family, type Links } from './family.ts'
import { SessionFold } from './fold.ts'
import { HotStates } from './hot-states.ts'
import { compareNano } from './moment.ts'
import type { PriceOf } from './prices.ts'
import type { Cause, Course, SessionSummary, Spending } from './session-view.ts'
import { figuresOf } from './view.ts'
import { initialState, STREAM_PREFIX, Told, type FoldedEvent, type SessionState } from './state.ts'

/** Of a session that is shown by itself, with its parts: as its events tell it, so an open one is `active` whatever the time. */
export interface SessionFigures {
  summary: SessionSummary
  spending: Spending[]
  course: Course[]
}

/** What is kept of a session. */
interface Entry {
  events: number
  /** When its first and last event happened. */
  first: string
  last: string
  figures?: SessionFigures | undefined
}

/** What is kept of a session, with its kin: a line of the snapshot. */
export type SessionLine = { session: string } & Entry & { links?: Links }

/** What of an event store is needed here. */
export interface SessionStreams {
  readStream(stream: string): AsyncIterable<FoldedEvent>
}

/** Told events that are kept at hand, 2 kB each, 20 MB in all: those of the sessions that were heard of last. */
const HOT_EVENTS_MAX = 10_000
/** As long as this is folded at a time before whatever else waits has its turn. */
const FOLD_MS_MAX = 20

/**
 * Of each session its figures, who belongs to whom, and nothing else: half a kilobyte to one. What a session did in full is
 * folded from its own stream when somebody asks, or from memory while it is hot.
 */
export class SessionProjection implements EventProjection {
  readonly #prices: PriceOf
  readonly #streams: SessionStreams
  readonly #clock: Clock
  readonly #entries = new Map<string, Entry>()
  readonly #family = new Family()
  readonly #hot = new HotStates(HOT_EVENTS_MAX)
  /** Sessions whose figures are older than their events. */
  readonly #stale = new Set<string>()
  /** Equal strings once: most sessions have their agent, folder and models in common. */
  readonly #words = new Map<string, string>()
  readonly #lists = new Map<string, string[]>()

  constructor(prices: PriceOf, streams: SessionStreams, clock: Clock) {
    this.#prices = prices
    this.#streams = streams
    this.#clock = clock
  }

  async evolve(events: readonly (FoldedEvent & { stream: string })[]): Promise<void> {
    for (const event of events) {
      if (!event.stream.startsWith(STREAM_PREFIX) || !isOfSession(event)) continue
      this.#hold(event.stream.slice(STREAM_PREFIX.length), event)
    }
    for (let id = this.#hot.tooMany(); id !== undefined; id = this.#hot.tooMany()) {
      // Folded now, its events need not be read a second time; unless its kin is not at hand.
      if (this.#stale.has(id) && this.#kin(id).every((one) => this.#hot.has(one))) await this.#fold(id)
      this.#hot.drop(id)
    }
  }

  #hold(id: string, event: FoldedEvent): void {
    const told = new Told(event)
    const entry = this.#entries.get(id)
    if (entry === undefined) {
      this.#entries.set(id, { events: 1, first: told.happened, last: told.happened })
      this.#hot.begin(id)
    } else {
      entry.events++
      if (compareNano(told.happened, entry.first) < 0) entry.first = told.happened
      if (compareNano(told.happened, entry.last) > 0) entry.last = told.happened
    }
    this.#hot.hold(id, told)
    this.#family.learnTrace(id, told.data)
    if (told.event === 'SessionStarted') this.#family.learn(id, told.data.parentSession)
    this.#stale.add(id)
  }

  async settle(): Promise<void> {
    let started = this.#clock.monotonicMs()
    for (const id of this.#stale) {
      await this.#fold(id)
      if (this.#clock.monotonicMs() - started < FOLD_MS_MAX) continue
      await this.#clock.sleep(0)
      started = this.#clock.monotonicMs()
    }
  }

  async #fold(id: string): Promise<void> {
    const kin = this.#kin(id)
    if (kin.length === 1) {
      const figures = figuresOf(await this.#stateOf(id), this.#prices, -Infinity)
      this.#entries.get(id)!.figures = figures && this.#compact(figures)
      this.#stale.delete(id)
      return
    }
    const fold = await this.foldOf(kin, () => -Infinity)
    for (const one of kin) {
      const figures = fold.isShown(one) ? fold.figures(one) : undefined
      this.#entries.get(one)!.figures = figures && this.#compact(figures)
      this.#stale.delete(one)
    }
  }

  /** Those of its kin that told something. */
  #kin(id: string): string[] {
    return this.#family.kin(id).filter((one) => this.#entries.has(one))
  }

  #compact({ summary, spending, course }: SessionFigures): SessionFigures {
    const once = (word: string): string => {
      const known = this.#words.get(word)
      if (known === undefined) this.#words.set(word, word)
      return known ?? word
    }
    const maybe = (word: string | null): string | null => (word === null ? null : once(word))
    return {
      summary: {
        ...summary,
        agent: once(summary.agent),
        agentVersion: maybe(summary.agentVersion),
        workingDirectory: maybe(summary.workingDirectory),
        models: this.#onceList(summary.models),
        sources: this.#onceList(summary.sources),
      },
      spending: spending.map((one) => ({
        ...one,
        day: once(one.day),
        model: once(one.model),
        cause: once(one.cause) as Cause,
      })),
      course: course.map((one) => ({ ...one, day: once(one.day) })),
    }
  }

  #onceList(words: string[]): string[] {
    const key = words.join('\n')
    const known = this.#lists.get(key)
    if (known === undefined) this.#lists.set(key, words)
    return known ?? words
  }

  has(id: string): boolean {
    return this.#entries.has(id)
  }

  ids(): Iterable<string> {
    return this.#entries.keys()
  }

  /** Of the sessions that are shown by themselves. */
  *figures(): Generator<SessionFigures, void, void> {
    for (const { figures } of this.#entries.values()) if (figures) yield figures
  }

  /** Every session that has a say in what this one looks like, now or at any time before. */
  kin(id: string): string[] {
    return this.#kin(id)
  }

  traces(id: string): string[] {
    return [...new Set(this.#kin(id).flatMap((one) => this.#family.tracesOf(one)))]
  }

  /** The sessions in groups that have nothing to do with each other; `of` alone, with its kin, where it is told. */
  *families(of?: string): Generator<{ ids: string[]; first: string; last: string }, void, void> {
    const done = new Set<string>()
    for (const id of of === undefined ? this.#entries.keys() : [of]) {
      if (done.has(id)) continue
      const ids = this.#kin(id)
      if (ids.length > 1) for (const one of ids) done.add(one)
      const entries = ids.map((one) => this.#entries.get(one)!)
      const [head] = entries
      if (head === undefined) continue
      yield {
        ids,
        first: entries.reduce((a, { first: b }) => (compareNano(b, a) < 0 ? b : a), head.first),
        last: entries.reduce((a, { last: b }) => (compareNano(b, a) > 0 ? b : a), head.last),
      }
    }
  }

  /** A fold of these sessions alone, from their events. */
  async foldOf(ids: readonly string[], nowMs: () => number): Promise<SessionFold> {
    const fold = new SessionFold(this.#prices, nowMs)
    for (const id of ids) fold.take(await this.#stateOf(id))
    return fold
  }

  async #stateOf(id: string): Promise<SessionState> {
    return this.#hot.get(id) ?? this.#load(id)
  }

  async #load(id: string): Promise<SessionState> {
    const state = initialState(id)
    const known = this.#entries.get(id)?.events
    for await (const event of this.#streams.readStream(STREAM_PREFIX + id)) {
      if (isOfSession(event)) state.told.set(event.id, new Told(event))
    }
    // Whoever asks for a session asks again. What was told of it meanwhile would be missing for good.
    if (this.#entries.get(id)?.events === known) this.#hot.keep(state)
    for (let old = this.#hot.tooMany(); old !== undefined; old = this.#hot.tooMany()) this.#hot.drop(old)
    return state
  }

  *lines(): Generator<string, void, void> {
    for (const [session, { events, first, last, figures }] of this.#entries) {
      const links = this.#family.linksOf(session)
      const line: SessionLine = { session, events, first, last }
      if (Object.keys(links).length > 0) line.links = links
      if (figures) line.figures = figures
      yield JSON.stringify(line)
    }
  }

  restore(text: string): void {
    const line = JSON.parse(text) as SessionLine
    if (typeof line.session !== 'string' || typeof line.events !== 'number')
      throw new TypeError('a line of a session')
    this.adopt(line)
  }

  /** Takes what events of a session came to; those of one session come in order. */
  adopt({ session, events, first, last, links, figures }: SessionLine): void {
    const entry = this.#entries.get(session)
    if (entry === undefined) {
      this.#entries.set(session, { events, first, last, figures: figures && this.#compact(figures) })
    } else {
      entry.events += events
      if (compareNano(first, entry.first) < 0) entry.first = first
      if (compareNano(last, entry.last) > 0) entry.last = last
      this.#stale.add(session)
    }
    if (links) this.#family.learnLinks(session, links)
  }

  /** Once all are adopted, each for itself: families are folded together. */
  async unite(order: Iterable<string>): Promise<void> {
    for (const id of order) {
      const entry = this.#entries.get(id)
      if (entry === undefined) continue
      this.#entries.delete(id)
      this.#entries.set(id, entry)
      if (this.#kin(id).length > 1) this.#stale.add(id)
    }
    await this.settle()
  }
}

/** What has no data, somebody wrote by hand: it tells nothing. */
export const isOfSession = ({ event, data }: FoldedEvent): boolean =>
  event.startsWith('Session') && typeof data === 'object' && data !== null
