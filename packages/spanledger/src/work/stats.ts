import type { Ended, WorkState } from './work-state.ts'
import { STATUSES, type Status } from './words.ts'

interface Percentiles {
  p50: number
  p95: number
}

/** Figures of work that ended, and of what was refused, in a span of time. */
export interface WorkFigures {
  completed: number
  failed: number
  /** Of what ended as done or failed; null when nothing did. */
  successRate: number | null
  errorRate: number | null
  tasksPerHour: number
  /** Story points completed a week. */
  velocity: number
  /** From the beginning of the work, and from the task's creation, to its end; null when nothing was completed. */
  cycleHours: Percentiles | null
  leadHours: Percentiles | null
  scoreMean: number | null
  /** Claims refused because of a limit of work in progress. */
  wipViolations: number
  /** Changes refused, by why. */
  refusals: Record<string, number>
}

export interface WorkStats extends WorkFigures {
  from: bigint
  to: bigint
  tasks: number
  byStatus: Record<Status, number>
  /** Claims that hold at the end of the time. */
  claimed: number
  teams: ({ team: string; claimed: number } & WorkFigures)[]
}

const HOUR_NANO = 3_600e9
const WEEK_HOURS = 168

/** Unix nanoseconds. */
interface Span {
  /** Excluded. */
  from: bigint
  /** Included. */
  to: bigint
}

export function workStats(state: WorkState, span: Span): WorkStats {
  const tasks = [...state.present()]
  const held = [...state.holding(span.to)]
  const within = isWithin(span)
  const teams = new Set([
    ...state.ended.filter(within).map(({ team }) => team),
    ...held.map(({ claim }) => claim.team),
    ...state.refused.filter(within).flatMap(({ team }) => team ?? []),
  ])
  return {
    ...span,
    tasks: tasks.length,
    byStatus: Object.fromEntries(
      STATUSES.map((status) => [status, tasks.filter((task) => task.status === status).length]),
    ) as Record<Status, number>,
    claimed: held.length,
    ...workFigures(state, span),
    teams: [...teams].toSorted().map((team) => ({
      team,
      claimed: held.filter(({ claim }) => claim.team === team).length,
      ...workFigures(state, span, team),
    })),
  }
}

const isWithin =
  ({ from, to }: Span) =>
  ({ atNano }: { atNano: bigint }): boolean =>
    atNano > from && atNano <= to

/** Of one team, or of all. */
export function workFigures(state: WorkState, span: Span, of?: string): WorkFigures {
  const within = isWithin(span)
  const counts = (one: { atNano: bigint; team: string | undefined }): boolean =>
    within(one) && (of === undefined || one.team === of)
  return figures(
    state.ended.filter(counts),
    state.refused.filter(counts),
    Number(span.to - span.from) / HOUR_NANO,
  )
}

function figures(ended: readonly Ended[], refused: readonly { code: string }[], hours: number): WorkFigures {
  const done = ended.filter(({ outcome }) => outcome === 'done')
  const failed = ended.filter(({ outcome }) => outcome === 'failed').length
  const over = done.length + failed
  const scores = ended.flatMap(({ score }) => score ?? [])
  const points = done.reduce((sum, { storyPoints }) => sum + storyPoints, 0)
  const counts: Record<string, number> = {}
  for (const { code } of refused) counts[code] = (counts[code] ?? 0) + 1
  return {
    completed: done.length,
    failed,
    successRate: over === 0 ? null : done.length / over,
    errorRate: over === 0 ? null : failed / over,
    tasksPerHour: hours > 0 ? done.length / hours : 0,
    velocity: hours > 0 ? (points / hours) * WEEK_HOURS : 0,
    cycleHours: percentiles(done.map(({ cycleNano }) => Number(cycleNano) / HOUR_NANO)),
    leadHours: percentiles(done.map(({ leadNano }) => Number(leadNano) / HOUR_NANO)),
    scoreMean: scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length,
    wipViolations: counts['WIP_LIMIT'] ?? 0,
    refusals: counts,
  }
}

/** Nearest rank: always a value that was there. */
function percentiles(values: readonly number[]): Percentiles | null {
  if (values.length === 0) return null
  const sorted = values.toSorted((a, b) => a - b)
  const rank = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!
  return { p50: rank(0.5), p95: rank(0.95) }
}
