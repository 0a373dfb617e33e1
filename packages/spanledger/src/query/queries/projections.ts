import * as v from 'valibot'
import type { ProjectionStatus } from '../../projection/index.ts'
import { query } from '../query.ts'

export interface ProjectionsAnswer {
  rows: ({ name: string; version: number; answers: readonly string[] } & ProjectionStatus)[]
}

export const projections = query({
  summary: 'What is derived from the ledger, how far it has seen it, and the proof',
  params: v.strictObject({}),
  async run(context): Promise<ProjectionsAnswer> {
    const all = await context.projections()
    return {
      rows: await Promise.all(
        all.map(async (one) => ({
          name: one.name,
          version: one.version,
          answers: one.answers,
          ...(await one.status()),
        })),
      ),
    }
  },
})
