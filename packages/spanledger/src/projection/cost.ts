import { compare } from './merge.ts'
import type { SessionFigures } from './session-projection.ts'
import { type Cause, CAUSES, type SessionSummary, type TimeSpent, type Tokens } from './session-view.ts'

export const COST_DIMENSIONS = [
  'day',
  'agent',
  'model',
  'task',
  'team',
  'branch',
  'repository',
  'worktree',
  'pull-request',
  'session',
] as const
export type CostDimension = (typeof COST_DIMENSIONS)[number]

/** What is known of a session besides what it tells itself. Asked for each of 100,000 sessions: it makes no objects. */
export interface Ties {
  /** Whose it is; null where nobody says. */
  keyOf(summary: SessionSummary, by: TiedDimension): string | null
  /** Of the whole session: it failed, or the attempt of a run it was made in did, or came after another. */
  causeOf(summary: SessionSummary): 'failed' | 'retry' | null
}
type TiedDimension = 'task' | 'team' | 'worktree' | 'pull-request'

export const NO_TIES: Ties = {
  keyOf: (summary, by) => (by === 'task' ? summary.task : null),
  causeOf: ({ status }) => (status === 'failed' ? 'failed' : null),
}

/** What one cause came to. */
interface CauseFigures {
  modelCalls: number
  tokens: number
  costUsd: number | null
  /** Of `work`: what the others leave of the whole, waiting and idling too. Null where time has no owner: by model. */
  timeMs: number | null
}

/** What sessions came to, by one of COST_DIMENSIONS. Of each figure the causes add up to the whole. */
export interface CostFigures {
  /** The day in UTC, the agent, the model ...; NOT_TOLD for sessions that do not say. */
  key: string
  sessions: number
  modelCalls: number
  tokens: Tokens
  /** Null when no model call could be priced. */
  costUsd: number | null
  /** Model calls that costUsd leaves out. */
  unpricedModelCalls: number
  /**
   * Whole milliseconds, of every session for itself. elapsedMs counts what sessions did at the same time once; it takes sessions
   * from their start to their end. Null by model, where only modelMs is known: calls at the same time each for itself.
   */
  time: Omit<TimeSpent, 'totalMs'> & { totalMs: number | null; elapsedMs: number | null }
  causes: Record<Cause, CauseFigures>
}

/** Whole days in UTC, as `2026-11-21`, both included. */
export interface Days {
  since?: string
  until?: string
}

/** Of sessions that nobody told it of. */
const NOT_TOLD = '(none)'

/** Dollars are added as whole billionths: those are exact up to 9 million dollars, and each call was rounded to one. */
const NANO = 1e9

interface Sum {
  calls: number
  tokens: number
  priced: boolean
  nano: number
  ms: number
}
const noSum = (): Sum => ({ calls: 0, tokens: 0, priced: false, nano: 0, ms: 0 })

const dollars = (nano: number, priced: boolean): number | null => (priced ? nano / NANO : null)

/** One row while it is added up. */
class Row {
  readonly tokens: Tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 }
  readonly causes: Record<Cause, Sum> = {
    failed: noSum(),
    retry: noSum(),
    compaction: noSum(),
    work: noSum(),
  }
  readonly time: TimeSpent = { totalMs: 0, modelMs: 0, toolMs: 0, waitingMs: 0, idleMs: 0 }
  readonly lasted = new Extents()
  sessions = 0
  unpriced = 0
  /** The session counted last. */
  last: SessionFigures | undefined

  count(figures: SessionFigures): void {
    if (this.last === figures) return
    this.last = figures
    this.sessions++
  }

  /** cause  of the session as a whole, before that of the call; but what failed by itself has failed in a retry too */
  spend(one: SessionFigures['spending'][number], whole: ReturnType<Ties['causeOf']>): void {
    const { tokens } = one
    const cause = this.causes[causeIn(one.cause, whole)]
    cause.calls += one.modelCalls
    cause.tokens += tokens.input + tokens.output
    this.tokens.input += tokens.input
    this.tokens.output += tokens.output
    this.tokens.cacheRead += tokens.cacheRead
    this.tokens.cacheWrite += tokens.cacheWrite
    this.tokens.reasoning += tokens.reasoning
    this.unpriced += one.unpricedModelCalls
    if (one.costUsd === null) return
    cause.priced = true
    cause.nano += Math.round(one.costUsd * NANO)
  }

  pass(one: SessionFigures['course'][number], whole: ReturnType<Ties['causeOf']>): void {
    const { time, causes } = this
    this.lasted.add(one.startMs, one.startMs + one.totalMs)
    time.totalMs += one.totalMs
    time.modelMs += one.modelMs
    time.toolMs += one.toolMs
    time.waitingMs += one.waitingMs
    time.idleMs += one.idleMs
    const rest = one.totalMs - one.failedMs - one.retryMs - one.compactionMs
    causes[causeIn('failed', whole)].ms += one.failedMs
    causes[causeIn('retry', whole)].ms += one.retryMs
    causes[causeIn('compaction', whole)].ms += one.compactionMs
    causes[causeIn('work', whole)].ms += rest
  }

  figures(key: string, timed: boolean): CostFigures {
    const { tokens, time, causes } = this
    const sums = Object.values(causes)
    const figuresOf = ({ calls, tokens: used, priced, nano, ms }: Sum): CauseFigures => ({
      modelCalls: calls,
      tokens: used,
      costUsd: dollars(nano, priced),
      timeMs: timed ? ms : null,
    })
    return {
      key,
      sessions: this.sessions,
      modelCalls: sums.reduce((sum, { calls }) => sum + calls, 0),
      tokens,
      costUsd: dollars(
        sums.reduce((sum, { nano }) => sum + nano, 0),
        sums.some(({ priced }) => priced),
      ),
      unpricedModelCalls: this.unpriced,
      time: {
        ...time,
        totalMs: timed ? time.totalMs : null,
        elapsedMs: timed ? this.lasted.elapsed() : null,
      },
      causes: Object.fromEntries(CAUSES.map((cause) => [cause, figuresOf(causes[cause])])) as Record<
        Cause,
        CauseFigures
      >,
    }
  }
}

