import { type Team, storyPointsOf, workFigures, type WorkFigures, type WorkState } from '../../work/index.ts'
import { isoNano } from '../times.ts'
import type { Things } from './changes.ts'
import { present } from './tasks.ts'

/** A team at one moment, from events alone. */
export interface TeamView {
  id: string
  /** As `team set` said last; what somebody only wrote into policies.yaml is not known of the past. */
  wipLimit: number | null
  capacity: number | null
  /** Agents that had claimed for it. */
  members: {
    agent: string
    since: string
    lastHeard: string
    claims: number
    completed: number
    failed: number
  }[]
  /** Claims that held. */
  claims: {
    task: string
    title: string
    agent: string
    since: string
    leaseUntil: string
    storyPoints: number | null
  }[]
  /** How many these are, and their story points. */
  wip: number
  pointsInProgress: number
  /** Over the seven days before. */
  week: WorkFigures
}

const WEEK_NANO = 7n * 86_400_000_000_000n

export function teamView(state: WorkState, name: string, team: Team, nanos: bigint): TeamView {
  const held = [...state.holding(nanos)].filter(({ claim }) => claim.team === name)
  return {
    id: name,
    wipLimit: numberOf(team, 'wipLimit'),
    capacity: numberOf(team, 'capacity'),
    members: [...team.members].map(([agent, { sinceNano, lastNano, claims, completed, failed }]) => ({
      agent,
      since: isoNano(sinceNano),
      lastHeard: isoNano(lastNano),
      claims,
      completed,
      failed,
    })),
    claims: held.map((task) => ({
      task: task.id,
      title: task.title,
      agent: task.claim.agent,
      since: isoNano(task.claim.sinceNano),
      leaseUntil: isoNano(task.claim.leaseUntilNano),
      storyPoints: storyPointsOf(task) ?? null,
    })),
    wip: held.length,
    pointsInProgress: held.reduce((sum, task) => sum + (storyPointsOf(task) ?? 0), 0),
    week: workFigures(state, { from: nanos - WEEK_NANO, to: nanos }, name),
  }
}

export function teamsAsThings(state: WorkState, nanos: bigint): Things {
  return new Map(
    [...state.teams].map(([name, team]) => [name, fieldsOf(teamView(state, name, team, nanos), state)]),
  )
}

/** Figures count from the beginning, so that what they grew by adds up. */
function fieldsOf(
  { id, wipLimit, capacity, members, claims, wip, pointsInProgress }: TeamView,
  state: WorkState,
) {
  const over = state.ended.filter(({ team }) => team === id)
  return present({
    wipLimit: wipLimit ?? undefined,
    capacity: capacity ?? undefined,
    wip,
    pointsInProgress,
    completed: over.filter(({ outcome }) => outcome === 'done').length,
    failed: over.filter(({ outcome }) => outcome === 'failed').length,
    wipViolations: state.refused.filter(({ code, team }) => code === 'WIP_LIMIT' && team === id).length,
    ...Object.fromEntries(members.map(({ agent, claims: count }) => [`member.${agent}`, count])),
    ...Object.fromEntries(claims.map(({ task, agent }) => [`claim.${task}`, agent])),
  })
}

const numberOf = ({ settings }: Team, key: string): number | null => {
  const value = settings[key]
  return typeof value === 'number' ? value : null
}
