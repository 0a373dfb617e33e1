import * as v from 'valibot'
import type { EventStore } from '@spanledger/sdk/store'
import {
  isHeld,
  isOver,
  OUTCOMES,
  type Policies,
  STATUSES,
  storyPointsOf,
  type TeamPolicies,
  wipLimitOf,
  type WorkFigures,
  type WorkStats,
  workStats,
} from '../../work/index.ts'
import { choice, flag, limit, since, text, texts, until } from '../params.ts'
import { type Cut, cutAt, query } from '../query.ts'
import { isRefusal, refusal, type Refusal } from '../refusal.ts'
import { isoNano, parseTime } from '../times.ts'
import { asker, askingOf, change, type Changed, id } from './task-asking.ts'
import { priority, storyPoints, titleAt } from './task-commands.ts'
import { nowNanoOf, type TaskRow, taskRow } from './task-view.ts'

const percent = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number))], 'must be a whole number'),
  v.maxValue(100, 'must be at most 100'),
  v.minValue(0, 'must be at least 0'),
  v.metadata({ help: { summary: 'how far it is, in percent', value: 'N', place: 2 } }),
)
const score = v.pipe(
  v.union(
    [v.number(), v.pipe(v.string(), v.regex(/^\d+(\.\d+)?$/), v.transform(Number))],
    'must be a number',
  ),
  v.maxValue(1, 'must be at most 1'),
  v.minValue(0, 'must be at least 0'),
  v.metadata({ help: { summary: 'how good it is, from 0 to 1', value: 'N' } }),
)

export const workClaim = query({
  summary: 'Takes work for one agent: a task by --id, or the open one of a type and title, or a new one',
  effect: 'writes',
  params: v.strictObject({
    type: v.optional(text('what kind of work', 'TYPE', 1)),
    title: v.optional(titleAt(2)),
    id: v.optional(text('a task that is there, instead of type and title', 'ID')),
    team: v.optional(text("for which team; else the task's own", 'TEAM')),
    priority,
    storyPoints,
    dependsOn: v.optional(texts('a task that must be done before', 'ID')),
    ...asker,
  }),
  async run(context, given): Promise<Changed | Refusal> {
    if (given.team !== undefined && !isName(given.team)) return badTeam(given.team)
    if (given.id !== undefined) return change(context, given, { do: 'claim', id: given.id, team: given.team })
    if (given.type === undefined || given.title === undefined)
      return refusal('BAD_PARAMETER', 'type and title are missing', 'give both, or a task with --id ID')
    return change(context, given, {
      do: 'claim',
      type: given.type,
      title: given.title.trim(),
      team: given.team,
      fields: {
        priority: given.priority,
        story_points: given.storyPoints,
        depends_on: given.dependsOn,
      },
    })
  },
})

export const workProgress = query({
  summary: 'Says that work goes on, and how far it is; renews the lease',
  effect: 'writes',
  creates: false,
  params: v.strictObject({ id, progress: v.optional(percent), ...asker }),
  run: (context, given): Promise<Changed | Refusal> =>
    change(context, given, { do: 'progress', id: given.id, progress: given.progress }),
})

export const workComplete = query({
  summary: 'Ends work: done, for others to look at, or failed and to be done again',
  effect: 'writes',
  creates: false,
  params: v.strictObject({
    id,
    status: v.optional(choice('how it ended', 'STATUS', OUTCOMES), 'done'),
    score: v.optional(score),
    ...asker,
  }),
  run: (context, given): Promise<Changed | Refusal> =>
    change(context, given, { do: 'complete', id: given.id, outcome: given.status, score: given.score }),
})

export const workRelease = query({
  summary: 'Gives work back undone',
  effect: 'writes',
  creates: false,
  params: v.strictObject({ id, reason: v.optional(text('why', 'TEXT')), ...asker }),
  run: (context, given): Promise<Changed | Refusal> =>
    change(context, given, { do: 'release', id: given.id, reason: given.reason }),
})

export interface WorkRow extends TaskRow {
  /** Dependencies that are not done. */
  waitsFor: string[]
  /** Of the commands that changed it, latest first; where they were asked for. */
  traces?: string[]
}

export interface WorkAnswer extends Cut {
  rows: WorkRow[]
  format: 'table' | 'json' | 'csv'
}

