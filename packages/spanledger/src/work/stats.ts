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

/** @param span from excluded, to included; Unix nanoseconds */
export function workStats(state: WorkState, span: { from: bigint; to: bigint }): WorkStats {
  const within = ({ atNano }: { atNano: bigint }): boolean => atNano > span.from && atNano <= span.to
  const ended = state.ended.filter(within)
  const refused = state.refused.filter(within)
  const tasks = [...state.present()]
  const held = [...state.holding(span.to)]
  const teams = new Set([
    ...ended.map(({ team }) => team),
    ...held.map(({ claim }) => claim.team),
    ...refused.flatMap(({ team }) => team ?? []),
  ])
  const hours = Number(span.to - span.from) / HOUR_NANO
  return {
    ...span,
    tasks: tasks.length,
    byStatus: Object.fromEntries(
      STATUSES.map((status) => [status, tasks.filter((task) => task.status === status).length]),
    ) as Record<Status, number>,
    claimed: held.length,
    ...figures(ended, refused, hours),
    teams: [...teams].toSorted().map((team) => ({
      team,
      claimed: held.filter(({ claim }) => claim.team === team).length,
      ...figures(
        ended.filter((one) => one.team === team),
        refused.filter((one) => one.team === team),
        hours,
      ),
    })),
  }
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
