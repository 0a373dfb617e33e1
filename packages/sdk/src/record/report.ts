import { writeSync } from 'node:fs'

let isEnding = false

/** From now on warnings are written at once: the process ends, and its own are printed only when the event loop turns again. */
export function endOfProcess(): void {
  isEnding = true
}

/** A warning of the process, unless nobody listens to them, as with `--no-warnings`. @internal */
export function emitWarning(text: string, type: string, code?: string): void {
  if (!isEnding) return process.emitWarning(text, { type, ...(code !== undefined && { code }) })
  if (process.listenerCount('warning') === 0) return
  try {
    writeSync(2, `(spanledger:${process.pid}) ${type}: ${text}\n`)
  } catch {
    // Standard error is closed, or full and not waited for.
  }
}

/** Tells the host's developer what recording could not do. `part` names who: `ledger`, `otlp`, `configuration` ... */
export type Report = (part: string, problem: unknown) => void

/** Different problems told in the life of a process; later ones are not. */
const TOLD_MAX = 16

/** Each problem once, as a warning of the process: one line on standard error, which `--no-warnings` turns off. @internal */
export function reportOnce(): Report {
  const told = new Set<string>()
  return (part, problem) => {
    const { code, message } = problem as { code?: unknown; message?: unknown }
    const name = typeof code === 'string' ? code : undefined
    const text = `${part}: ${typeof message === 'string' ? message : String(problem)}`
    const key = `${part} ${name ?? text}`
    if (told.has(key) || told.size >= TOLD_MAX) return
    told.add(key)
    emitWarning(text, 'SpanledgerWarning', name)
  }
}
