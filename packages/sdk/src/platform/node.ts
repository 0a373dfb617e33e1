import { randomBytes } from 'node:crypto'
import { nodeCompression } from './node-compression.ts'
import { nodeFiles } from './node-files.ts'
import { nodeProcesses } from './node-processes.ts'
import type { Clock, Platform } from './platform.ts'

/** Node >= 20.19, and whatever offers its built-in modules: Bun, Deno. One is enough for a process. */
export function nodePlatform(): Platform {
  return {
    clock: nodeClock(),
    random: randomBytes,
    files: nodeFiles,
    processes: nodeProcesses(),
    compression: nodeCompression,
  }
}

function nodeClock(): Clock {
  return {
    nowUnixNano: nanoClock(),
    nowMs: Date.now,
    monotonicMs: () => performance.now(),
    sleep: (ms, signal) => (ms > 0 ? pause(ms, signal, (timer) => timer) : turn()),
    rest: (ms, signal) => pause(ms, signal, (timer) => timer.unref()),
  }
}

/** A timer of no time takes a millisecond: a tenth of a long fold that lets others have their turn every ten. */
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

function pause(
  ms: number,
  signal: AbortSignal | undefined,
  started: (timer: NodeJS.Timeout) => NodeJS.Timeout,
): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = started(setTimeout(done, ms))
    signal?.addEventListener('abort', done)
  })
}

/**
 * Date.now tells milliseconds only, the high resolution clock knows no date and ignores corrections: so the second is
 * anchored to the first, and anew whenever they part by more than this.
 */
const DRIFT_MAX_MS = 2

function nanoClock(): () => bigint {
  let anchorMs = Date.now()
  let anchorMonotonicMs = performance.now()
  return () => {
    const elapsedMs = performance.now() - anchorMonotonicMs
    const wallMs = Date.now()
    if (Math.abs(anchorMs + elapsedMs - wallMs) <= DRIFT_MAX_MS) {
      return BigInt(anchorMs) * 1_000_000n + BigInt(Math.round(elapsedMs * 1e6))
    }
    anchorMs = wallMs
    anchorMonotonicMs = performance.now()
    return BigInt(wallMs) * 1_000_000n
  }
}
