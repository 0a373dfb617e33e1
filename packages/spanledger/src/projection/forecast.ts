/** Where a sum that still grows will end: in the middle, and from there as far as four of five times. US dollars. */
export interface Forecast {
  low: number
  middle: number
  high: number
  /** How often of all it was above the limit that was asked for: 0 to 1. */
  chance: number
}

/** What a day cost, and whether it was one of a weekend: those are another kind of day. */
export interface DayCost {
  usd: number
  weekend: boolean
}

/** Fewer days, or tasks, say nothing. */
export const DAYS_MIN = 7
export const TASKS_MIN = 5
/** From two weeks on, weekends are drawn from weekends. */
const KINDS_FROM_DAYS = 14
const SAMPLES = 2_000
/** Between them lie four of five. */
const [LOW, HIGH] = [0.1, 0.9]

/**
 * What is spent already, and what the rest of a period may bring.
 *
 * A bootstrap in two steps: the days of the past are drawn anew, since they are a sample themselves (of few days the interval
 * becomes wider), then each day to come from those. It knows no trend. The same for the same past and seed.
 *
 * rest  days to come, each with the part of it that is left
 * Undefined with less than DAYS_MIN days.
 */
export function forecastPeriod(
  spentUsd: number,
  past: readonly DayCost[],
  rest: readonly { weekend: boolean; part: number }[],
  limitUsd: number,
  seed: number,
): Forecast | undefined {
  if (past.length < DAYS_MIN) return undefined
  const random = generator(seed)
  const draw = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!
  const kinds = past.length >= KINDS_FROM_DAYS
  const of = (weekend: boolean): readonly DayCost[] => {
    const same = kinds ? past.filter((day) => day.weekend === weekend) : past
    return same.length < 2 ? past : same
  }
  const [weekdays, weekends] = [of(false), of(true)]
  const sums = Array.from({ length: SAMPLES }, () => {
    const anew = [weekdays.map(() => draw(weekdays)), weekends.map(() => draw(weekends))] as const
    return rest.reduce((sum, { weekend, part }) => sum + part * draw(anew[weekend ? 1 : 0]).usd, spentUsd)
  })
  return forecastOf(widened(sums, past.length, spentUsd), limitUsd)
}

/**
 * A sample of n days varies less than the days it is of, by (n - 1) / n, and how much it varies is a guess itself, for which Student's
 * distribution is wider than the normal one, by about 1 + 0.66 / (n - 1) at four of five. Without it, of ten days that are known,
 * the interval held 66 to 69 of 100 times.
 */
function widened(sums: readonly number[], days: number, leastUsd: number): number[] {
  const by = Math.sqrt(days / (days - 1)) * (1 + 0.66 / (days - 1))
  const mean = sums.reduce((all, sum) => all + sum, 0) / sums.length
  return sums.map((sum) => Math.max(leastUsd, mean + (sum - mean) * by))
}

/**
 * What a task that cost so much may come to: as those of the past did that came to more.
 *
 * Undefined where fewer than TASKS_MIN did.
 */
export function forecastTask(
  spentUsd: number,
  past: readonly number[],
  limitUsd: number,
): Forecast | undefined {
  const further = past.filter((usd) => usd > spentUsd)
  return further.length < TASKS_MIN ? undefined : forecastOf(further, limitUsd)
}

function forecastOf(sums: readonly number[], limitUsd: number): Forecast {
  const sorted = sums.toSorted((a, b) => a - b)
  // Between the two nearest, by (n + 1) p: of n of the past the next one lies below the k-th with k / (n + 1).
  const quantile = (p: number): number => {
    const place = Math.min(Math.max(p * (sorted.length + 1) - 1, 0), sorted.length - 1)
    const below = sorted[Math.floor(place)]!
    return below + (sorted[Math.ceil(place)]! - below) * (place - Math.floor(place))
  }
  return {
    low: quantile(LOW),
    middle: quantile(0.5),
    high: quantile(HIGH),
    chance: sums.filter((sum) => sum > limitUsd).length / sums.length,
  }
}

/** Mulberry32. */
export function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
