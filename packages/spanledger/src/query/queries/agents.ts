import * as v from 'valibot'
import type { AgentFigures } from '../../projection/index.ts'
import { limit } from '../params.ts'
import { type Cut, cutAt, query } from '../query.ts'

export interface AgentsAnswer extends Cut {
  /** One of each agent and version, last seen first. */
  rows: AgentFigures[]
}

export const agents = query({
  summary: 'Coding agents by version: what their sessions came to',
  params: v.strictObject({ limit: limit(50, 'agents') }),
  async run(context, given): Promise<AgentsAnswer> {
    const model = await context.sessions()
    await model.refresh()
    return cutAt(model.agents(), given.limit)
  },
})
