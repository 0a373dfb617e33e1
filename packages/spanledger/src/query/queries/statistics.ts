import * as v from 'valibot'
import { workStats, type WorkFigures } from '../../work/index.ts'
import { choice, time } from '../params.ts'
import { query } from '../query.ts'
import { refusal, type Refusal } from '../refusal.ts'
import { CONTENT_TYPES, exposition, type ExpositionFormat } from '../statistics/exposition.ts'
import { familiesOf } from '../statistics/families-of.ts'
import { type SessionStatistics, sessionStatistics } from '../statistics/session-statistics.ts'
import { isoNano, parseTime } from '../times.ts'

export interface StatisticsAnswer {
  from: string
  to: string
  sessions: SessionStatistics
  /** Tasks by status now, and what became of work in that time. */
  work: WorkFigures & { tasks: number; byStatus: Record<string, number>; claimed: number }
}

export const statistics = query({
  summary: 'Sessions and work in figures: how many, how long, how well, at what cost',
  params: v.strictObject({
    since: v.optional(time('of what began, or ended, since then'), '7d'),
  }),
  async run(context, { since }): Promise<StatisticsAnswer | Refusal> {
    const { clock } = context.platform
    const [from, to] = [parseTime(since, clock.nowMs())!, parseTime('now', clock.nowMs())!]
    if (from > to) return refusal('BAD_PARAMETER', 'since: is in the future', 'give an earlier moment')
    const model = await context.sessions()
    await model.refresh()
    const state = await (await context.work()).recorded()
    const { from: _from, to: _to, teams: _teams, ...work } = workStats(state, { from, to })
    return {
      from: isoNano(from),
      to: isoNano(to),
      sessions: sessionStatistics(model.figures(), {
        fromMs: Number(from / 1_000_000n),
        toMs: clock.nowMs(),
      }),
      work,
    }
  },
})

export interface ExpositionAnswer {
  contentType: string
  text: string
}

/** What GET /metrics answers. */
export const expositionQuery = query({
  summary: 'Everything that is counted, as Prometheus and OpenMetrics read it',
  params: v.strictObject({
    format: v.optional(choice('which text', 'FORMAT', ['prometheus', 'openmetrics']), 'prometheus'),
  }),
  async run(context, given): Promise<ExpositionAnswer> {
    const format: ExpositionFormat = given.format
    return { contentType: CONTENT_TYPES[format], text: exposition(await familiesOf(context), format) }
  },
})
