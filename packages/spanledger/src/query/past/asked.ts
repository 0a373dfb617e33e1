import type { QueryContext } from '../context.ts'
import { refusal, type Refusal } from '../refusal.ts'
import { isoNano, parseDuration, parseTime } from '../times.ts'

/** The state of one thing at a moment, as it is asked for. */
export interface Asked {
  id: string
  at: string
  recorded?: boolean | undefined
  limit: number
}

/** What changed between two moments, as it is asked for. */
export interface AskedDiff {
  id?: string | undefined
  from: string
  to: string
  recorded?: boolean | undefined
  limit: number
}

/**
 * A moment as somebody gave it; checked by the parameter's schema.
 *
 * beganNano  what `+1m` counts from; undefined only where `refusedMoments` refused that
 */
export const nanosAt = (context: QueryContext, given: string, beganNano: bigint | undefined): bigint =>
  given.startsWith('+')
    ? beganNano! + BigInt(parseDuration(given.slice(1))!)
    : parseTime(given, context.platform.clock.nowMs())!

/** Two moments that cannot be compared. */
export function refusedMoments(
  context: QueryContext,
  asked: Pick<AskedDiff, 'from' | 'to'>,
  beganNano: bigint | undefined,
  kind: string,
): Refusal | undefined {
  for (const name of ['from', 'to'] as const)
    if (beganNano === undefined && asked[name].startsWith('+'))
      return refusal(
        'BAD_PARAMETER',
        `${name}: "${asked[name]}" counts from a ${kind}'s start`,
        `name one: state diff ${kind} ID`,
      )
  const [from, to] = [nanosAt(context, asked.from, beganNano), nanosAt(context, asked.to, beganNano)]
  if (from <= to) return undefined
  return refusal(
    'BAD_PARAMETER',
    `from: ${isoNano(from)} is later than to: ${isoNano(to)}`,
    'give the earlier moment to --from',
  )
}

/** A thing that can be asked for, and when it began. */
export interface Known {
  id: string
  beganNano: bigint
}

/** What has a past that is told in words of its own; sessions have figures. */
export type ThingKind = 'task' | 'worktree' | 'team'

const UNKNOWN = { task: 'UNKNOWN_TASK', worktree: 'UNKNOWN_WORKTREE', team: 'UNKNOWN_TEAM' } as const

const NEAR_MAX = 5

/** The one that is meant: by its id, or the beginning of one that no other shares. */
export function named(kind: ThingKind, all: readonly Known[], given: string): Known | Refusal {
  const near = all.filter(({ id }) => id.startsWith(given))
  const exact = near.find(({ id }) => id === given)
  if (exact !== undefined || near.length === 1) return exact ?? near[0]!
  const ids = (of: readonly Known[]): string[] => of.slice(0, NEAR_MAX).map(({ id }) => id)
  return near.length > 1
    ? refusal(
        'AMBIGUOUS_ID',
        `"${given}" begins the ids of ${near.length} ${kind}s`,
        'give more of it',
        ids(near),
      )
    : refusal(UNKNOWN[kind], `there is no ${kind} "${given}"`, `see spanledger ${kind} list`, ids(all))
}

export const notYet = (kind: ThingKind, { id, beganNano }: Known, nanos: bigint): Refusal =>
  refusal(
    UNKNOWN[kind],
    `there was no ${kind} "${id}" at ${isoNano(nanos)}: it began at ${isoNano(beganNano)}`,
    'ask for a later time: --at +1m is a minute after its start',
  )
