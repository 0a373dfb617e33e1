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
import { isoNano, parseDuration, parseTime } from '../times.ts'
import { findSession, shown } from './sessions.ts'
import { findTask, type TaskDetail, taskDetail } from './task-view.ts'

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

interface Asked {
  id: string
  at: string
  recorded?: boolean | undefined
  limit: number
}

interface AskedDiff {
  id?: string | undefined
  from: string
  to: string
  recorded?: boolean | undefined
  limit: number
}

/** What has a state, and how it is asked for. */
type StateAnswer = (SessionDetail & Cut) | TaskDetail
type AtMoment = (context: QueryContext, asked: Asked) => Promise<StateAnswer | Refusal>
type Between = (context: QueryContext, asked: AskedDiff) => Promise<StateDiffAnswer | Refusal>

const AT_MOMENT = { session: sessionAt, task: taskAt } as const satisfies Record<string, AtMoment>
const AT_NAMES = Object.keys(AT_MOMENT) as ['session', 'task']
const BETWEEN = { session: sessionDiff } as const satisfies Record<string, Between>
const BETWEEN_NAMES = Object.keys(BETWEEN) as ['session']

const recorded = flag('by what the ledger held at a time, instead of by what had happened')

export const state = query({
  summary: 'What was known of something at a moment',
  params: v.strictObject({
    kind: choice('of what', 'KIND', AT_NAMES, 1),
    id: text('id of a session or task, the beginning of one, or "last" for a session', 'ID', 2),
    at: moment('the moment, +1m for a minute after the session or task began'),
    recorded,
    limit: limit(500, 'activities in the tree'),
  }),
  run: async (context, given): Promise<StateAnswer | Refusal> => AT_MOMENT[given.kind](context, given),
})

export const stateDiff = query({
  summary: 'What changed between two moments',
  params: v.strictObject({
    kind: v.optional(choice('of what', 'KIND', BETWEEN_NAMES, 1), 'session'),
    id: v.optional(text('only this one: an id, the beginning of one, or "last"', 'ID', 2)),
    from: moment('the earlier moment'),
    to: v.optional(moment('the later moment'), 'now'),
    recorded,
    limit: limit(50, 'sessions'),
  }),
  run: async (context, given): Promise<StateDiffAnswer | Refusal> => BETWEEN[given.kind](context, given),
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
  const nanos = nanosOf(context, asked.at, session)
  for await (const [then] of model.past([{ nanos, recorded: asked.recorded === true }], session.id)) {
    const detail = then!.detail(session.id, asked.limit)
    if (detail) return shown(detail, asked.limit)
  }
  return notYet(session, nanos)
}

async function taskAt(context: QueryContext, asked: Asked): Promise<TaskDetail | Refusal> {
  const work = await context.work()
  const task = findTask(await work.known(), asked.id)
  if (isRefusal(task)) return task
  const nanos = asked.at.startsWith('+')
    ? task.createdNano + BigInt(parseDuration(asked.at.slice(1))!)
    : parseTime(asked.at, context.platform.clock.nowMs())!
  const past = await work.past({ nanos, recorded: asked.recorded === true })
  const then = past.find(task.id)
  if (then !== undefined) return taskDetail(past, then, await work.policies(then.place?.root), nanos)
  return refusal(
    'UNKNOWN_TASK',
    `there was no task "${task.id}" at ${isoNano(nanos)}: it began at ${isoNano(task.createdNano)}`,
    'ask for a later time: --at +1m is a minute after its start',
  )
}

async function sessionDiff(context: QueryContext, asked: AskedDiff): Promise<StateDiffAnswer | Refusal> {
  const model = await current(context)
  const session = asked.id === undefined ? undefined : await findSession(model, asked.id, 0)
  if (isRefusal(session)) return session
  for (const name of ['from', 'to'] as const)
    if (session === undefined && asked[name].startsWith('+'))
      return refusal(
        'BAD_PARAMETER',
        `${name}: "${asked[name]}" counts from a session's start`,
        'name one: state diff session ID',
      )
  const [from, to] = [nanosOf(context, asked.from, session), nanosOf(context, asked.to, session)]
  if (from > to)
    return refusal(
      'BAD_PARAMETER',
      `from: ${isoNano(from)} is later than to: ${isoNano(to)}`,
      'give the earlier moment to --from',
    )
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

/** Checked by the parameter's schema. A session's start is known to the millisecond. */
function nanosOf(context: QueryContext, given: string, session: SessionDetail | undefined): bigint {
  const nowMs = context.platform.clock.nowMs()
  if (!session || !given.startsWith('+')) return parseTime(given, nowMs)!
  return BigInt(Date.parse(session.startedAt)) * 1_000_000n + BigInt(parseDuration(given.slice(1))!)
}

const notYet = ({ id, startedAt }: SessionDetail, nanos: bigint): Refusal =>
  refusal(
    'UNKNOWN_SESSION',
    `nothing was known of session "${id}" at ${isoNano(nanos)}: it began at ${startedAt}`,
    `ask for a later time: --at +1m is a minute after its start`,
  )
