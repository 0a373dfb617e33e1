import { systemCode } from '../platform/index.ts'

/** Another append came first: read the stream again and decide again. Nothing was appended. */
export class ExpectedVersionConflictError extends Error {
  readonly code = 'EXPECTED_VERSION_CONFLICT'
  readonly stream: string
  readonly expected: number
  readonly actual: number
  constructor(stream: string, expected: number, actual: number) {
    super(`stream ${stream} is at version ${actual}, expected ${expected}`)
    this.name = 'ExpectedVersionConflictError'
    this.stream = stream
    this.expected = expected
    this.actual = actual
  }
}

/** One event, or one append as a whole, is larger than its limit. Nothing was appended. */
export class EventTooLargeError extends Error {
  readonly code = 'EVENT_TOO_LARGE'
  readonly stream: string
  readonly bytes: number
  readonly bytesMax: number
  /** Undefined when it is the append as a whole. */
  readonly event: string | undefined
  constructor(stream: string, bytes: number, bytesMax: number, event?: string) {
    super(`${event ?? 'an append'} to stream ${stream} has ${bytes} bytes, at most ${bytesMax} are allowed`)
    this.name = 'EventTooLargeError'
    this.stream = stream
    this.bytes = bytes
    this.bytesMax = bytesMax
    this.event = event
  }
}

/** No room on the disk. Nothing was kept; the next append tries again by itself. */
export class StorageFullError extends Error {
  readonly code = 'STORAGE_FULL'
  readonly path: string
  constructor(path: string, cause?: unknown) {
    super(`no space left on the disk for ${path}: free some, nothing else is needed`, { cause })
    this.name = 'StorageFullError'
    this.path = path
  }
}

/** The disk did not take what was written (fsync failed). Appends are refused until it is known to be safe again. */
export class StorageSyncError extends Error {
  readonly code = 'STORAGE_SYNC'
  readonly path: string
  constructor(path: string, cause?: unknown) {
    super(`the disk failed to keep ${path}: check it, appends are refused until it works again`, { cause })
    this.name = 'StorageSyncError'
    this.path = path
  }
}

/** A segment was deleted, or its folder replaced, while it was written: the cause of a StorageSyncError. */
export class SegmentGoneError extends Error {
  readonly code = 'SEGMENT_GONE'
  readonly path: string
  constructor(path: string) {
    super(`${path} was deleted or replaced while it was written`)
    this.name = 'SegmentGoneError'
    this.path = path
  }
}

/** The system refused a write for another reason: see `cause`. Nothing was kept. */
export class StorageFailedError extends Error {
  readonly code = 'STORAGE_FAILED'
  readonly path: string
  constructor(path: string, cause: unknown) {
    super(`cannot write ${path}: ${systemMessage(cause)}`, { cause })
    this.name = 'StorageFailedError'
    this.path = path
  }
}

/** More is waiting to be written than the limit allows: come back later. */
export class StorageBusyError extends Error {
  readonly code = 'STORAGE_BUSY'
  readonly queuedBytes: number
  readonly queuedBytesMax: number
  constructor(queuedBytes: number, queuedBytesMax: number) {
    super(`${queuedBytes} bytes wait to be written, at most ${queuedBytesMax} may`)
    this.name = 'StorageBusyError'
    this.queuedBytes = queuedBytes
    this.queuedBytesMax = queuedBytesMax
  }
}

/** The store was closed, or opened for reading only. */
export class StoreClosedError extends Error {
  readonly code = 'STORE_CLOSED'
  constructor(reason: 'closed' | 'read-only') {
    super(`the store is ${reason}`)
    this.name = 'StoreClosedError'
  }
}

/** Without `, open '<path>'`: a new segment's name, another one at each attempt, would make each refusal a new message. */
function systemMessage(cause: unknown): string {
  return cause instanceof Error ? cause.message.replace(/, \w+ '.*$/s, '') : String(cause)
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** What a failed write means. */
export function writeError(path: string, cause: unknown): StorageFullError | StorageFailedError {
  if (cause instanceof StorageFullError) return cause
  return FULL.has(systemCode(cause) ?? '')
    ? new StorageFullError(path, cause)
    : new StorageFailedError(path, cause)
}
