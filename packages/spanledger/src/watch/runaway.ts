import type { Found } from './stuck.ts'
import type { WatchSettings } from './settings.ts'

const MINUTE_NANO = 60_000_000_000n
/** Minutes of work that its usual is taken from; idle ones do not count. */
const MINUTES_MAX = 60
const MINUTES_MIN = 5

interface Minute {
  usd: number
  tokens: number
}

/** One model call: what it cost, where there is a price, and how many tokens that came from no cache. */
export interface Spent {
  atNano: string
  position: number
  usd: number | null
  tokens: number
}

/** A session that suddenly spends many times what its own minutes usually come to. */
export class Runaway {
  readonly #settings: WatchSettings
  readonly #minutes = new Map<bigint, Minute>()
  #found: { at: bigint; found: Found } | undefined

  constructor(settings: WatchSettings) {
    this.#settings = settings
  }

  get found(): Found | undefined {
    return this.#found?.found
  }

  /** True when what was found is over: a whole minute was as usual again. */
  take({ atNano, position, usd, tokens }: Spent): boolean {
    const at = BigInt(atNano) / MINUTE_NANO
    const minute = this.#minutes.get(at) ?? { usd: 0, tokens: 0 }
    minute.usd += usd ?? 0
    minute.tokens += tokens
    this.#minutes.set(at, minute)
    if (this.#minutes.size > MINUTES_MAX) this.#minutes.delete(this.#minutes.keys().next().value!)
    const excess = this.#excessOf(at, minute)
    if (this.#found === undefined) {
      if (excess)
        this.#found = {
          at,
          found: {
            kind: 'runaway',
            ...excess,
            positions: [position],
            sinceUnixNano: String(at * MINUTE_NANO),
          },
        }
      return false
    }
    const before = this.#minutes.get(at - 1n)
    const isOver = at > this.#found.at + 1n && !(before && this.#excessOf(at - 1n, before))
    if (isOver) this.#found = undefined
    return isOver
  }

  #excessOf(
    at: bigint,
    { usd, tokens }: Minute,
  ): Pick<Found, 'measured' | 'threshold' | 'unit' | 'usual'> | undefined {
    const others = [...this.#minutes].filter(([minute]) => minute < at).map(([, one]) => one)
    if (others.length < MINUTES_MIN) return undefined
    const { runawayFactor: factor, runawayUsdPerMinute, runawayTokensPerMinute } = this.#settings
    const isPriced = usd > 0
    const measured = isPriced ? usd : tokens
    const usual = median(others.map((one) => (isPriced ? one.usd : one.tokens)))
    const threshold = Math.max(factor * usual, isPriced ? runawayUsdPerMinute : runawayTokensPerMinute)
    return measured < threshold
      ? undefined
      : { measured, threshold, usual, unit: isPriced ? 'usd/min' : 'tokens/min' }
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}
