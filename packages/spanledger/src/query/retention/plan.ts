import {
  decideRetention,
  type LedgerSegment,
  retainedSegments,
  type RetentionPlan,
  type RetentionRules,
} from '@spanledger/sdk/ledger'
import type { QueryContext } from '../context.ts'
import { derivedBytes } from './derived.ts'
import { type HeldIds, heldIds, holdersOf } from './holders.ts'
import { foldHolds, HOLDS_STREAM } from './holds.ts'

/** What the rules would remove now, and what holds keep of it. Reads only segments that would go, and only when something is held. */
export async function planRetention(
  context: QueryContext,
  rules: RetentionRules,
  options: { believeClock: boolean },
): Promise<RetentionPlan<LedgerSegment>> {
  const { platform, home } = context
  const derived = await derivedBytes(platform, home)
  const segments = (await retainedSegments(platform, home)).map((segment) => ({
    ...segment,
    derivedBytes: derived.get(keyOf(segment)) ?? 0,
  }))
  const events = await context.events()
  const held = await heldIds(events, await foldHolds(events.readStream(HOLDS_STREAM)))
  const holders = new Map<string, string[]>()
  const looked = new Set<string>()
  for (;;) {
    const plan = decideRetention(segments, rules, holders, platform.clock.nowMs(), options)
    const unknown = plan.remove.filter(({ segment }) => !looked.has(keyOf(segment)))
    if (held.length === 0 || unknown.length === 0) return plan
    // What is held does not go, and something else may have to in its place: it is decided again.
    for (const { segment } of unknown) await look(context, segment, held, holders, looked)
  }
}

async function look(
  { platform, home }: QueryContext,
  segment: LedgerSegment,
  held: readonly HeldIds[],
  holders: Map<string, string[]>,
  looked: Set<string>,
): Promise<void> {
  const found = await holdersOf(platform, home, segment, held)
  if (found.length > 0) holders.set(keyOf(segment), found)
  looked.add(keyOf(segment))
}

const keyOf = ({ kind, segment }: LedgerSegment): string => `${kind}/${segment}`
