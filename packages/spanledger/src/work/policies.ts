import type { Priority } from './words.ts'
import type { Task } from './state.ts'
import { prioritySaid, typeOf } from './state.ts'

/** The limits that claims obey. Source: docs/reference/tasks.md#policies. */
export interface Policies {
  /** A claim holds so long without a word from its agent. */
  leaseMinutes: number
  /** Work of one team at a time; undefined for as much as there is. */
  wipLimit: number | undefined
  /** Work of one agent at a time. */
  agentWipLimit: number | undefined
  /** Larger work is to be broken down first. */
  storyPointsMax: number | undefined
  teams: Record<string, TeamPolicies>
  /** When there are any, only these may claim. */
  agents: readonly string[]
  /** By type of task, for those that say none. */
  priorities: Record<string, Priority>
  budgets: Budgets
}

/** US dollars: of `everything`, `task ID`, `team NAME` or `agent NAME`, for a day, week or month (in UTC) or in all. */
export type Budgets = Record<string, { [Period in 'day' | 'week' | 'month' | 'total']?: number | undefined }>

export interface TeamPolicies {
  wipLimit?: number | undefined
  /** Story points in progress at a time; work that says none counts as none. */
  capacity?: number | undefined
}

export const DEFAULT_POLICIES: Policies = {
  leaseMinutes: 30,
  wipLimit: undefined,
  agentWipLimit: undefined,
  storyPointsMax: undefined,
  teams: {},
  agents: [],
  priorities: {},
  budgets: {},
}

export const wipLimitOf = ({ teams, wipLimit }: Policies, team: string): number | undefined =>
  (Object.hasOwn(teams, team) ? teams[team]?.wipLimit : undefined) ?? wipLimit

export const capacityOf = ({ teams }: Policies, team: string): number | undefined =>
  Object.hasOwn(teams, team) ? teams[team]?.capacity : undefined

export const leaseNano = ({ leaseMinutes }: Policies): bigint =>
  BigInt(Math.round(leaseMinutes * 60_000)) * 1_000_000n

/** What the task says, else what the policies say of its type, else medium. */
export function priorityOfTask(task: Task, { priorities }: Policies): Priority {
  const type = typeOf(task)
  const byType = type !== undefined && Object.hasOwn(priorities, type) ? priorities[type] : undefined
  return prioritySaid(task) ?? byType ?? 'medium'
}
