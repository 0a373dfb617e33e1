import type { Observation, ObservedTokens } from '../agents/index.ts'
import type { Told } from './state.ts'
import type { Tokens } from './session-view.ts'

/** One thing a session did, made of all the observations of it. */
export interface Thing {
  /** Smallest event id among its observations: the same whatever order they came in. */
  id: string
  /** Highest rank first; ties by source, then the later, then id. */
  told: Told[]
  start: number
  end: number
  outcome: 'ok' | 'failed' | 'rejected' | 'unknown'
}

/** Undefined for what is no time: a damaged event must not take its session with it. */
export function ms(nano: string | undefined): number | undefined {
  const value = Number(nano) / 1e6
  return Number.isFinite(value) ? value : undefined
}

const isTimed = ({ data }: Told): boolean => data.startUnixNano !== undefined

const isSpan = (told: Told): boolean => told.data.source.startsWith('span:')

const byRank = (a: Told, b: Told): number =>
  b.data.rank - a.data.rank ||
  compare(a.data.source, b.data.source) ||
  // A transcript tells of an answer again as it grows: the last word counts.
  (ms(b.data.endUnixNano) ?? 0) - (ms(a.data.endUnixNano) ?? 0) ||
  compare(a.id, b.id)

export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

export const byStart = (a: Thing, b: Thing): number =>
  a.start - b.start || a.end - b.end || compare(a.id, b.id)

/** The value of the highest rank that told one. */
export function field<K extends keyof Observation>(thing: Thing, name: K): Observation[K] | undefined {
  for (const { data } of thing.told) if (data[name] !== undefined) return data[name]
  return undefined
}

export function thingOf(observations: readonly Told[]): Thing {
  const told = observations.length === 1 ? [...observations] : observations.toSorted(byRank)
  let id = told[0]?.id ?? ''
  for (const one of told) if (one.id < id) id = one.id
  // A span measures; a log is written afterwards and rounds.
  const clock = told.find((one) => isTimed(one) && isSpan(one)) ?? told.find(isTimed)
  const start = ms(clock?.data.startUnixNano) ?? 0
  return {
    id,
    told,
    start,
    end: Math.max(start, ms(clock?.data.endUnixNano) ?? start),
    outcome: outcomeOf(told),
  }
}

/** Rejected and failed are stronger than ok: a span ends well around a command that failed. */
function outcomeOf(told: readonly Told[]): Thing['outcome'] {
  for (const outcome of ['rejected', 'failed', 'ok'] as const)
    if (told.some(({ data }) => data.outcome === outcome)) return outcome
  return 'unknown'
}

/** A model call whose answer was counted did not fail, whatever an attempt before it told. */
export function modelCallOf(observations: readonly Told[]): Thing {
  const thing = thingOf(observations)
  const answered = thing.told.find(({ data }) => data.outcome !== undefined)
  if (thing.outcome === 'failed' && answered?.data.outcome === 'ok' && answered.data.tokens)
    thing.outcome = 'ok'
  return thing
}

/** Part by part from the highest rank that told it; null when nobody told input or output. */
export function tokensOf(thing: Thing): Tokens | null {
  let any = false
  const part = (name: keyof ObservedTokens): number => {
    for (const { data } of thing.told) {
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
