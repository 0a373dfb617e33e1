import { Changes, Lock } from '../ledger/index.ts'
import type { Home } from '../ledger/index.ts'
import type { Platform } from '../platform/index.ts'
import { StoreClosedError } from './errors.ts'
import { prepareEvents } from './event-lines.ts'
import { EventLog } from './event-log.ts'
import { EventReader } from './event-reader.ts'
import type { AppendBatch, AppendResult, EventDamage, EventStore } from './event-store.ts'
import { EventWriter } from './event-writer.ts'

export interface EventStoreOptions {
  /** Told of every line that should be an event and cannot be read, whenever it is met. */
  onDamage?: (damage: EventDamage) => void
  /** How often `subscribe` looks by itself, should the system not tell of changes. */
  pollMs?: number
  /** Default SEGMENT_BYTES_MAX. */
  segmentBytesMax?: number
}

interface Following {
  changes: Changes
  /** First position not handed out yet. */
  next: number
}

/**
 * The events of a home. A read-only home is only read.
 *
 * Cost    reads all that is there once, half a second for a million events, and keeps 40 bytes of each in memory.
 * Errors  SegmentNewerError; the system's.
 */
export async function openEventStore(
  platform: Platform,
  home: Home,
  options: EventStoreOptions = {},
): Promise<EventStore> {
  const onDamage = options.onDamage ?? (() => {})
  const following = new Set<Following>()
  const onTakenBack = (fromPosition: number) => {
    for (const one of following) one.next = Math.min(one.next, fromPosition)
  }
  const log = new EventLog(platform, home, { onDamage, onTakenBack }, options.segmentBytesMax)
  const reader = new EventReader(platform, home, () => log.index, onDamage)
  const lock = new Lock(platform, home, 'events.lock')
  let turn: Promise<unknown> = Promise.resolve()
  const exclusive = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work)
    turn = result.catch(() => {})
    return result
  }
  const closing = new AbortController()
  const isClosed = () => closing.signal.aborted
  const catchUp = () =>
    exclusive(async () => {
      if (isClosed()) throw new StoreClosedError('closed')
      await log.catchUp()
    })
  const writer = new EventWriter(log, lock, exclusive, () => {
    for (const { changes } of following) changes.notify()
  })
  const append = async (batch: AppendBatch): Promise<AppendResult> => {
    if (isClosed() || home.readOnly) throw new StoreClosedError(isClosed() ? 'closed' : 'read-only')
    const { prepared, bytes } = prepareEvents(batch.stream, batch.events, () => platform.clock.nowUnixNano())
    return writer.append({
      stream: batch.stream,
      prepared,
      bytes,
      expectedVersion: batch.expectedVersion ?? 'any',
    })
  }

  await catchUp()

  return {
    append: (stream, events, appendOptions = {}) => append({ stream, events, ...appendOptions }),

    async appendMany(batches) {
      const settled = await Promise.allSettled(batches.map(append))
      return settled.map((result) => {
        if (result.status === 'rejected') throw result.reason
        return result.value
      })
    },

    async *readStream(stream, { fromVersion = 1, limit = Infinity } = {}) {
      await catchUp()
      let left = limit
      const positions = log.index.positionsOf(stream, log.index.version(stream) - fromVersion + 1)
      for await (const event of reader.read(positions)) {
        if (event.version < fromVersion) continue
        if (left-- <= 0) return
        yield event
      }
    },

    async *readAll({ fromPosition = 1, types, limit = Infinity } = {}) {
      await catchUp()
      let left = limit
      if (left <= 0) return
      for await (const event of reader.read(
        range(Math.max(fromPosition, log.index.first), log.index.last),
        types,
      )) {
        yield event
        if (--left <= 0) return
      }
    },

    async *readBatches({ fromPosition = 1, types } = {}) {
      await catchUp()
      yield* reader.readBatches(range(Math.max(fromPosition, log.index.first), log.index.last), types)
    },

    async *readLines({ fromPosition = 1 } = {}) {
      await catchUp()
      yield* reader.readLines(range(Math.max(fromPosition, log.index.first), log.index.last))
    },

    async absent(ids) {
      await catchUp()
      return new Set(ids.filter((id) => !log.index.ids.has(id)))
    },

    async *subscribe({ fromPosition = 1, types, signal }) {
      const changes = new Changes(platform, home.segments.events, options.pollMs)
      const one: Following = { changes, next: fromPosition }
      following.add(one)
      try {
        while (!signal.aborted && !isClosed()) {
          await catchUp()
          const { first, last } = log.index
          const from = Math.max(one.next, first)
          one.next = Math.max(one.next, last + 1)
          for await (const event of reader.read(range(from, last), types)) {
            yield event
            if (signal.aborted) return
          }
          await changes.wait(signal)
        }
      } finally {
        following.delete(one)
        changes.close()
      }
    },

    async version(stream) {
      await catchUp()
      return log.index.version(stream)
    },

    async position() {
      await catchUp()
      return log.index.last
    },

    stats: () => ({
      position: log.index.last,
      streams: log.index.streams,
      commits: writer.commits,
      syncFailures: writer.syncFailures,
      damagedLines: log.damagedLines,
      repairs: log.repairs,
      repairedBytes: log.repairedBytes,
    }),

    async close() {
      if (isClosed()) return
      closing.abort()
      for (const { changes } of following) changes.notify()
      await writer.idle()
      await exclusive(() => log.close())
      await lock.close()
    },
  } satisfies EventStore
}

function* range(from: number, to: number): Generator<number, void, void> {
  for (let position = from; position <= to; position++) yield position
}
