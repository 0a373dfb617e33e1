import { parse, TomlError } from 'smol-toml'
import { SettingsError } from './errors.ts'

/** One table of ours. */
export interface TomlTable {
  path: string[]
  keys: Record<string, string>
}

const BEGIN = '# spanledger connect: these lines are removed by spanledger disconnect'
const END = '# spanledger connect: end'

/** Errors  SettingsError */
export function parseToml(file: string, text: string): Record<string, unknown> {
  try {
    return parse(text) as Record<string, unknown>
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const lines = text.split('\n').slice(0, error.line - 1)
    const offset = lines.reduce((sum, line) => sum + line.length + 1, 0) + error.column - 1
    throw new SettingsError(
      file,
      text,
      offset,
      error.message.split('\n')[0]!.replace('Invalid TOML document: ', ''),
    )
  }
}

/** Behind everything else, where tables may stand whatever comes before. */
export function addTables(text: string, tables: readonly TomlTable[]): string {
  if (tables.length === 0) return text
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  const lines = tables.flatMap(({ path, keys }) => [
    `[${path.map(keyText).join('.')}]`,
    ...Object.entries(keys).map(([key, value]) => `${keyText(key)} = ${JSON.stringify(value)}`),
  ])
  const block = [BEGIN, ...lines, END].join(eol) + eol
  return text === '' ? block : text + (text.endsWith('\n') ? '' : eol) + eol + block
}

/** The text without what addTables added. */
export function removeTables(text: string): string {
  const start = text.indexOf(BEGIN)
  const end = text.indexOf(END, start)
  if (start < 0 || end < 0) return text
  const behind = /^\r?\n?/.exec(text.slice(end + END.length))![0].length
  const before = text.slice(0, start).replace(/(\n|^)\r?\n$/, '$1')
  return before + text.slice(end + END.length + behind)
}

/** The text without the statements that say something of these tables: `[a.b.c]`, `[a.b]`, `b = ` in `[a]`, `a.b.c = `. */
export function removeStatements(text: string, paths: readonly string[][]): string {
  let table: string[] = []
  let out = ''
  for (const statement of statementsOf(text)) {
    const header = /^\s*\[\[?([^\]]+)\]/.exec(statement)?.[1]
    const key =
      header === undefined ? /^\s*((?:[\w-]+|"[^"]*"|'[^']*'|[.\s])+?)\s*=/.exec(statement)?.[1] : undefined
    if (header !== undefined) table = keysIn(header)
    const about = header !== undefined ? table : key === undefined ? undefined : [...table, ...keysIn(key)]
    const goes =
      (about !== undefined && paths.some((path) => begins(about, path))) ||
      (about === undefined && statement.trim() === '' && paths.some((path) => begins(table, path)))
    if (!goes) out += statement
  }
  return out
}

const begins = (path: readonly string[], start: readonly string[]): boolean =>
  start.every((key, i) => path[i] === key)

const keysIn = (text: string): string[] =>
  [...text.matchAll(/"([^"]*)"|'([^']*)'|([\w-]+)/g)].map(([, a, b, c]) => a ?? b ?? c!)

const keyText = (key: string): string => (/^[\w-]+$/.test(key) ? key : JSON.stringify(key))

/** Lines, those of one value together: a list or a text may go over several. */
function statementsOf(text: string): string[] {
  const statements: string[] = []
  let open = ''
  let depth = 0
  let quote = ''
  for (const line of text.split(/(?<=\n)/)) {
    open += line
    for (let at = 0; at < line.length; at++) {
      if (quote !== '') {
        if (quote.startsWith('"') && line[at] === '\\') at++
        else if (line.startsWith(quote, at)) {
          at += quote.length - 1
          quote = ''
        }
      } else if (line[at] === '#') break
      else if (line[at] === '"' || line[at] === "'") {
        const long = line[at]!.repeat(3)
        quote = line.startsWith(long, at) ? long : line[at]!
        at += quote.length - 1
      } else if (/[[{]/.test(line[at]!)) depth++
      else if (/[\]}]/.test(line[at]!)) depth--
    }
    if (quote.length === 1) quote = ''
    if (depth > 0 || quote !== '') continue
    statements.push(open)
    open = ''
    depth = 0
  }
  if (open !== '') statements.push(open)
  return statements
}
