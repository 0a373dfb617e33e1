import type { Observation } from '../agents/index.ts'

/** A tool call or model call, as all that was told of it says. */
export interface Thing {
  data: Observation
  /** Position of the event that made it whole. */
  position: number
}

/** Keys of what was told last: an agent tells a thing within seconds, by a handful of records. */
const KEYS_MAX = 256

interface Held {
  data: Observation
  counted: boolean
}

/**
 * Makes one thing of what several records tell of it, and hands it out once: when the best source of its session has told it.
 * Which that is, is learned: once something better tells a thing than anything did before, what the lesser told is void, and begun
 * anew. So a call that a log and two spans tell counts once, whichever come first, and whether or not they share an id.
 */
export class Things {
  #best = -1
  #held = new Map<string, Held>()

  /** again  what was handed out before is to be forgotten: a better source tells it all again */
  take(told: Observation, position: number): { thing: Thing; again: boolean } | undefined {
    if (told.counts === 'never') return undefined
    const keys = told.keys ?? []
    const before = keys.map((key) => this.#held.get(key)).find((held) => held !== undefined)
    const held: Held = { data: before ? merged(before.data, told) : told, counted: before?.counted ?? false }
    for (const key of new Set([...keys, ...(before?.data.keys ?? [])])) this.#held.set(key, held)
    const again = held.data.rank > this.#best && this.#best >= 0
    if (again) for (const one of this.#held.values()) one.counted = false
    this.#best = Math.max(this.#best, held.data.rank)
    this.#forget()
    if (held.counted || held.data.rank < this.#best) return undefined
    held.counted = true
    return { thing: { data: held.data, position }, again }
  }

  #forget(): void {
    for (const key of this.#held.keys()) {
      if (this.#held.size <= KEYS_MAX) return
      this.#held.delete(key)
    }
  }
}

const OUTCOMES = ['ok', 'failed', 'rejected'] as const

/** Each field from whoever ranks higher; failed is stronger than ok, as a span ends well around a command that failed. */
function merged(a: Observation, b: Observation): Observation {
  const [low, high] = a.rank > b.rank ? [b, a] : [a, b]
  const worst = Math.max(outcomeRank(a), outcomeRank(b))
  const data: Observation = { ...low, ...high, keys: [...new Set([...(a.keys ?? []), ...(b.keys ?? [])])] }
  const outcome = OUTCOMES[worst]
  if (outcome !== undefined) data.outcome = outcome
  return data
}

const outcomeRank = ({ outcome }: Observation): number =>
  outcome === undefined ? -1 : OUTCOMES.indexOf(outcome)
