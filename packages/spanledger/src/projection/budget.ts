import { createHash } from 'node:crypto'
import { type Ties } from './cost.ts'
import { DAY_MS, dayNumber, dayOf } from './days.ts'
import { DAYS_MIN, type Forecast, forecastPeriod, forecastTask, TASKS_MIN } from './forecast.ts'
import type { SessionFigures } from './session-projection.ts'

export const BUDGET_OF = ['everything', 'task', 'team', 'agent'] as const
export const BUDGET_PERIODS = ['day', 'week', 'month', 'total'] as const
type BudgetPeriod = (typeof BUDGET_PERIODS)[number]

/** So much, in US dollars, for whom and how long. Periods are in UTC; weeks begin on Monday. */
export interface Budget {
  of: (typeof BUDGET_OF)[number]
  /** Null of everything. */
  name: string | null
  period: BudgetPeriod
  usd: number
}

export interface Spent {
  /** The first day of the period, and the one after its last; null of what has no end. */
  from: string | null
  to: string | null
  spentUsd: number
  /** Model calls of it without a price or without tokens: left out. */
  unpricedModelCalls: number
}

/** How many days of the past a forecast is made of. */
const PAST_DAYS = 56
const NANO = 1e9

/** What was spent of a budget up to a moment, within the period that the moment is in. Milliseconds since 1970. */
export function spentOf(figures: Iterable<SessionFigures>, ties: Ties, budget: Budget, atMs: number): Spent {
  const period = periodAt(budget.period, atMs)
  const today = dayNumber(atMs)
  let [nano, unpriced] = [0, 0]
  for (const one of figures) {
    if (!isOf(one, ties, budget)) continue
    for (const { day, costUsd, unpricedModelCalls } of one.spending) {
      const number = dayNumber(Date.parse(day))
      if (number > today || (period !== undefined && (number < period.from || number >= period.to))) continue
      nano += Math.round((costUsd ?? 0) * NANO)
      unpriced += unpricedModelCalls
    }
  }
  return {
    from: period === undefined ? null : dayOf(period.from),
    to: period === undefined ? null : dayOf(period.to),
    spentUsd: nano / NANO,
    unpricedModelCalls: unpriced,
  }
}

/** Where it will end; or why that is not told. */
export function forecastOf(
  figures: () => Iterable<SessionFigures>,
  ties: Ties,
  budget: Budget,
  atMs: number,
  isOver: (task: string) => boolean,
): Forecast | string {
  const { spentUsd } = spentOf(figures(), ties, budget, atMs)
  if (budget.period !== 'total') {
    const forecast = forecastPeriod(
      spentUsd,
      pastDays(figures(), ties, budget, atMs),
      restOf(budget.period, atMs),
      budget.usd,
      seedOf(budget, atMs),
    )
    return forecast ?? `too little history: ${DAYS_MIN} days are needed`
  }
  if (budget.of !== 'task') return 'it has no end'
  if (budget.name !== null && isOver(budget.name)) return 'the task is over'
  const others = [...costByTask(figures(), ties)].filter(([task]) => task !== budget.name && isOver(task))
  const forecast = forecastTask(
    spentUsd,
    others.map(([, usd]) => usd),
    budget.usd,
  )
  return forecast ?? `too little history: ${TASKS_MIN} finished tasks that cost more are needed`
}

function isOf({ summary }: SessionFigures, ties: Ties, { of, name }: Budget): boolean {
  if (of === 'everything') return true
  return (of === 'agent' ? summary.agent : ties.keyOf(summary, of)) === name
}

function costByTask(figures: Iterable<SessionFigures>, ties: Ties): Map<string, number> {
  const costs = new Map<string, number>()
  for (const { summary, spending } of figures) {
    const task = ties.keyOf(summary, 'task')
    if (task === null) continue
    const usd = spending.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0)
    costs.set(task, (costs.get(task) ?? 0) + usd)
  }
  return costs
}

/** Whole days before today, from the first that cost something on; those that cost nothing too. */
function pastDays(
  figures: Iterable<SessionFigures>,
  ties: Ties,
  budget: Budget,
  atMs: number,
): { usd: number; weekend: boolean }[] {
  const today = dayNumber(atMs)
  const costs = new Map<number, number>()
  for (const one of figures) {
    if (!isOf(one, ties, budget)) continue
    for (const { day, costUsd } of one.spending) {
      const number = dayNumber(Date.parse(day))
      if (number < today && number >= today - PAST_DAYS)
        costs.set(number, (costs.get(number) ?? 0) + (costUsd ?? 0))
    }
  }
  const first = Math.min(...costs.keys())
  return costs.size === 0
    ? []
    : Array.from({ length: today - first }, (_, i) => ({
        usd: costs.get(first + i) ?? 0,
        weekend: isWeekend(first + i),
      }))
}

/** What of its period is to come: the rest of today, then whole days. */
function restOf(period: BudgetPeriod, atMs: number): { weekend: boolean; part: number }[] {
  const { to } = periodAt(period, atMs)!
  const today = dayNumber(atMs)
  return Array.from({ length: to - today }, (_, i) => ({
    weekend: isWeekend(today + i),
    part: i === 0 ? 1 - (atMs - today * DAY_MS) / DAY_MS : 1,
  }))
}

/** In days since 1970; undefined of what has no end. */
function periodAt(period: BudgetPeriod, atMs: number): { from: number; to: number } | undefined {
  const today = dayNumber(atMs)
  if (period === 'total') return undefined
  if (period === 'day') return { from: today, to: today + 1 }
  if (period === 'week') {
    const monday = today - ((weekdayOf(today) + 6) % 7)
    return { from: monday, to: monday + 7 }
  }
  const at = new Date(atMs)
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()]
  return { from: dayNumber(Date.UTC(year, month)), to: dayNumber(Date.UTC(year, month + 1)) }
}

const weekdayOf = (day: number): number => new Date(day * DAY_MS).getUTCDay()
const isWeekend = (day: number): boolean => [0, 6].includes(weekdayOf(day))

/** The same all day. */
const seedOf = (budget: Budget, atMs: number): number =>
  createHash('sha256')
    .update(JSON.stringify([budget.of, budget.name, budget.period, dayNumber(atMs)]))
    .digest()
    .readUInt32LE()
