import type { HeadFields } from './event-head.ts'
import type { NewEvent, RecordedEvent } from '../model/index.ts'

/** Version the stream must be at; `none`: it must not exist yet (the same as 0); `any`: whatever it is at. */
export type ExpectedVersion = number | 'any' | 'none'

export interface AppendBatch {
  stream: string
  events: readonly NewEvent[]
  /** Default `any`. */
  expectedVersion?: ExpectedVersion
}

export interface AppendResult {
  /** Those that were not in the ledger yet. */
  appended: RecordedEvent[]
  /** How many were left out because their ids are in the ledger already. */
  duplicates: number
  /** The stream's version after it. */
  version: number
}

export interface EventStoreStats {
  /** Position of the last event. */
  position: number
  streams: number
  /** Group commits of this store: several appends may share one. */
  commits: number
  syncFailures: number
  /** Lines met that are not events although they should be. */
  damagedLines: number
  /** Torn lines and unfinished appends of dead writers that were cut off, and their bytes. */
  repairs: number
  repairedBytes: number
}

/** A line that should be an event and cannot be read. Everything else stays readable. */
export interface EventDamage {
  segment: string
  path: string
  offset: number
}

/** Where the line of an event is among the bytes it was read with, and what its first keys say. */
export interface EventLineHead extends HeadFields {
  start: number
  /** Behind its line feed. */
  end: number
}

/** Lines as they stand in the ledger. */
export interface EventLines {
  /** Of the store: overwritten by the next. */
  bytes: Buffer
  /**
   * In order, one object that is filled again for each; undefined for a line that is not that of an event. That the rest of a line is
   * whole is not known.
   */
  heads(): Iterable<EventLineHead | undefined>
}

/**
 * Streams of domain events. Any number of processes may append at once.
 *
 * Order  all events have one order, their positions; a stream's are in the order of its versions.
 */
export interface EventStore {
  /**
   * Appends events to one stream, all or nothing, in order. Events whose ids are in the ledger change nothing; when all
   * of them are, the expected version is not looked at, so that repeating an append whose answer was lost succeeds.
   *
   * Shape    0..1,000 events, each at most 1 MiB as JSON, together at most 16 MiB; a stream's name has 1..512 characters.
   * Durable  resolves after fsync.
   * Errors   ExpectedVersionConflictError, EventTooLargeError, StorageFullError, StorageSyncError, StorageFailedError,
   *          StorageBusyError, StoreClosedError: on any of these nothing is readable.
   */
  append(
    stream: string,
    events: readonly NewEvent[],
    options?: { expectedVersion?: ExpectedVersion },
  ): Promise<AppendResult>

  /**
   * Appends to many streams at the price of one. Each batch is all or nothing by itself, in the order given.
   *
   * Errors  that of the first batch that failed; the others were appended nevertheless, unless the disk was the reason.
   */
  appendMany(batches: readonly AppendBatch[]): Promise<AppendResult[]>

  /** A stream's events up to now, by version. None when there is no such stream. */
  readStream(stream: string, options?: { fromVersion?: number; limit?: number }): AsyncIterable<RecordedEvent>

  /** All events up to now, by position; `fromPosition` is the first position of interest, 1 by default. */
  readAll(options?: ReadOptions & { limit?: number }): AsyncIterable<RecordedEvent>

  /** As `readAll`, as many at a time as were read at a time: a third of the cost where all are wanted. Never an empty one. */
  readBatches(options?: ReadOptions): AsyncIterable<RecordedEvent[]>

  /** As `readBatches`, without parsing more of a line than its first keys. @internal */
  readLines(options?: { fromPosition?: number }): AsyncIterable<EventLines>

  /** Those of the ids that no event has up to now. */
  absent(ids: readonly string[]): Promise<Set<string>>

  /**
   * What is there, then what is appended by any process, each event once; ends when `signal` aborts.
   *
   * Order  by position, nothing left out between catching up and following.
   * Note   another process's event may come before its fsync is done. Should that fail, its position goes to another
   *        event, which then comes too.
   */
  subscribe(options: ReadOptions & { signal: AbortSignal }): AsyncIterable<RecordedEvent>

  /** 0 when there is no such stream. */
  version(stream: string): Promise<number>
  /** Position of the last event, 0 when there is none. */
  position(): Promise<number>
  stats(): EventStoreStats
  /** Finishes what was appended; appends after it are refused. */
  close(): Promise<void>
}

export interface ReadOptions {
  fromPosition?: number
  /** Only events of these types. */
  types?: readonly string[]
}
