import type { RecordedEvent } from '@spanledger/sdk/model'
import type { Observation, SessionEventName } from '../agents/index.ts'

/** One event, as the views need it. */
export interface Told {
  id: string
  event: SessionEventName
  data: Observation
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

export const STREAM_PREFIX = 'session-'

export const initialState = (id: string): SessionState => ({ id, told: new Map() })

/** Adds the event in place and returns the state: a session may hold tens of thousands. */
export function evolve(
  state: SessionState,
  event: Pick<RecordedEvent, 'id' | 'event' | 'data'>,
): SessionState {
  const data = event.data as Observation
  state.told.set(event.id, { id: event.id, event: event.event as SessionEventName, data })
  return state
}
