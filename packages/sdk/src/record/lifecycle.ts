import type { Recorder } from './recorder.ts'
import { endOfProcess } from './report.ts'

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/**
 * Saves what was recorded when the process ends, however it does, `kill -9` apart; returns the way to stop doing so.
 *
 * - The event loop is empty: everything is flushed; when nothing was recorded until it is empty again, all is shut down. What comes after
 *   that, from listeners of exit, is written as below.
 * - process.exit, or an exception nobody caught: what is left is written before they return.
 * - A signal to which nobody else listens: the same; then the process ends by it as it would have. Whoever else listens ends the
 *   process in their own way, and meanwhile everything is flushed without holding them up.
 */
export function attachToProcess(recorder: Recorder): () => void {
  const { clock } = recorder
  /** When all that was recorded had been flushed: each span and log record reads the clock. */
  let saved = -1
  let isOver = false
  const onBeforeExit = (): void => {
    if (isOver) return
    isOver = clock.nanos === saved
    void recorder[isOver ? 'shutdown' : 'forceFlush']().then(() => {
      saved = clock.nanos
      recorder.recording ||= isOver
    })
  }
  const onExit = (): void => {
    endOfProcess()
    if (!isOver || clock.nanos !== saved) recorder.flushSync()
  }
  const onThrow = (): void => {
    if (process.listenerCount('uncaughtException') === 0) onExit()
  }
  const onSignal = (signal: NodeJS.Signals): void => {
    // Of several copies of the SDK each saves what it has, and the last one ends the process.
    if (!process.listeners(signal).every((one) => 'spanledger' in one)) return void recorder.forceFlush()
    onExit()
    process.off(signal, onSignal)
    process.kill(process.pid, signal)
  }
  onSignal.spanledger = true
  process.on('beforeExit', onBeforeExit)
  process.on('exit', onExit)
  // Deno tells of an exception nobody caught only so; and all tell so of those that the host handles, which end nothing.
  process.on('uncaughtExceptionMonitor', onThrow)
  // `deno test` ends each of its files by this alone. Node has neither the function nor the event.
  const target = globalThis as Partial<EventTarget>
  target.addEventListener?.('unload', onExit)
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
    process.off('uncaughtExceptionMonitor', onThrow)
    target.removeEventListener?.('unload', onExit)
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
}
