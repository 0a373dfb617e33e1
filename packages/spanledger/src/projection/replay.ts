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

const sessionOf = ({ stream }: Step): string => stream.slice(STREAM_PREFIX.length)

/** Folds the events of the steps' sessions once more, stopping at each step. */
export function statesAfter(all: SessionFold, steps: readonly Step[]): (SessionSummary | undefined)[] {
  const ours = steps.filter(({ stream }) => stream.startsWith(STREAM_PREFIX))
  const events = all.toldIn(new Set(ours.map(sessionOf))).toSorted((a, b) => byTime(a.told, b.told))
  let nowMs = 0
  const fold = all.with(
    () => false,
    () => nowMs,
  )
  let next = 0
  return steps.map((step) => {
    while (next < events.length && byTime(events[next]!.told, step) <= 0) {
      const { session, told } = events[next++]!
      fold.evolve(STREAM_PREFIX + session, { ...told, time: told.happened })
    }
    nowMs = millisOf(BigInt(step.happened))
    return fold.summary(sessionOf(step))
  })
}
