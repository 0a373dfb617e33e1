export * from './errors.ts'
export type {
  AppendBatch,
  AppendResult,
  EventDamage,
  EventLineHead,
  EventLines,
  EventStore,
  EventStoreStats,
  ExpectedVersion,
  ReadOptions,
} from './event-store.ts'
export { parseEventLine, parseEventLines } from './event-lines.ts'
export { openEventStore } from './file-event-store.ts'
export type { EventStoreOptions } from './file-event-store.ts'
export { openSignalStore } from './file-signal-store.ts'
export type { Location, SignalBatch, SignalStore, SignalStoreStats } from './signal-store.ts'
