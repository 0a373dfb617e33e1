import type { Lock } from '../ledger/index.ts'
import { systemCode } from '../platform/index.ts'
import type { RecordedEvent } from '../model/index.ts'
import { ExpectedVersionConflictError, StorageBusyError, writeError } from './errors.ts'
import { eventLine, recordedEvent } from './event-lines.ts'
import type { PreparedEvent } from './event-lines.ts'
import type { HeadFields } from './event-head.ts'
import type { EventLog } from './event-log.ts'
import type { AppendResult, ExpectedVersion } from './event-store.ts'

/** One group commit: several times what one fsync costs in writing. */
const GROUP_BYTES_MAX = 8 * 1024 * 1024
/** Waiting for lock and disk; beyond, appends are refused with StorageBusyError. */
const EVENT_QUEUE_BYTES_MAX = 64 * 1024 * 1024

export interface QueuedAppend {
  stream: string
  prepared: PreparedEvent[]
  bytes: number
  expectedVersion: ExpectedVersion
}

interface Queued extends QueuedAppend {
  resolve: (result: AppendResult) => void
  reject: (error: unknown) => void
}

/** What a group commit is going to write. */
interface Draft {
  text: string
  bytes: number
  heads: (HeadFields & { offset: number })[]
  versions: Map<string, number>
  ids: Set<string>
  results: { queued: Queued; result: AppendResult }[]
  recorded: bigint
}

/** Appends of this process, in the order they came: as many as wait share one lock, one write and one fsync. */
export class EventWriter {
  commits = 0
  syncFailures = 0
  readonly #log: EventLog
  readonly #lock: Lock
  readonly #exclusive: <T>(work: () => Promise<T>) => Promise<T>
  readonly #onCommit: () => void
  #queue: Queued[] = []
  #queuedBytes = 0
  #running: Promise<void> | undefined
  #swept = false

  constructor(
    log: EventLog,
    lock: Lock,
    exclusive: <T>(work: () => Promise<T>) => Promise<T>,
    onCommit: () => void,
  ) {
    this.#log = log
    this.#lock = lock
    this.#exclusive = exclusive
    this.#onCommit = onCommit
  }

  append(append: QueuedAppend): Promise<AppendResult> {
    if (this.#queuedBytes > 0 && this.#queuedBytes + append.bytes > EVENT_QUEUE_BYTES_MAX) {
      return Promise.reject(new StorageBusyError(this.#queuedBytes, EVENT_QUEUE_BYTES_MAX))
    }
    this.#queuedBytes += append.bytes
    const done = new Promise<AppendResult>((resolve, reject) =>
      this.#queue.push({ ...append, resolve, reject }),
    )
    this.#running ??= this.#run()
    return done
  }

  /** Resolves when nothing is queued or being written. */
  async idle(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    // Whoever appends in the same turn of the event loop shares the first group.
    await Promise.resolve()
    while (this.#queue.length > 0) await this.#runGroup(this.#takeGroup())
    this.#running = undefined
  }

  #takeGroup(): Queued[] {
    let bytes = 0
    let count = 0
    for (const queued of this.#queue) {
      bytes += queued.bytes
      if (count > 0 && bytes > GROUP_BYTES_MAX) break
      count++
    }
    return this.#queue.splice(0, count)
  }

  async #runGroup(group: Queued[]): Promise<void> {
    try {
      const { tookOver } = await this.#lock.acquire()
      try {
        await this.#exclusive(() => this.#commit(group, tookOver))
        if (!this.#swept) await this.#lock.sweep()
        this.#swept = true
      } finally {
        await this.#lock.release()
      }
    } catch (error) {
      const known = systemCode(error)?.startsWith('E') ? writeError(this.#log.currentPath, error) : error
      for (const { reject } of group) reject(known)
    }
    for (const { bytes } of group) this.#queuedBytes -= bytes
  }

  async #commit(group: Queued[], tookOver: boolean): Promise<void> {
    const log = this.#log
    try {
      await log.catchUp()
      await log.prepareToWrite(tookOver)
      const recorded = log.nextRecorded()
      const draft: Draft = {
        text: '',
        bytes: 0,
        heads: [],
        versions: new Map(),
        ids: new Set(),
        results: [],
        recorded,
      }
      for (const queued of group) this.#decide(queued, draft)
      if (draft.heads.length > 0) await log.append(Buffer.from(draft.text), draft.heads)
      else if (draft.results.length > 0) await log.ensureSynced()
      for (const { queued, result } of draft.results) queued.resolve(result)
    } catch (error) {
      if ((error as { code?: unknown }).code === 'STORAGE_SYNC') this.syncFailures++
      throw error
    }
    this.commits++
    this.#onCommit()
  }

  #decide(queued: Queued, draft: Draft): void {
    const { index } = this.#log
    const { stream, prepared, expectedVersion } = queued
    const actual = draft.versions.get(stream) ?? index.version(stream)
    const known = new Set<string>()
    const fresh = prepared.filter(({ event: { id } }) => {
      if (index.ids.has(id) || draft.ids.has(id) || known.has(id)) return false
      known.add(id)
      return true
    })
    const expected = expectedVersion === 'none' ? 0 : expectedVersion
    if (fresh.length > 0 && expected !== 'any' && expected !== actual) {
      queued.reject(new ExpectedVersionConflictError(stream, expected, actual))
      return
    }
    const appended: RecordedEvent[] = []
    for (const [i, one] of fresh.entries()) {
      const version = actual + i + 1
      const position = index.last + draft.heads.length + 1
      const place = { version, position, recorded: String(draft.recorded) }
      const line = eventLine(one, place, fresh.length - i - 1)
      const id = Buffer.from(one.event.id)
      draft.heads.push({ stream, version, position, id, idStart: 0, idEnd: id.length, offset: draft.bytes })
      draft.text += line
      draft.bytes += Buffer.byteLength(line)
      draft.ids.add(one.event.id)
      appended.push(recordedEvent(one, stream, place))
    }
    const version = actual + fresh.length
    draft.versions.set(stream, version)
    draft.results.push({ queued, result: { appended, duplicates: prepared.length - fresh.length, version } })
  }
}
