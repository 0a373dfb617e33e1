import type { UnixNano } from '@spanledger/sdk/model'
import type { SessionFold } from './fold.ts'
import { compareNano, millisOf } from './moment.ts'
import type { SessionSummary } from './session-view.ts'
import { STREAM_PREFIX } from './state.ts'

/** A moment of one stream's story. */
export interface Step {
  stream: string
  happened: UnixNano
  position: number
}

type Place = Pick<Step, 'happened' | 'position'>

/** Stories go by time; what happened at one time goes by its place in the ledger. */
export const byTime = (a: Place, b: Place): number =>
  compareNano(a.happened, b.happened) || a.position - b.position

export const sessionOf = (stream: string): string | undefined =>
  stream.startsWith(STREAM_PREFIX) ? stream.slice(STREAM_PREFIX.length) : undefined

/**
 * Events looked at for all states of one answer: 15 µs each. Where a state after every step needs more, states are told as
 * often as this allows, and after the last step.
 */
export const STATE_EVENTS_MAX = 100_000

/**
 * Folds the events of the steps' sessions once more, stopping at each step.
 *
 * all        holds these sessions, and may hold others
 * steps      of sessions, in order
 * eventsMax  of STATE_EVENTS_MAX the share of these steps
 * Undefined  where a state was left out for that
 */
export function statesAfter(
  all: SessionFold,
  steps: readonly Step[],
  eventsMax: number = STATE_EVENTS_MAX,
): (SessionSummary | undefined)[] {
  const ids = steps.map(({ stream }) => sessionOf(stream)!)
  const events = all.toldIn(new Set(ids)).toSorted((a, b) => byTime(a.told, b.told))
  let nowMs = 0
  const fold = all.with(
    () => false,
    () => nowMs,
  )
  let next = 0
  let allowance = 0
  return steps.map((step, i) => {
    while (next < events.length && byTime(events[next]!.told, step) <= 0) {
      const { session, told } = events[next++]!
      fold.hold(session, told)
    }
    nowMs = millisOf(BigInt(step.happened))
    const size = fold.size(ids[i]!)
    allowance += eventsMax / steps.length
    if (size > allowance && i < steps.length - 1) return undefined
    allowance -= size
    return fold.summary(ids[i]!)
  })
}
