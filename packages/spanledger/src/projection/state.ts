import type { RecordedEvent, UnixNano } from '@spanledger/sdk/model'
import { happenedAt } from './moment.ts'
import { upcast } from './upcast.ts'
import type { Observation, SessionEventName } from '../agents/index.ts'

/** One event, as the views need it. */
export interface Told {
  id: string
  event: SessionEventName
  data: Observation
  /** `happenedAt` of the event. */
  happened: UnixNano
  /** Its place in the ledger; Infinity while it has none there. */
  position: number
}

/**
 * All that was told of one session.
 *
 * A set, keyed by event id: that the order and the repetition of events cannot matter follows from that alone. What the set
 * means (which observations are of one call, whose word counts) is decided by the views, when somebody asks.
 */
export interface SessionState {
  id: string
  told: Map<string, Told>
}

/** An event of the ledger, or one on its way there. */
export type FoldedEvent = Pick<RecordedEvent, 'id' | 'event' | 'data'> &
  Partial<Pick<RecordedEvent, 'time' | 'position' | 'schema'>>

export const STREAM_PREFIX = 'session-'

export const initialState = (id: string): SessionState => ({ id, told: new Map() })

/** The one way by which events come into a fold: whatever shape they were written in, the views see the newest. */
export function toldOf(folded: FoldedEvent): Told {
  const { id, event, data, time = '0', position = Infinity } = upcast(folded)
  return {
    id,
    event: event as SessionEventName,
    data: data as Observation,
    happened: happenedAt({ time, data }),
    position,
  }
}

/** Adds the event in place and returns the state: a session may hold tens of thousands. */
export function evolve(state: SessionState, event: FoldedEvent): SessionState {
  state.told.set(event.id, toldOf(event))
  return state
}
