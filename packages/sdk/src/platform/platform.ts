import type { Compression } from './compression.ts'
import type { Files } from './files.ts'
import type { Processes } from './processes.ts'

/** Everything outside the program, handed in: so that a seed replays a crash exactly. @opaque */
export interface Platform {
  readonly clock: Clock
  /** Bytes fit for ids; the caller owns them. */
  readonly random: (bytes: number) => Uint8Array
  readonly files: Files
  readonly processes: Processes
  readonly compression: Compression
}

export interface Clock {
  /** Wall time. May go backwards: never order by it. */
  nowUnixNano(): bigint
  /** Wall time, milliseconds since 1970. */
  nowMs(): number
  /** Only ever goes forward; for durations and deadlines. */
  monotonicMs(): number
  /** Resolves after `ms`, or as soon as `signal` aborts; never rejects. Of 0: once whatever else waits had its turn. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** As `sleep`, but a process that has nothing else to do ends meanwhile. */
  rest(ms: number, signal?: AbortSignal): Promise<void>
}