export const workList = query({
  summary: 'Work that is claimed, and work that could be',
  params: v.strictObject({
    team: v.optional(text('only of this team', 'TEAM')),
    status: v.optional(choice('only in this status; whatever is not over unless told', 'STATUS', STATUSES)),
    claimed: flag('only what is claimed'),
    format: v.optional(choice('json is the same as --json', 'FORMAT', ['table', 'json', 'csv']), 'table'),
    showTraces: flag('ids of the latest traces in which it was changed: see trace show'),
    limit: limit(100, 'tasks'),
  }),
  async run(context, given): Promise<WorkAnswer> {
    const { state, policies } = await (await context.work()).look()
    const nowNano = nowNanoOf(context)
    const rows = [...state.present()]
      .filter((task) => (given.status === undefined ? !isOver(task.status) : task.status === given.status))
      .filter((task) => given.claimed !== true || isHeld(task, nowNano))
      .map((task): WorkRow => {
        const row = taskRow(task, policies, nowNano)
        return { ...row, waitsFor: row.dependsOn.filter((one) => state.find(one)?.status !== 'done') }
      })
      .filter((row) => given.team === undefined || row.team === given.team)
      .toSorted(
        (a, b) => Number(b.claim !== null) - Number(a.claim !== null) || (a.createdAt < b.createdAt ? -1 : 1),
      )
    const answer = cutAt(rows, given.limit)
    if (given.showTraces === true)
      for (const row of answer.rows) row.traces = await tracesOf(await context.events(), row)
    return { ...answer, format: given.format }
  },
})

/** Events of one task that are looked at, and traces that are told. */
const EVENTS_LOOKED_AT = 200
const TRACES_MAX = 5

async function tracesOf(store: EventStore, { id: task }: WorkRow): Promise<string[]> {
  const stream = `task-${task}`
  const fromVersion = Math.max(1, (await store.version(stream)) - EVENTS_LOOKED_AT + 1)
  const traces = new Set<string>()
  for await (const { meta } of store.readStream(stream, { fromVersion })) {
    if (meta?.traceId === undefined) continue
    traces.delete(meta.traceId)
    traces.add(meta.traceId)
  }
  return [...traces].toReversed().slice(0, TRACES_MAX)
}

export interface WorkAgentsAnswer extends Cut {
  rows: {
    agent: string
    teams: string[]
    /** Tasks that it has now. */
    claimed: number
    claims: number
    completed: number
    failed: number
    lastHeard: string | null
  }[]
}

export const workAgents = query({
  summary: 'Agents that work on tasks, and those that may',
  params: v.strictObject({
    team: v.optional(text('only of this team', 'TEAM')),
    limit: limit(100, 'agents'),
  }),
  async run(context, given): Promise<WorkAgentsAnswer> {
    const { state, policies } = await (await context.work()).look()
    const held = [...state.holding(nowNanoOf(context))].map(({ claim }) => claim)
    const known = [...state.teams].flatMap(([team, { members }]) =>
      [...members].map(([agent, member]) => ({ agent, team, member })),
    )
    const names = new Set([...known.map(({ agent }) => agent), ...policies.agents])
    const rows = [...names].map((agent) => {
      const own = known.filter((one) => one.agent === agent)
      const sum = (of: 'claims' | 'completed' | 'failed'): number =>
        own.reduce((all, { member }) => all + member[of], 0)
      const last = own.reduce(
        (latest, { member: { lastNano } }) => (lastNano > latest ? lastNano : latest),
        0n,
      )
      return {
        agent,
        teams: own.map(({ team }) => team),
        claimed: held.filter((claim) => claim.agent === agent).length,
        claims: sum('claims'),
        completed: sum('completed'),
        failed: sum('failed'),
        lastHeard: last === 0n ? null : isoNano(last),
      }
    })
    const asked = rows.filter(({ teams }) => given.team === undefined || teams.includes(given.team))
    return cutAt(
      asked.toSorted((a, b) => ((a.lastHeard ?? '') > (b.lastHeard ?? '') ? -1 : 1)),
      given.limit,
    )
  },
})

