import type { QueryContext } from '../context.ts'
import { type Cut, cutAt } from '../query.ts'
import { isRefusal, type Refusal } from '../refusal.ts'
import { isoNano } from '../times.ts'
import { type AskedDiff, named, nanosAt, refusedMoments, type ThingKind } from './asked.ts'
import { changesBetween, type ThingChange, type Things } from './changes.ts'
import { KNOWN } from './known.ts'
import { tasksAsThings } from './tasks.ts'
import { teamsAsThings } from './teams.ts'
import { worktreesAt } from './worktree-history.ts'
import { worktreesAsThings } from './worktrees.ts'

/** Tasks, teams or worktrees that differ. */
export interface ThingsDiffAnswer extends Cut {
  kind: ThingKind
  from: string
  to: string
  rows: ThingChange[]
  /** How many differ. */
  total: number
}

/** All things of a kind as they were at a moment. */
const THINGS: Record<
  ThingKind,
  (context: QueryContext, moment: { nanos: bigint; recorded: boolean }) => Promise<Things>
> = {
  task: async (context, moment) => tasksAsThings(await (await context.work()).past(moment)),
  team: async (context, moment) => teamsAsThings(await (await context.work()).past(moment), moment.nanos),
  async worktree(context, moment) {
    const sessions = await context.sessions()
    await sessions.refresh()
    return worktreesAsThings(await worktreesAt(context, moment), sessions, moment.nanos)
  },
}

export async function thingsDiff(
  context: QueryContext,
  kind: ThingKind,
  asked: AskedDiff,
): Promise<ThingsDiffAnswer | Refusal> {
  const only = asked.id === undefined ? undefined : named(kind, await KNOWN[kind](context), asked.id)
  if (isRefusal(only)) return only
  const refused = refusedMoments(context, asked, only?.beganNano, kind)
  if (refused !== undefined) return refused
  const [from, to] = [
    nanosAt(context, asked.from, only?.beganNano),
    nanosAt(context, asked.to, only?.beganNano),
  ]
  const recorded = asked.recorded === true
  const before = await THINGS[kind](context, { nanos: from, recorded })
  const after = await THINGS[kind](context, { nanos: to, recorded })
  const rows = changesBetween(before, after).filter(({ id }) => only === undefined || id === only.id)
  return { kind, from: isoNano(from), to: isoNano(to), ...cutAt(rows, asked.limit), total: rows.length }
}
