import { type Outcome, STATUSES, type WorkState, workStats } from '../../work/index.ts'
import {
  counter,
  type Family,
  gauge,
  type Histogram,
  histogramOf,
  observe,
  type Sample,
  Table,
} from './families.ts'

/** Rates and percentiles are of the last week: a team's velocity is story points a week. */
const WINDOW_NANO = 7n * 86_400n * 1_000_000_000n
const HOUR_S = 3_600
const SECONDS = [60, 300, 900, HOUR_S, 4 * HOUR_S, 8 * HOUR_S, 24 * HOUR_S, 72 * HOUR_S, 168 * HOUR_S]

interface TeamSums {
  ended: Record<Outcome, number>
  seconds: Histogram
  refused: number
}

/** transitions  of tasks into each status, since ever */
export function workFamilies(
  state: WorkState,
  nowNano: bigint,
  transitions: ReadonlyMap<string, number>,
): Family[] {
  const week = workStats(state, { from: nowNano - WINDOW_NANO, to: nowNano })
  const teams = new Table<TeamSums>(() => ({
    ended: { done: 0, reviewing: 0, failed: 0 },
    seconds: histogramOf(SECONDS),
    refused: 0,
  }))
  for (const { team, outcome, cycleNano } of state.ended) {
    const sums = teams.at(team)
    sums.ended[outcome]++
    if (outcome === 'done') observe(sums.seconds, Number(cycleNano) / 1e9)
  }
  for (const { code, team = 'none' } of state.refused) if (code === 'WIP_LIMIT') teams.at(team).refused++
  const held = new Set([...state.holding(nowNano)].map(({ id }) => id))
  const waiting = [...state.present()].filter(({ id, status }) => status === 'todo' && !held.has(id)).length
  const byTeam = (value: (team: (typeof week.teams)[number]) => number | null): Sample[] =>
    week.teams.flatMap((team) => {
      const one = value(team)
      return one === null ? [] : [{ labels: { team: team.team }, value: one }]
    })
  const percentiles = week.teams.flatMap(({ team, cycleHours }) =>
    cycleHours === null
      ? []
      : Object.entries(cycleHours).map(([percentile, hours]) => ({
          labels: { team, percentile },
          value: hours * HOUR_S,
        })),
  )
  return [
    gauge(
      'work_items',
      'Tasks by status.',
      STATUSES.map((status) => ({ labels: { status }, value: week.byStatus[status] })),
    ),
    gauge(
      'work_claimed',
      'Tasks that an agent holds.',
      byTeam(({ claimed }) => claimed),
    ),
    gauge('queue_depth', 'Tasks that are to be done, and that nobody holds.', [
      { labels: {}, value: waiting },
    ]),
    counter(
      'work_transitions',
      'Changes of the status of tasks, by the new one.',
      [...transitions].toSorted().map(([to, value]) => ({ labels: { to }, value })),
    ),
    counter(
      'work_ended',
      'Work that ended, by how.',
      teams.samples('team', 'outcome', ({ ended }) => ended),
    ),
    {
      ...gauge(
        'work_duration_seconds',
        'From the beginning of work to its end, of what was done.',
        teams.rows().map(([team, { seconds }]) => ({ labels: { team }, value: seconds })),
        'seconds',
      ),
      type: 'histogram',
    },
    gauge('work_per_hour', 'Tasks done an hour, of the last seven days.', [
      { labels: {}, value: week.tasksPerHour },
    ]),
    gauge(
      'work_success_ratio',
      'Work that ended as done, of the last seven days.',
      week.successRate === null ? [] : [{ labels: {}, value: week.successRate }],
      'ratio',
    ),
    gauge(
      'team_velocity',
      'Story points done in the last seven days.',
      byTeam(({ velocity }) => velocity),
    ),
    gauge(
      'team_cycle_time_seconds',
      'From the beginning of work to its end, in the last seven days.',
      percentiles,
      'seconds',
    ),
    gauge(
      'team_error_ratio',
      'Work that ended as failed, of the last seven days.',
      byTeam(({ errorRate }) => errorRate),
      'ratio',
    ),
    counter(
      'wip_violations',
      'Claims refused because a team worked on as much as it may.',
      teams.rows().map(([team, { refused }]) => ({ labels: { team }, value: refused })),
    ),
  ]
}
