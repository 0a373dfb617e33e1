import { setTimeout as sleep } from 'node:timers/promises'
import type { Family } from './processes.ts'

/** An agent that is asked to stop writes down where it was; after that it is told, and in the end made to. */
const ESCALATION: readonly [signal: NodeJS.Signals, afterMs: number][] = [
  ['SIGINT', 0],
  ['SIGTERM', 10_000],
  ['SIGKILL', 15_000],
]

/** Ends a command once `stop` aborts, as gently as it lets us. Returns  the way to let it be */
export function endOn(stop: AbortSignal, family: Pick<Family, 'signal'>): () => void {
  let timers: NodeJS.Timeout[] = []
  const end = (): void => {
    timers = ESCALATION.map(([signal, afterMs]) => setTimeout(() => family.signal(signal), afterMs))
  }
  if (stop.aborted) end()
  else stop.addEventListener('abort', end, { once: true })
  return () => {
    stop.removeEventListener('abort', end)
    for (const timer of timers) clearTimeout(timer)
  }
}

const LEFT_MS_MAX = 5_000
const POLL_MS = 50

/** Ends what goes on although the command that started it was told to end, and has. */
export async function endLeft(family: Family): Promise<void> {
  if (family.present().length === 0) return
  if (!family.wasTold('SIGTERM')) family.signal('SIGTERM')
  for (let waited = 0; waited < LEFT_MS_MAX; waited += POLL_MS) {
    await sleep(POLL_MS)
    if (family.present().length === 0) return
  }
  family.signal('SIGKILL')
}
