import type { RecordedEvent, UnixNano } from '@spanledger/sdk/model'
import { happenedAt, millisIn } from './moment.ts'
import { upcast } from './upcast.ts'
import type { Observation, SessionEventName } from '../agents/index.ts'

/**
 * One event, as the views need it.
 *
 * A class, and no literal: of each literal V8 learns whether what it makes lives long. Where a session stayed in memory once, all
 * that was told of others was made among the old from then on, and held what it points to: collecting took twice as long.
 */
export class Told {
  readonly id: string
  readonly event: SessionEventName
  readonly data: Observation
  /** `happenedAt` of the event. */
  readonly happened: UnixNano
  /** When what it tells of began and ended, in milliseconds; undefined where it does not say. Views ask for them again and again. */
  readonly start: number | undefined
  readonly end: number | undefined
  /** Its place in the ledger; Infinity while it has none there. */
  readonly position: number

  /** The one way by which events come into a fold: whatever shape they were written in, the views see the newest. */
  constructor(folded: FoldedEvent) {
    const { id, event, data, time = '0', position = Infinity } = upcast(folded)
    const observed = data as Observation
    const { startUnixNano, endUnixNano } = observed
    this.id = id
    this.event = event as SessionEventName
    this.data = observed
    this.happened = happenedAt({ time, data })
    this.start = millisIn(startUnixNano)
    this.end = endUnixNano === startUnixNano ? this.start : millisIn(endUnixNano)
    this.position = position
  }
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

/** Adds the event in place and returns the state: a session may hold tens of thousands. */
export function evolve(state: SessionState, event: FoldedEvent): SessionState {
  state.told.set(event.id, new Told(event))
  return state
}
