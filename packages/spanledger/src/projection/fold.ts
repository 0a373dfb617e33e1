import { Family } from './family.ts'
import type { PriceOf } from './prices.ts'
import type { Reconciliation } from './reconcile.ts'
import type { SessionDetail, SessionSummary } from './session-view.ts'
import { initialState, STREAM_PREFIX, type FoldedEvent, type SessionState, Told } from './state.ts'
import { detailOf, figuresOf, reconciliationOf, SILENT_AFTER_MS, summaryOf } from './view.ts'

/** All sessions that a set of events tells of, and what they look like at one time. */
export class SessionFold {
  readonly #prices: PriceOf
  readonly #nowMs: () => number
  readonly #states = new Map<string, SessionState>()
  readonly #family = new Family()
  readonly #summaries = new Map<string, { size: number; summary: SessionSummary | undefined }>()

  /** nowMs  the moment looked from: an open session not heard of for a while before it is silent. */
  constructor(prices: PriceOf, nowMs: () => number) {
    this.#prices = prices
    this.#nowMs = nowMs
  }

  has(stream: string, eventId: string): boolean {
    return this.#states.get(stream.slice(STREAM_PREFIX.length))?.told.has(eventId) === true
  }

  /** Events of other streams are left out. */
  evolve(stream: string, event: FoldedEvent): void {
    if (!stream.startsWith(STREAM_PREFIX)) return
    this.hold(stream.slice(STREAM_PREFIX.length), new Told(event))
  }

  /** All that was told of a session that is not here yet. The state stays the caller's too: nothing is held in it. */
  take(state: SessionState): void {
    this.#states.set(state.id, state)
    for (const { event, data } of state.told.values()) {
      this.#family.learnTrace(state.id, data)
      if (event === 'SessionStarted') this.#family.learn(state.id, data.parentSession)
    }
  }

  /** Folds of one ledger share their events: a million take as much memory once as twice. */
  hold(id: string, told: Told): void {
    const state = this.#states.get(id) ?? initialState(id)
    state.told.set(told.id, told)
    this.#states.set(id, state)
    this.#family.learnTrace(id, told.data)
    if (told.event === 'SessionStarted') this.#family.learn(id, told.data.parentSession)
  }

  /** A fold of those events alone. */
  with(includes: (told: Told) => boolean, nowMs: () => number): SessionFold {
    const fold = new SessionFold(this.#prices, nowMs)
    for (const { id, told } of this.#states.values())
      for (const one of told.values()) if (includes(one)) fold.hold(id, one)
    return fold
  }

  /** Every event that has a say in these sessions, in the order told. */
  toldIn(sessions: Iterable<string>): { session: string; told: Told }[] {
    const parts = new Set([...sessions].flatMap((id) => this.#family.parts(id)))
    return [...parts].flatMap((session) =>
      [...(this.#states.get(session)?.told.values() ?? [])].map((told) => ({ session, told })),
    )
  }

  /** Of sessions that are not shown inside of others. */
  ids(): string[] {
    return [...this.#states.keys()].filter((id) => this.isShown(id))
  }

  isShown(id: string): boolean {
    return this.#states.has(id) && !this.#family.inside(id, this.#states)
  }

  /** How many events its summary is made of. */
  size(id: string): number {
    return this.#family.parts(id).reduce((sum, part) => sum + (this.#states.get(part)?.told.size ?? 0), 0)
  }

  /** Two folds of one ledger, one of which holds all that the other does, tell the same of a session where this is the same. */
  extent(id: string): string {
    return this.#family
      .parts(id)
      .filter((part) => this.#states.has(part))
      .map((part) => `${part} ${this.#states.get(part)?.told.size ?? 0}`)
      .join(',')
  }

  /** A state only ever grows, so its size tells whether a summary still holds; time alone turns active into silent. */
  summary(id: string): SessionSummary | undefined {
    const state = this.#states.get(id)
    if (!state) return undefined
    const nowMs = this.#nowMs()
    const size = this.size(id)
    const kept = this.#summaries.get(id)
    if (!kept || kept.size !== size) {
      const summary = summaryOf(this.#family.whole(state, this.#states), this.#prices, nowMs)
      this.#summaries.set(id, { size, summary })
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

  /** Summary and spending of a session with its parts. */
  figures(id: string): ReturnType<typeof figuresOf> {
    const state = this.#states.get(id)
    return state && figuresOf(this.#family.whole(state, this.#states), this.#prices, this.#nowMs())
  }

  /** Who told which of its figures. */
  reconciliation(id: string): Reconciliation | undefined {
    const state = this.#states.get(id)
    return state && reconciliationOf(this.#family.whole(state, this.#states), this.#prices, this.#nowMs())
  }

  /** With its tree, of at most `limit` nodes. */
  detail(id: string, limit?: number): SessionDetail | undefined {
    const state = this.#states.get(id)
    return state && detailOf(this.#family.whole(state, this.#states), this.#prices, this.#nowMs(), limit)
  }
}
