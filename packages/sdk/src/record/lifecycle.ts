import type { Recorder } from './recorder.ts'
import { endOfProcess } from './report.ts'

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/** Several copies of the SDK may be loaded: each saves what it has, and the last one ends the process. */
const isOurs = (listener: Function): boolean => 'spanledger' in listener

/**
 * Saves what was recorded when the process ends, however it does, `kill -9` apart; returns the way to stop doing so.
 *
 * - The event loop is empty: everything is flushed, and a round later shut down, without waiting for anything that could hang.
 * - process.exit, or an exception nobody caught: what is left is written before they return.
 * - A signal to which nobody else listens: the same; then the process ends by it as it would have. Whoever else listens ends the
 *   process in their own way, and meanwhile everything is flushed without holding them up.
 */
export function attachToProcess(recorder: Recorder): () => void {
  let rounds = 0
  const onBeforeExit = (): void => {
    rounds++
    if (rounds === 1) void recorder.forceFlush()
    else if (rounds === 2) void recorder.shutdown()
  }
  const onExit = (): void => {
    endOfProcess()
    recorder.flushSync()
  }
  const onException = (): void => {
    if (process.listenerCount('uncaughtException') === 0) onExit()
  }
  const onSignal = (signal: NodeJS.Signals): void => {
    if (!process.listeners(signal).every(isOurs)) return void recorder.forceFlush()
    onExit()
    process.off(signal, onSignal)
    process.kill(process.pid, signal)
  }
  onSignal.spanledger = true
  process.on('beforeExit', onBeforeExit)
  process.on('exit', onExit)
  // Deno tells of an exception nobody caught only so; and all tell so of those that the host handles, which end nothing.
  process.on('uncaughtExceptionMonitor', onException)
  // `deno test` ends each of its files by this alone. Node has neither the function nor the event.
  const { addEventListener, removeEventListener } = globalThis as Partial<EventTarget>
  addEventListener?.call(globalThis, 'unload', onExit)
  for (const signal of SIGNALS) {
    try {
      // First, while whoever listens once is still there. Deno calls in its own order.
      process.prependListener(signal, onSignal)
    } catch {
      // A runtime that does not know this signal, or needs a permission for it, ends without.
    }
  }
  return () => {
    process.off('beforeExit', onBeforeExit)
    process.off('exit', onExit)
    process.off('uncaughtExceptionMonitor', onException)
    removeEventListener?.call(globalThis, 'unload', onExit)
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
}
