import * as v from 'valibot'
import { COST_DIMENSIONS, type CostDimension, type CostFigures, costOf } from '../../projection/index.ts'
import { timeRange } from '../ledger-input.ts'
import { choice, limit, time } from '../params.ts'
import { type Cut, cutAt, query } from '../query.ts'
import { isoNano } from '../times.ts'
import { tiesIn } from './cost-ties.ts'

export interface CostAnswer extends Cut {
  by: CostDimension
  /** The days that were counted, whole ones in UTC, both included; null where there was no bound. */
  from: string | null
  to: string | null
  /** Days latest first, the others dearest first. */
  rows: CostFigures[]
  /** Of all rows, those that were cut too. */
  total: CostFigures
}

export const cost = query({
  summary: 'What work cost: money, tokens and time, and where they went',
  params: v.strictObject({
    by: v.optional(choice('a row for each', 'DIMENSION', COST_DIMENSIONS), 'day'),
    since: v.optional(time('only days from the one (in UTC) that this is in')),
    until: v.optional(time('only days to the one (in UTC) that is not over then')),
    limit: limit(50, 'rows'),
  }),
  async run(context, given): Promise<CostAnswer> {
    const model = await context.sessions()
    await model.refresh()
    const { since, until } = timeRange(context, given)
    const from = since === undefined ? null : dayOf(since)
    const to = until === undefined ? null : dayOf(until - 1n)
    const { ties } = await tiesIn(context, { teams: given.by === 'team' })
    const days = { ...(from === null ? {} : { since: from }), ...(to === null ? {} : { until: to }) }
    const { rows, total } = costOf(() => model.figures(), given.by, days, {
      ties,
      limit: given.limit + 1,
    })
    return { by: given.by, from, to, ...cutAt(rows, given.limit), total }
  },
})

const dayOf = (nanos: bigint): string => isoNano(nanos).slice(0, 10)
