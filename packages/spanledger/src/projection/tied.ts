import { compare } from './merge.ts'
import { compareNano } from './moment.ts'
import type { SessionState, Told } from './state.ts'

/** What a session may be tied to. */
export const TIE_FIELDS = ['run', 'task', 'repository', 'branch', 'worktree'] as const
export type TieField = (typeof TIE_FIELDS)[number]

/** Why a session is said to belong to something that its agent did not tell. */
export interface Tie {
  /** What of the session it says. */
  fields: TieField[]
  by: 'hand' | 'spanledger'
  /** 0 to 1; by hand it is 1. */
  confidence: number
  because: string
}

export interface Tied extends Record<TieField, string | null> {
  /** Those that say something; empty when all there is was told by the agent. */
  ties: Tie[]
  /** Of a field that several things are as likely for: none of them is taken. */
  unsure: { field: TieField; values: string[]; confidence: number }[]
}

/** Below it a tie says nothing. */
const CONFIDENCE_MIN = 0.5

/**
 * What a session belongs to: what was said by hand last, else what its agent told, else the tie of the highest confidence.
 * A function of the set of events: neither their order nor their repetition changes it.
 *
 * told  by the agent's own records
 */
export function tiedOf(state: SessionState, told: { readonly [Field in TieField]?: string }): Tied {
  const [hand, guessed]: [Told[], Told[]] = [[], []]
  for (const one of state.told.values()) {
    if (one.event !== 'SessionTied' && one.event !== 'SessionUntied') continue
    if (one.data.by === 'hand') hand.push(one)
    else if ((one.data.confidence ?? 0) >= CONFIDENCE_MIN) guessed.push(one)
  }
  const tied: Tied = {
    run: null,
    task: null,
    repository: null,
    branch: null,
    worktree: null,
    ties: [],
    unsure: [],
  }
  const saying = new Map<Told, TieField[]>()
  const lastFirst = hand.toSorted((a, b) => compareNano(b.happened, a.happened) || compare(b.id, a.id))
  for (const field of TIE_FIELDS) {
    const chosen =
      lastFirst.find((one) => speaksOf(one, field)) ?? (told[field] === undefined ? surest(field) : undefined)
    tied[field] = chosen === undefined ? (told[field] ?? null) : (chosen.data[field] ?? null)
    if (chosen !== undefined) saying.set(chosen, [...(saying.get(chosen) ?? []), field])
  }
  for (const [{ data }, fields] of saying)
    tied.ties.push({
      fields,
      by: data.by ?? 'spanledger',
      confidence: data.by === 'hand' ? 1 : (data.confidence ?? 0),
      because: data.because ?? '',
    })
  return tied

  function surest(field: TieField): Told | undefined {
    const best = new Map<string, Told>()
    for (const one of guessed) {
      const value = one.data[field]
      if (value === undefined) continue
      const before = best.get(value)
      if (before === undefined || bySurety(one, before) < 0) best.set(value, one)
    }
    const [first, second] = [...best.values()].toSorted(bySurety)
    if (first === undefined) return undefined
    const confidence = sure(first)
    if (second === undefined || sure(second) < confidence) return first
    const values = [...best].filter(([, one]) => sure(one) === confidence).map(([value]) => value)
    tied.unsure.push({ field, values: values.toSorted(compare), confidence })
    return undefined
  }
}

/** What the session belongs to, where its agent does not tell it. */
export const tieNotes = ({ ties, unsure }: Tied): string[] => [
  ...ties
    .filter(({ because }) => because !== '')
    .map(({ fields, by, confidence, because }) =>
      by === 'hand'
        ? `${fields.join(', ')}: said by hand: ${because}`
        : `${fields.join(', ')}: ${Math.round(confidence * 100)} % sure: ${because}`,
    ),
  ...unsure.map(
    ({ field, values, confidence }) =>
      `${field}: not sure: ${values.join(' or ')} (${Math.round(confidence * 100)} % each); say it by hand: session tie`,
  ),
]

const sure = ({ data }: Told): number => data.confidence ?? 0
const bySurety = (a: Told, b: Told): number => sure(b) - sure(a) || compare(a.id, b.id)

/** An untie speaks of what somebody wants the session not to belong to. */
const speaksOf = ({ event, data }: Told, field: TieField): boolean =>
  event === 'SessionUntied' ? field === 'run' || field === 'task' : data[field] !== undefined
