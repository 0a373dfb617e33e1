import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AnswerOf,
  isRefusal,
  isWriting,
  paramsOf,
  QUERIES,
  type QueryName,
  queryNamed,
  withZonedTimes,
} from '../query/index.ts'
import { type Complaint, ofRefusal } from './complaint.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import type { Asker, CliHost, Traced } from './host.ts'
import type { Output } from './output.ts'
import { render, renderItem } from './render.ts'
import { pacedLines, type PacedLine } from './paced.ts'
import { rebuildProgress } from './render/projections.ts'
import { TASK_COMMANDS } from './task-commands.ts'
import type { Terminal } from './terminal.ts'

const TIMER_MS_MAX = 86_400_000

export interface Asked {
  query: QueryName
  params: Record<string, unknown>
  home: string
  json: boolean
}

export interface Printer {
  out: Output
  terminal: Terminal
  complain(complaint: Complaint): ExitCode
  /** A word to a person beside the answer; nothing with --json, where the answer says it itself. */
  hint(text: string): void
  /** The one line that says how far something is, in place of the one before; where standard error is a terminal. */
  progress?: (text: string) => void
}

/** Asks one query and prints its answer: the daemon where one runs, since it has everything at hand; else in this process. */
export async function ask(
  host: CliHost,
  { query, params: typed, home, json }: Asked,
  printer: Printer,
): Promise<ExitCode> {
  const { streams, creates, ...asked } = queryNamed(query)
  // A daemon may have been started in another time zone than the one who asks is in.
  const params = withZonedTimes(QUERIES[query].params, typed, host.nowMs())
  const writes = isWriting(asked, params)
  const local = streams === true || writes
  const asker: Asker =
    (local ? undefined : await host.connect?.(home)) ??
    (await host.open(home, { create: writes && creates !== false }))
  try {
    const answer = await withProgress(query, asker, printer, () =>
      traced(host, { query, params, home, writes }, asker),
    )
    if (isRefusal(answer)) return printer.complain(ofRefusal(answer, paramsOf(QUERIES[query].params)))
    if (isStream(answer)) return await printStream(query, answer, printer, json)
    const paced = json ? undefined : pacedLines(query, answer, printer.terminal)
    if (paced !== undefined) {
      const presses = paced.some(({ wait }) => wait === 'press') ? host.presses?.() : undefined
      await printPaced(paced, presses, printer)
    } else
      await printer.out.write(json ? `${JSON.stringify(answer)}\n` : render(query, answer, printer.terminal))
    const { cut, limit } = answer as { cut?: boolean; limit?: number }
    // Trees say in their place how much was left out.
    const told = 'omitted' in (answer as object)
    if (cut === true && !told) printer.hint(`cut at ${limit}: there is more, --limit N shows it`)
    return saysFailure(answer) ? EXIT.failed : saysRepaired(answer) ? EXIT.repaired : EXIT.ok
  } finally {
    await asker.close?.()
  }
}

/** Commands about tasks are recorded, where the host records. */
function traced(
  host: CliHost,
  { query, params, home, writes }: Omit<Asked, 'json'> & { writes: boolean },
  asker: Asker,
): Promise<unknown> {
  const words = TASK_COMMANDS.find((command) => command.query === query)?.path
  if (words === undefined || host.trace === undefined) return asker.run(query, params)
  const takesCarrier = 'carrier' in QUERIES[query].params.entries
  const command = { name: words.join('.'), home, params, writes, takesCarrier }
  return host.trace(command, (given) => asker.run(query, given) as Promise<Traced>)
}

const PROGRESS_MS = 250

/** Says on a terminal how far a rebuild is, wherever it is done: asked of the same asker. */
async function withProgress(
  query: QueryName,
  asker: Asker,
  { progress }: Printer,
  work: () => Promise<unknown>,
): Promise<unknown> {
  if (query !== 'rebuild' || progress === undefined) return work()
  const done = new AbortController()
  const started = performance.now()
  const watching = (async () => {
    for (;;) {
      await sleep(PROGRESS_MS, undefined, { signal: done.signal })
      const answer = (await asker.run('projections', {})) as AnswerOf<'projections'>
      const text = rebuildProgress(answer, (performance.now() - started) / 1000)
      if (text !== undefined && !done.signal.aborted) progress(text)
    }
  })().catch(() => {})
  try {
    return await work()
  } finally {
    done.abort()
    await watching
    progress('')
  }
}

/** Waits before each line as it says; ends when nobody reads, or nobody can press Enter, any more. */
async function printPaced(
  lines: readonly PacedLine[],
  presses: AsyncIterator<unknown> | undefined,
  { out }: Printer,
): Promise<void> {
  try {
    for (const { text, wait } of lines) {
      if (wait === 'press') {
        if ((await presses?.next())?.done !== false) return
      } else {
        // In parts, since a timer takes at most 24 days.
        for (let left = wait; left > 0; left -= TIMER_MS_MAX) await sleep(Math.min(left, TIMER_MS_MAX))
      }
      if (!(await out.write(`${text}\n`))) return
    }
  } finally {
    await presses?.return?.()
  }
}

/** One item a line. */
async function printStream(
  query: QueryName,
  items: AsyncIterable<unknown>,
  { out, terminal }: Printer,
  json: boolean,
): Promise<ExitCode> {
  let failed = false
  for await (const item of items) {
    failed ||= saysFailure(item)
    if (!(await out.write(`${renderItem(query, item, json ? undefined : terminal)}\n`))) break
  }
  return failed ? EXIT.failed : EXIT.ok
}

const isStream = (answer: unknown): answer is AsyncIterable<unknown> =>
  typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer

/** `verify` found damage, `import` could not take everything. */
const saysFailure = (answer: unknown): boolean => (answer as { ok?: boolean } | null)?.ok === false

const saysRepaired = (answer: unknown): boolean =>
  (answer as { state?: unknown } | null)?.state === 'repaired'
