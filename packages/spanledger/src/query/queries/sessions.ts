import * as v from 'valibot'
import type {
  Reconciliation,
  SessionDetail,
  SessionReadModel,
  SessionSummary,
} from '../../projection/index.ts'
import { timeRange } from '../ledger-input.ts'
import { limit, text, time } from '../params.ts'
import { type Cut, query } from '../query.ts'
import { isRefusal, refusal, type Refusal } from '../refusal.ts'

export interface SessionsAnswer extends Cut {
  /** Latest start first. */
  rows: SessionSummary[]
  total: number
}

export const sessions = query({
  summary: 'Sessions of coding agents, latest first',
  params: v.strictObject({
    agent: v.optional(text('only sessions of this agent', 'NAME')),
    since: v.optional(time('only sessions heard of since then')),
    limit: limit(20, 'sessions'),
  }),
  async run(context, given): Promise<SessionsAnswer> {
    const model = await context.sessions()
    await model.refresh()
    const { since: from } = timeRange(context, { since: given.since })
    const { sessions: rows, total } = model.list({
      limit: given.limit,
      ...(given.agent === undefined ? {} : { agent: given.agent }),
      ...(from === undefined ? {} : { sinceMs: Number(from / 1_000_000n) }),
    })
    return { rows, total, cut: total > rows.length, limit: given.limit }
  },
})

export const session = query({
  summary: 'What one session did, what it cost and where the time went',
  params: v.strictObject({
    id: text('session id, the beginning of one, or "last"', 'ID', 1),
    limit: limit(500, 'activities in the tree'),
  }),
  async run(context, given): Promise<(SessionDetail & Cut) | Refusal> {
    const model = await context.sessions()
    await model.refresh()
    const found = await findSession(model, given.id, given.limit)
    return isRefusal(found) ? found : shown(found, given.limit)
  },
})

export const sessionReconcile = query({
  summary: 'Which source told which figure of a session, which was chosen, why, and how sure it is',
  params: v.strictObject({ id: text('session id, the beginning of one, or "last"', 'ID', 1) }),
  async run(context, given): Promise<Reconciliation | Refusal> {
    const model = await context.sessions()
    await model.refresh()
    const found = await findSession(model, given.id, 1)
    if (isRefusal(found)) return found
    // It was found a moment ago, and nothing is ever removed from a session.
    return (await model.reconciliation(found.id))!
  },
})

export const shown = (detail: SessionDetail, atMost: number): SessionDetail & Cut => ({
  ...detail,
  cut: detail.omitted > 0,
  limit: atMost,
})

/** asked  an id, the beginning of one, or "last" */
export async function findSession(
  model: SessionReadModel,
  asked: string,
  atMost: number,
): Promise<SessionDetail | Refusal> {
  const id = asked === 'last' ? model.list({ limit: 1 }).sessions[0]?.id : asked
  if (id === undefined)
    return refusal(
      'UNKNOWN_SESSION',
      'no session was recorded yet',
      'point an agent here: spanledger up says how',
    )
  const answer = await model.show(id, { limit: atMost })
  if (answer.found) return answer.session
  return answer.ambiguous
    ? refusal(
        'AMBIGUOUS_ID',
        `more than one session begins with "${asked}"`,
        'give more of the id',
        answer.near,
      )
    : refusal(
        'UNKNOWN_SESSION',
        `no session "${asked}" in this ledger`,
        'see which there are: spanledger sessions',
        answer.near,
      )
}
