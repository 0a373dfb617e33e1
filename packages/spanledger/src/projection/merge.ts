import type { Observation, ObservedTokens } from '../agents/index.ts'
import type { Told } from './state.ts'
import type { ActivityNode, Tokens } from './session-view.ts'

/**
 * One thing a session did, made of all the observations of it, with its place in the tree.
 *
 * All fields from the beginning: objects that got theirs one by one, in differing order, had the same functions compiled anew again and
 * again, a second of a rebuild.
 */
export class Activity {
  readonly kind: ActivityNode['kind']
  /** Smallest event id among its observations: the same whatever order they came in. */
  readonly id: string
  /** Highest rank first; ties by source, then the later, then id. */
  readonly told: readonly Told[]
  start: number
  end: number
  outcome: 'ok' | 'failed' | 'rejected' | 'unknown'
  /** The agent that did it; for an agent: the one that started it. Undefined: the session's own agent. */
  agent: Activity | undefined = undefined
  /** How `agent` was found out, where no unbroken chain of spans tells it. */
  inferred: ActivityNode['inferred'] | undefined = undefined
  /** Of an agent that only its calls name. */
  name: string | undefined = undefined
  /** The tool call a wait was for. */
  of: Activity | undefined = undefined
  /** A tool call inside of which a subagent worked: its time is the subagent's. */
  holdsAgent = false

  constructor(
    kind: Activity['kind'],
    id: string,
    told: readonly Told[],
    { start, end, outcome }: Pick<Activity, 'start' | 'end' | 'outcome'>,
  ) {
    this.kind = kind
    this.id = id
    this.told = told
    this.start = start
    this.end = end
    this.outcome = outcome
  }
}

const isTimed = ({ data }: Told): boolean => data.startUnixNano !== undefined

const isSpan = (told: Told): boolean => told.data.source.startsWith('span:')

const byRank = (a: Told, b: Told): number =>
  b.data.rank - a.data.rank ||
  compare(a.data.source, b.data.source) ||
  // A transcript tells of an answer again as it grows: the last word counts.
  (b.end ?? 0) - (a.end ?? 0) ||
  compare(a.id, b.id)

/** Mostly one or two: a sort of so few takes ten times as long as looking. */
function ranked(observations: readonly Told[]): Told[] {
  const [first, second] = observations
  if (first === undefined || second === undefined) return [...observations]
  if (observations.length > 2) return observations.toSorted(byRank)
  return byRank(first, second) <= 0 ? [first, second] : [second, first]
}

export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

export const byStart = (a: Activity, b: Activity): number =>
  a.start - b.start || a.end - b.end || compare(a.id, b.id)

/** The value of the highest rank that told one. */
export function field<K extends keyof Observation>(activity: Activity, name: K): Observation[K] | undefined {
  for (const { data } of activity.told) if (data[name] !== undefined) return data[name]
  return undefined
}

export function activityOf(kind: Activity['kind'], observations: readonly Told[]): Activity {
  const told = ranked(observations)
  let id = told[0]?.id ?? ''
  for (const one of told) if (one.id < id) id = one.id
  // A span measures; a log is written afterwards and rounds.
  const clock = told.find((one) => isTimed(one) && isSpan(one)) ?? told.find(isTimed)
  const start = clock?.start ?? 0
  const end = Math.max(start, clock?.end ?? start)
  return new Activity(kind, id, told, { start, end, outcome: outcomeOf(told) })
}

/** Rejected and failed are stronger than ok: a span ends well around a command that failed. */
function outcomeOf(told: readonly Told[]): Activity['outcome'] {
  for (const outcome of ['rejected', 'failed', 'ok'] as const)
    if (told.some(({ data }) => data.outcome === outcome)) return outcome
  return 'unknown'
}

/** A model call whose answer was counted did not fail, whatever an attempt before it told. */
export function modelCallOf(observations: readonly Told[]): Activity {
  const call = activityOf('modelCall', observations)
  const answered = call.told.find(({ data }) => data.outcome !== undefined)
  if (call.outcome === 'failed' && answered?.data.outcome === 'ok' && answered.data.tokens)
    call.outcome = 'ok'
  return call
}

/** Part by part from the highest rank that told it; null when nobody told input or output. */
export function tokensOf(activity: Activity): Tokens | null {
  let any = false
  const part = (name: keyof ObservedTokens): number => {
    for (const { data } of activity.told) {
      const value = data.tokens?.[name]
      if (value !== undefined) return ((any = true), value)
    }
    return 0
  }
  const tokens = {
    input: part('input'),
    output: part('output'),
    cacheRead: part('cacheRead'),
    cacheWrite: part('cacheWrite'),
    reasoning: part('reasoning'),
  }
  return any ? tokens : null
}

export const NO_TOKENS: Readonly<Tokens> = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 }

export function addTokens(a: Tokens, b: Tokens): Tokens {
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
    reasoning: a.reasoning + b.reasoning,
  }
}
