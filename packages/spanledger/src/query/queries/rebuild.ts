import * as v from 'valibot'
import type { Projection } from '../../projection/index.ts'
import type { QueryContext } from '../context.ts'
import { flag, texts } from '../params.ts'
import { query } from '../query.ts'
import { isRefusal, refusal, type Refusal } from '../refusal.ts'

export interface RebuildAnswer {
  rows: RebuiltProjection[]
  /** False where a check found that something kept differs from what the ledger says. */
  ok: boolean
}

interface RebuiltProjection {
  name: string
  unit: 'events' | 'segments'
  /** That were derived from. */
  items: number
  seconds: number
  /** Of a check: how many things were compared, and the first hundred that differ; null where it was rebuilt. */
  compared: number | null
  differing: string[] | null
}

export const rebuild = query({
  summary:
    'Derives projections anew from the ledger; questions are answered from the old ones until the new ones are there',
  params: v.strictObject({
    name: v.optional(texts('projections, or what is answered from them; all unless told', 'NAME', 1)),
    check: flag('only compares what is kept with what the ledger says, and changes nothing'),
  }),
  async run(context, given): Promise<RebuildAnswer | Refusal> {
    const check = given.check === true
    if (context.home.readOnly && !check)
      return refusal(
        'HOME_READ_ONLY',
        `${context.home.dir} cannot be written to`,
        'rebuild --check only reads',
      )
    const chosen = named(await context.projections(), given.name)
    if (isRefusal(chosen)) return chosen
    const rows: RebuiltProjection[] = []
    for (const projection of chosen) rows.push(await rebuilt(context, projection, check))
    return { rows, ok: rows.every(({ differing }) => differing === null || differing.length === 0) }
  },
})

function named(all: readonly Projection[], names: readonly string[] | undefined): Projection[] | Refusal {
  if (names === undefined || names.length === 0) return [...all]
  const chosen = new Set<Projection>()
  for (const name of names) {
    const found = all.filter((one) => one.name === name || one.answers.includes(name))
    if (found.length === 0) {
      const known = [...new Set(all.flatMap((one) => [one.name, ...one.answers]))]
      return refusal(
        'UNKNOWN_PROJECTION',
        `there is no projection "${name}"`,
        `take some of: ${known.join(', ')}`,
        known,
      )
    }
    for (const one of found) chosen.add(one)
  }
  return [...chosen]
}

async function rebuilt(
  { platform: { clock } }: QueryContext,
  projection: Projection,
  check: boolean,
): Promise<RebuiltProjection> {
  const started = clock.monotonicMs()
  const result = check ? await projection.check() : await projection.rebuild()
  const seconds = Math.round(clock.monotonicMs() - started) / 1000
  const { unit, seen } = await projection.status()
  return {
    name: projection.name,
    unit,
    items: seen,
    seconds,
    compared: result?.compared ?? null,
    differing: result?.differing ?? null,
  }
}
