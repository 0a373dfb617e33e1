import type { SignalKind } from '../model/index.ts'

/** Lines of one kind that are kept or refused together. */
export interface SignalBatch {
  kind: SignalKind
  /** Whole lines, at least one, each with its line feed; not to be changed until `append` has settled. */
  lines: Uint8Array
  /** How many lines. */
  count: number
  /** Id -> whole definition line with its line feed: everything the lines refer to. */
  definitions: ReadonlyMap<string, Uint8Array>
}

/** Where lines were written. After a failed fsync they may have moved to a newer segment. */
export interface Location {
  kind: SignalKind
  segment: string
  offset: number
  length: number
}

export interface SignalStoreStats {
  lines: number
  bytes: number
  /** Group commits: several appends may share one. */
  writes: number
  syncs: number
  segments: number
  /** Appends refused, by the reason. */
  refused: { full: number; sync: number; failed: number; busy: number }
  syncFailures: number
  /** Bytes written anew into another segment after a failed fsync. */
  salvagedBytes: number
  /** Waiting to be written. */
  queuedBytes: number
}

/**
 * Keeps signals. Each open store writes segments of its own, so any number of processes may.
 *
 * Order  appends of a kind stand in the ledger in the order they were called.
 */
export interface SignalStore {
  /**
   * Durable  resolves once written: survives the death of the process; fsynced within a second.
   * Errors   StorageFullError, StorageSyncError, StorageFailedError, StorageBusyError, StoreClosedError: on any of these
   *          nothing was kept, and a later append may succeed.
   */
  append(batch: SignalBatch): Promise<Location>
  /** Resolves once everything appended before is on the disk. Errors: StorageSyncError. */
  flush(): Promise<void>
  /** Writes and syncs what was appended; appends after it are refused. */
  close(): Promise<void>
  stats(): SignalStoreStats
}
