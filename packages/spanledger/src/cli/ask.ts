import { isRefusal, type QueryName, queryNamed } from '../query/index.ts'
import { type Complaint, ofRefusal } from './complaint.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import type { Asker, CliHost } from './host.ts'
import type { Output } from './output.ts'
import { render, renderItem } from './render.ts'
import type { Terminal } from './terminal.ts'

export interface Asked {
  query: QueryName
  params: unknown
  home: string
  json: boolean
}

export interface Printer {
  out: Output
  terminal: Terminal
  complain(complaint: Complaint): ExitCode
  /** A word to a person beside the answer; nothing with --json, where the answer says it itself. */
  hint(text: string): void
}

/** Asks one query and prints its answer: the daemon where one runs, since it has everything at hand; else in this process. */
export async function ask(
  host: CliHost,
  { query, params, home, json }: Asked,
  printer: Printer,
): Promise<ExitCode> {
  const { streams, effect } = queryNamed(query)
  const local = streams === true || effect === 'writes'
  const asker: Asker =
    (local ? undefined : await host.connect?.(home)) ??
    (await host.open(home, { create: effect === 'writes' }))
  try {
    const answer = await asker.run(query, params)
    if (isRefusal(answer)) return printer.complain(ofRefusal(answer))
    if (isStream(answer)) return await printStream(query, answer, printer, json)
    await printer.out.write(json ? `${JSON.stringify(answer)}\n` : render(query, answer, printer.terminal))
    const { cut, limit } = answer as { cut?: boolean; limit?: number }
    if (cut === true && !json) printer.hint(`cut at ${limit}: there is more, --limit N shows it`)
    return saysFailure(answer) ? EXIT.failed : EXIT.ok
  } finally {
    await asker.close?.()
  }
}

/** One item a line. */
async function printStream(
  query: QueryName,
  items: AsyncIterable<unknown>,
  { out, terminal }: Printer,
  json: boolean,
): Promise<ExitCode> {
  for await (const item of items) {
    if (!(await out.write(`${renderItem(query, item, json ? undefined : terminal)}\n`))) break
  }
  return EXIT.ok
}

const isStream = (answer: unknown): answer is AsyncIterable<unknown> =>
  typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer

/** `verify` found damage, `import` could not take everything. */
const saysFailure = (answer: unknown): boolean => (answer as { ok?: boolean } | null)?.ok === false
