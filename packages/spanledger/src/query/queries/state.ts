import * as v from 'valibot'
import {
  addGrowth,
  changesBetween,
  type Growth,
  latestFirst,
  NO_GROWTH,
  type SessionChange,
  type SessionDetail,
  type SessionReadModel,
} from '../../projection/index.ts'
import type { QueryContext } from '../context.ts'
import { choice, flag, limit, moment, text } from '../params.ts'
import { type Cut, query } from '../query.ts'
import { isRefusal, refusal, type Refusal } from '../refusal.ts'
import { type Asked, type AskedDiff, nanosAt, refusedMoments } from '../past/asked.ts'
import { taskAt, teamAt, worktreeAt } from '../past/at.ts'
import { thingsDiff, type ThingsDiffAnswer } from '../past/diff.ts'
import type { TeamView } from '../past/teams.ts'
import type { WorktreeView } from '../past/worktrees.ts'
import { isoNano } from '../times.ts'
import { findSession, shown } from './sessions.ts'
import type { TaskDetail } from './task-view.ts'

export interface StateDiffAnswer extends Cut {
  from: string
  to: string
  /** Latest start first. */
  rows: SessionChange[]
  /** Sessions that changed. */
  total: number
  /** Of all of them together. */
  sum: Growth & { started: number; completed: number; failed: number }
}

/** What has a state, and how it is asked for. */
type Kind = (typeof KINDS)[number]
const KINDS = ['session', 'task', 'worktree', 'team'] as const

type StateAnswer = (SessionDetail & Cut) | TaskDetail | WorktreeView | TeamView
type AtMoment = (context: QueryContext, asked: Asked) => Promise<StateAnswer | Refusal>
const AT_MOMENT: Record<Kind, AtMoment> = {
  session: sessionAt,
  task: taskAt,
  worktree: worktreeAt,
  team: teamAt,
}

const recorded = flag('by what the ledger held at a time, instead of by what had happened')

export const state = query({
  summary: 'What was known of something at a moment',
  params: v.strictObject({
    kind: choice('of what', 'KIND', KINDS, 1),
    id: text('id of one, or the beginning of one; "last" for a session', 'ID', 2),
    at: moment('the moment, +1m for a minute after it began'),
    recorded,
    limit: limit(500, 'activities in the tree'),
  }),
  run: async (context, given): Promise<StateAnswer | Refusal> => AT_MOMENT[given.kind](context, given),
})

export const stateDiff = query({
  summary: 'What changed between two moments',
  params: v.strictObject({
    kind: v.optional(choice('of what', 'KIND', KINDS, 1), 'session'),
    id: v.optional(text('only this one: an id, the beginning of one, or "last"', 'ID', 2)),
    from: moment('the earlier moment'),
    to: v.optional(moment('the later moment'), 'now'),
    recorded,
    limit: limit(50, 'sessions, tasks, worktrees or teams'),
  }),
  run: async (context, { kind, ...given }): Promise<StateDiffAnswer | ThingsDiffAnswer | Refusal> =>
    kind === 'session' ? sessionDiff(context, given) : thingsDiff(context, kind, given),
})

async function current(context: QueryContext): Promise<SessionReadModel> {
  const model = await context.sessions()
  await model.refresh()
  return model
}

async function sessionAt(context: QueryContext, asked: Asked): Promise<(SessionDetail & Cut) | Refusal> {
  const model = await current(context)
  const session = await findSession(model, asked.id, 0)
  if (isRefusal(session)) return session
  // A session's start is known to the millisecond.
  const nanos = nanosAt(context, asked.at, BigInt(Date.parse(session.startedAt)) * 1_000_000n)
  for await (const [then] of model.past([{ nanos, recorded: asked.recorded === true }], session.id)) {
    const detail = then!.detail(session.id, asked.limit)
    if (detail) return shown(detail, asked.limit)
  }
  return notYet(session, nanos)
}

async function sessionDiff(context: QueryContext, asked: AskedDiff): Promise<StateDiffAnswer | Refusal> {
  const model = await current(context)
  const session = asked.id === undefined ? undefined : await findSession(model, asked.id, 0)
  if (isRefusal(session)) return session
  const began = session && BigInt(Date.parse(session.startedAt)) * 1_000_000n
  const refused = refusedMoments(context, asked, began, 'session')
  if (refused !== undefined) return refused
  const [from, to] = [nanosAt(context, asked.from, began), nanosAt(context, asked.to, began)]
  const moments = [from, to].map((nanos) => ({ nanos, recorded: asked.recorded === true }))
  const found: SessionChange[] = []
  for await (const [before, after] of model.past(moments, session?.id)) {
    if (session && !after!.summary(session.id)) return notYet(session, to)
    found.push(...changesBetween(before!, after!, session?.id))
  }
  const changes = found.toSorted(latestFirst)
  const ended = (how: string): number =>
    changes.filter(({ status }) => status.to === how && status.from !== how).length
  return {
    from: isoNano(from),
    to: isoNano(to),
    rows: changes.slice(0, asked.limit),
    total: changes.length,
    sum: {
      started: changes.filter(({ status }) => status.from === null).length,
      completed: ended('completed'),
      failed: ended('failed'),
      ...changes.reduce<Growth>(addGrowth, NO_GROWTH),
    },
    cut: changes.length > asked.limit,
    limit: asked.limit,
  }
}

const notYet = ({ id, startedAt }: SessionDetail, nanos: bigint): Refusal =>
  refusal(
    'UNKNOWN_SESSION',
    `nothing was known of session "${id}" at ${isoNano(nanos)}: it began at ${startedAt}`,
    `ask for a later time: --at +1m is a minute after its start`,
  )
