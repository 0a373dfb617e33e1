import type * as v from 'valibot'
import type { QueryContext } from './context.ts'
import type { ParamsSchema } from './params.ts'
import type { Refusal } from './refusal.ts'

/**
 * One question: the same for the command line, the HTTP API and agents.
 *
 * A query that `streams` answers with an AsyncIterable, one JSON value an item; the others with one JSON value.
 * A query with `effect: 'writes'` is for the command line only; where that depends on its parameters, as given, it is a function.
 */
export interface Query<Schema extends ParamsSchema = ParamsSchema, Answer = unknown> {
  summary: string
  params: Schema
  streams?: boolean
  effect?: 'writes' | ((given: Record<string, unknown>) => 'writes' | undefined)
  /** Although it writes, it makes no home where there is none. */
  creates?: false
  run(context: QueryContext, params: v.InferOutput<Schema>): Promise<Answer | Refusal>
}

/** Infers a query's types from its parts. */
export const query = <Schema extends ParamsSchema, Answer>(
  definition: Query<Schema, Answer>,
): Query<Schema, Answer> => definition

export function isWriting({ effect }: Pick<Query, 'effect'>, given: unknown): boolean {
  return (
    (typeof effect === 'function' ? effect((given ?? {}) as Record<string, unknown>) : effect) === 'writes'
  )
}

/** An answer that was cut at a limit. */
export interface Cut {
  /** True when there was more. */
  cut: boolean
  limit: number
}

/** The first `limit` of rows that were asked for with one more than that. */
export const cutAt = <Row>(rows: readonly Row[], limit: number): { rows: Row[] } & Cut => ({
  rows: rows.slice(0, limit),
  cut: rows.length > limit,
  limit,
})
