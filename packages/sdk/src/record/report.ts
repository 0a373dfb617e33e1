/** Tells the host's developer what recording could not do. `part` names who: `ledger`, `otlp`, `configuration` ... */
export type Report = (part: string, problem: unknown) => void

/** Different problems told in the life of a process; later ones are not. */
const TOLD_MAX = 16

/** Each problem once, as a warning of the process: one line on standard error, which `--no-warnings` turns off. */
export function reportOnce(): Report {
  const told = new Set<string>()
  return (part, problem) => {
    const { code, message } = problem as { code?: unknown; message?: unknown }
    const text = `${part}: ${typeof message === 'string' ? message : String(problem)}`
    const key = `${part} ${typeof code === 'string' ? code : text}`
    if (told.has(key) || told.size >= TOLD_MAX) return
    told.add(key)
    process.emitWarning(text, { type: 'SpanledgerWarning', ...(typeof code === 'string' && { code }) })
  }
}