const causeIn = (own: Cause, whole: ReturnType<Ties['causeOf']>): Cause =>
  whole === 'failed' || own === 'failed' ? 'failed' : (whole ?? own)

/** When each of many began and ended. Typed: lists of 100,000 numbers that grow are 10 MB of garbage a question. */
class Extents {
  #starts = new Float64Array(64)
  #ends = new Float64Array(64)
  #count = 0

  add(start: number, end: number): void {
    if (this.#count === this.#starts.length) {
      this.#starts = twice(this.#starts)
      this.#ends = twice(this.#ends)
    }
    this.#starts[this.#count] = start
    this.#ends[this.#count++] = end
  }

  /** How long at least one of them lasted. */
  elapsed(): number {
    const starts = this.#starts.subarray(0, this.#count).toSorted()
    const ends = this.#ends.subarray(0, this.#count).toSorted()
    // Between a start and an end more have begun than ended: two sorted lists tell where nobody was at work.
    let [total, atWork] = [0, 0]
    for (let s = 0, e = 0, since = 0; e < ends.length;) {
      if (s < starts.length && starts[s]! <= ends[e]!) {
        if (atWork++ === 0) since = starts[s]!
        s++
      } else {
        if (--atWork === 0) total += ends[e]! - since
        e++
      }
    }
    return total
  }
}

function twice(list: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const more = new Float64Array(list.length * 2)
  more.set(list)
  return more
}

/**
 * Days latest first, the others dearest first, at most `limit`; `total` is of all of them.
 *
 * Which rows are shown is found out first: a row holds thirty figures, and of 100,000 sessions fifty are asked for.
 *
 * figures  asked twice
 */
export function costOf(
  figures: () => Iterable<SessionFigures>,
  by: CostDimension,
  { since = '', until = '\uffff' }: Days,
  { ties = NO_TIES, limit = Infinity }: { ties?: Ties; limit?: number } = {},
): { rows: CostFigures[]; total: CostFigures } {
  const counts = ({ day }: { day: string }): boolean => day >= since && day <= until
  const keyOf = ({ summary }: SessionFigures): string | undefined =>
    by === 'day' || by === 'model' ? undefined : keyIn(summary, ties, by)
  const total = new Row()
  const nanos = new Map<string, number>()
  for (const one of figures()) {
    const cause = ties.causeOf(one.summary)
    const key = keyOf(one)
    for (const spent of one.spending) {
      if (!counts(spent)) continue
      total.count(one)
      total.spend(spent, cause)
      const name = key ?? (by === 'day' ? spent.day : spent.model)
      nanos.set(name, (nanos.get(name) ?? 0) + Math.round((spent.costUsd ?? 0) * NANO))
    }
    for (const passed of one.course) {
      if (!counts(passed)) continue
      total.count(one)
      total.pass(passed, cause)
      const name = key ?? passed.day
      if (by !== 'model' && !nanos.has(name)) nanos.set(name, 0)
    }
  }
  const rows = new Map(shownKeys(nanos, by, limit).map((key) => [key, new Row()]))
  for (const one of rows.size === 0 ? [] : figures()) {
    const key = keyOf(one)
    if (key !== undefined && !rows.has(key)) continue
    const cause = ties.causeOf(one.summary)
    for (const spent of one.spending) {
      const row = rows.get(key ?? (by === 'day' ? spent.day : spent.model))
      if (row === undefined || !counts(spent)) continue
      row.count(one)
      row.spend(spent, cause)
      if (by === 'model') row.time.modelMs += spent.callMs
    }
    for (const passed of by === 'model' ? [] : one.course) {
      const row = rows.get(key ?? passed.day)
      if (row === undefined || !counts(passed)) continue
      row.count(one)
      row.pass(passed, cause)
    }
  }
  return {
    rows: [...rows].map(([key, row]) => row.figures(key, by !== 'model')),
    total: total.figures('total', true),
  }
}

/** Of 100,000 keys the first fifty are found by sorting numbers alone: sorting the keys took three times as long as all else. */
function shownKeys(nanos: ReadonlyMap<string, number>, by: CostDimension, limit: number): string[] {
  if (by === 'day') return [...nanos.keys()].toSorted((a, b) => compare(b, a)).slice(0, limit)
  const least =
    limit < nanos.size
      ? Float64Array.from(nanos.values())
          .toSorted()
          .at(-limit - 1)!
      : -Infinity
  return [...nanos.keys()]
    .filter((key) => nanos.get(key)! >= least)
    .toSorted((a, b) => nanos.get(b)! - nanos.get(a)! || compare(a, b))
    .slice(0, limit)
}

function keyIn(summary: SessionSummary, ties: Ties, by: Exclude<CostDimension, 'day' | 'model'>): string {
  switch (by) {
    case 'session':
      return summary.id
    case 'agent':
    case 'branch':
    case 'repository':
      return summary[by] ?? NOT_TOLD
    default:
      return ties.keyOf(summary, by) ?? NOT_TOLD
  }
}