type Told<T> = Omit<T, 'from' | 'to'> & { from: string; to: string }
export type WorkStatsAnswer = Told<Omit<WorkStats, 'teams'>> & {
  teams: ({ team: string; claimed: number; wipLimit: number | null } & WorkFigures)[]
}

export const workStatsQuery = query({
  summary: 'Tasks per hour, success, velocity, cycle time, limits that were met',
  params: v.strictObject({ since, until }),
  async run(context, given): Promise<WorkStatsAnswer | Refusal> {
    const work = await context.work()
    const { state, policies } = await work.look()
    const nowMs = context.platform.clock.nowMs()
    const to = given.until === undefined ? nowNanoOf(context) : parseTime(given.until, nowMs)!
    const first = [...state.tasks.values()].reduce(
      (least, { createdNano }) => (createdNano < least ? createdNano : least),
      to,
    )
    const from = given.since === undefined ? first - 1n : parseTime(given.since, nowMs)!
    if (from > to)
      return refusal('BAD_PARAMETER', 'since: is later than until', 'give the earlier moment to --since')
    const stats = workStats(state, { from, to })
    return {
      ...stats,
      from: isoNano(from),
      to: isoNano(to),
      teams: stats.teams.map((team) => ({ ...team, wipLimit: wipLimitOf(policies, team.team) ?? null })),
    }
  },
})

export interface TeamsAnswer {
  /** `points`: story points of what is claimed. */
  rows: { team: string; wipLimit: number | null; capacity: number | null; claimed: number; points: number }[]
  policies: Omit<Policies, 'teams'>
}

export const teamList = query({
  summary: 'Teams, their limits and how much they work on',
  params: v.strictObject({}),
  async run(context): Promise<TeamsAnswer> {
    const { state, policies } = await (await context.work()).look()
    const held = [...state.holding(nowNanoOf(context))]
    const { teams, ...rest } = policies
    const names = [...new Set([...Object.keys(teams), ...held.map(({ claim }) => claim.team)])].toSorted()
    return {
      rows: names.map((team) => ({
        team,
        points: held
          .filter(({ claim }) => claim.team === team)
          .reduce((sum, task) => sum + (storyPointsOf(task) ?? 0), 0),
        wipLimit: wipLimitOf(policies, team) ?? null,
        capacity: teams[team]?.capacity ?? null,
        claimed: held.filter(({ claim }) => claim.team === team).length,
      })),
      policies: rest,
    }
  },
})

/** A whole number from 1 on, or `none`. */
const setting = (summary: string) =>
  v.optional(
    v.pipe(
      v.union(
        [
          v.pipe(
            v.literal('none'),
            v.transform(() => null),
          ),
          v.pipe(v.string(), v.regex(/^[1-9]\d{0,8}$/), v.transform(Number)),
          v.pipe(v.number(), v.integer(), v.minValue(1)),
        ],
        'must be a whole number from 1 on, or none',
      ),
      v.metadata({ help: { summary, value: 'N' } }),
    ),
  )

export const teamSet = query({
  summary: "Changes a team's limits, in policies.yaml",
  effect: 'writes',
  params: v.strictObject({
    team: text('name of the team', 'TEAM', 1),
    wipLimit: setting('how many tasks it may work on at a time; none for as many as there are'),
    capacity: setting('story points it may work on at a time; none for as many as there are'),
    ...asker,
  }),
  async run(context, given): Promise<{ team: string; settings: TeamPolicies } | Refusal> {
    if (!isName(given.team)) return badTeam(given.team)
    const asking = askingOf(given)
    if (isRefusal(asking)) return asking
    if (given.wipLimit === undefined && given.capacity === undefined)
      return refusal('BAD_PARAMETER', 'nothing is to be set', 'give --wip-limit N or --capacity N')
    const work = await context.work()
    const { teams } = await work.configureTeam(
      given.team,
      { wipLimit: given.wipLimit, capacity: given.capacity },
      asking,
    )
    return { team: given.team, settings: teams[given.team] ?? {} }
  },
})

/** It names a stream, and a key in a file. */
const isName = (team: string): boolean => /^[A-Za-z0-9][\w.-]{0,63}$/.test(team)

const badTeam = (team: string): Refusal => ({
  ...refusal('BAD_PARAMETER', `team: "${team}" is no name of a team`, 'take letters, digits, _ . and -'),
  parameter: 'team',
})
