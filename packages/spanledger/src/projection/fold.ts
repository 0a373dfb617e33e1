import { Family } from './family.ts'
import { compareNano } from './moment.ts'
import type { PriceOf } from './prices.ts'
import type { SessionDetail, SessionSummary } from './session-view.ts'
import {
  initialState,
  STREAM_PREFIX,
  type FoldedEvent,
  type SessionState,
  type Told,
  toldOf,
} from './state.ts'
import { detailOf, SILENT_AFTER_MS, summaryOf } from './view.ts'

export interface ListOptions {
  /** Only sessions heard of since. */
  sinceMs?: number
  agent?: string
  limit?: number
}

/** Newest first, subagents' sessions inside of their parents'; `total` counts what the filters let through, before the limit. */
export interface SessionList {
  sessions: SessionSummary[]
  total: number
}

export type SessionAnswer =
  | { found: true; session: SessionDetail }
  /** Nobody, or more than one, has this id or prefix: `near` are ids that may have been meant. */
  | { found: false; ambiguous: boolean; near: string[] }

const LIST_LIMIT_DEFAULT = 50
/** Ids told when a session is not found. */
const NEAR_MAX = 5

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
    this.hold(stream.slice(STREAM_PREFIX.length), toldOf(event))
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

  /**
   * What can have been recorded by then. Events carry when they happened and where they stand, not when they were appended;
   * as none is appended before it happened, all from the first on that happened later were appended later. Times that are
   * still to come are a wrong clock's, and tell nothing.
   */
  recordedBy(nanos: bigint, nowMs: number): (told: Told) => boolean {
    const [then, now] = [String(nanos), String(BigInt(Math.trunc(nowMs)) * 1_000_000n)]
    let first = Infinity
    for (const { told } of this.#states.values())
      for (const { happened, position } of told.values())
        if (position < first && compareNano(happened, then) > 0 && compareNano(happened, now) <= 0)
          first = position
    return ({ position }) => position < first && position !== Infinity
  }

  /** Every event that has a say in these sessions, in the order told. */
  toldIn(sessions: Iterable<string>): { session: string; told: Told }[] {
    const parts = new Set([...sessions].flatMap((id) => this.#family.parts(id, this.#states)))
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
    return this.#family.size(id, this.#states)
  }

  /** Two folds of one ledger, one of which holds all that the other does, tell the same of a session where this is the same. */
  extent(id: string): string {
    return this.#family
      .parts(id, this.#states)
      .map((part) => `${part} ${this.#states.get(part)?.told.size ?? 0}`)
      .join(',')
  }

  list({ sinceMs = -Infinity, agent, limit = LIST_LIMIT_DEFAULT }: ListOptions = {}): SessionList {
    const fitting = this.ids()
      .map((id) => this.summary(id))
      .filter((summary) => summary !== undefined)
      .filter((summary) => agent === undefined || summary.agent === agent)
      .filter((summary) => Date.parse(summary.endedAt ?? summary.startedAt) >= sinceMs)
      .toSorted((a, b) =>
        a.startedAt < b.startedAt ? 1 : a.startedAt > b.startedAt ? -1 : a.id < b.id ? -1 : 1,
      )
    return { sessions: fitting.slice(0, limit), total: fitting.length }
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

  show(idOrPrefix: string, limit?: number): SessionAnswer {
    const exact = this.#states.get(idOrPrefix)
    const beginning = exact ? [exact] : this.#withPrefix(idOrPrefix)
    const [state] = beginning
    const session =
      beginning.length === 1 && state
        ? detailOf(this.#family.whole(state, this.#states), this.#prices, this.#nowMs(), limit)
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
