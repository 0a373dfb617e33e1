import type { UnixNano } from './lines.ts'

/** What an event came from and belongs to; every field is optional. */
export interface EventMeta {
  correlationId?: string
  causationId?: string
  traceId?: string
  spanId?: string
  userId?: string
}

/**
 * A domain event before it is appended.
 *
 * id      Unique in the ledger. The same id appended again changes nothing, so whoever derives events from input that can
 *         come twice derives the id from that input (`uuidFrom` of the platform).
 * data    Any JSON value; at most 1 MiB as text.
 * schema  Which shape `data` has, where it is not the first: events stay as they were written, so readers bring older
 *         shapes up to the newest. Absent is 1.
 */
export interface NewEvent<Type extends string = string, Data = unknown> {
  event: Type
  id: string
  /** When it happened; the store's clock when absent. Never used for ordering. */
  time?: UnixNano
  data: Data
  schema?: number
  meta?: EventMeta
}

/** A domain event as it stands in the ledger. */
export interface RecordedEvent<Type extends string = string, Data = unknown> extends NewEvent<Type, Data> {
  stream: string
  /** 1, 2, 3 ... in its stream. */
  version: number
  /** 1, 2, 3 ... over all events, without a gap. */
  position: number
  time: UnixNano
  /** When the ledger took it: never before that of a lower position, whatever the clock did. Absent in lines of old. */
  recorded?: UnixNano
}
