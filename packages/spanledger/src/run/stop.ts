import type { ChildProcess } from 'node:child_process'

/** An agent that is asked to stop writes down where it was; after that it is told, and in the end made to. */
const ESCALATION: readonly [signal: NodeJS.Signals, afterMs: number][] = [
  ['SIGINT', 0],
  ['SIGTERM', 10_000],
  ['SIGKILL', 15_000],
]

/** Ends a process once `stop` aborts, as gently as it lets us. Returns  the way to let it be */
export function endOn(stop: AbortSignal, child: Pick<ChildProcess, 'kill'>): () => void {
  let timers: NodeJS.Timeout[] = []
  const end = (): void => {
    timers = ESCALATION.map(([signal, afterMs]) => setTimeout(() => child.kill(signal), afterMs))
  }
  if (stop.aborted) end()
  else stop.addEventListener('abort', end, { once: true })
  return () => {
    stop.removeEventListener('abort', end)
    for (const timer of timers) clearTimeout(timer)
  }
}
