import { isMap, LineCounter, parseDocument, type Document } from 'yaml'

/** JSON as it stands in front matter. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export type Fields = Record<string, Json>

/** Without those that are undefined. */
export const definedFields = (fields: Record<string, Json | undefined>): Fields =>
  Object.fromEntries(
    Object.entries(fields).filter((field): field is [string, Json] => field[1] !== undefined),
  )

/** Half open, in characters of the file's text. */
export interface Range {
  start: number
  end: number
}

interface Section {
  /** The heading's words; `Log (2)` for the second of that name; '' for what stands before the first heading. */
  name: string
  /** From its heading to the next one. */
  whole: Range
  /** What stands in it, without blank lines around. */
  body: Range
}

interface Problem {
  /** From 1. */
  line: number
  message: string
}

/** A task's file, taken apart without changing it: ranges say where everything stands. */
export interface TaskDocument {
  text: string
  eol: '\n' | '\r\n'
  title: (Range & { text: string }) | undefined
  /** The YAML between the two `---`, and the whole with them. */
  front: (Range & { whole: Range; yaml: Document }) | undefined
  fields: Fields
  sections: Section[]
  /** Where the front matter is broken; then `fields` is empty and nothing may be changed. */
  broken: Problem | undefined
}

const FENCE = /^ {0,3}(```+|~~~+)/
const HEADING = /^(#{1,2})[ \t]+(.*?)[ \t#]*$/

interface Line extends Range {
  text: string
}

/** Title first or front matter first; LF or CRLF; with or without a byte order mark. Never throws. */
export function parseTask(text: string): TaskDocument {
  const document: TaskDocument = {
    text,
    eol: /\r\n/.test(text) ? '\r\n' : '\n',
    title: undefined,
    front: undefined,
    fields: {},
    sections: [],
    broken: undefined,
  }
  const lines = linesOf(text)
  let at = skipBlank(lines, 0)
  if (lines[at]?.text !== '---') {
    at = takeTitle(document, lines, at)
    at = skipBlank(lines, at)
  }
  if (lines[at]?.text === '---') {
    at = takeFrontMatter(document, lines, at)
    if (document.title === undefined) at = takeTitle(document, lines, skipBlank(lines, at))
  } else if (document.title !== undefined) at = lines.findIndex(({ start }) => start > document.title!.end)
  takeSections(document, lines, at < 0 ? lines.length : at)
  return document
}

function linesOf(text: string): Line[] {
  const lines: Line[] = []
  for (let start = text.startsWith('\ufeff') ? 1 : 0; start < text.length;) {
    const found = text.indexOf('\n', start)
    const end = found < 0 ? text.length : found
    lines.push({ start, end: found < 0 ? end : end + 1, text: text.slice(start, end).replace(/\s+$/, '') })
    start = end + 1
  }
  return lines
}

function skipBlank(lines: readonly Line[], from: number): number {
  let at = from
  while (at < lines.length && lines[at]!.text === '') at++
  return at
}

/** The line behind the title, or `at` when there is none. */
function takeTitle(document: TaskDocument, lines: readonly Line[], at: number): number {
  const line = lines[at]
  const words = line && HEADING.exec(line.text)
  if (!words || words[1] !== '#' || words[2] === '') return at
  const start = line.start + line.text.indexOf(words[2]!, 1)
  document.title = { text: words[2]!, start, end: start + words[2]!.length }
  return at + 1
}

function takeFrontMatter(document: TaskDocument, lines: readonly Line[], at: number): number {
  const last = lines.findIndex(({ text }, i) => i > at && text === '---')
  if (last < 0) {
    document.broken = { line: at + 1, message: 'the front matter begins here and is never closed with ---' }
    return at + 1
  }
  const range = { start: lines[at]!.end, end: lines[last]!.start }
  const counter = new LineCounter()
  const yaml = parseDocument(document.text.slice(range.start, range.end), {
    lineCounter: counter,
    prettyErrors: false,
    logLevel: 'silent',
  })
  document.front = { ...range, whole: { start: lines[at]!.start, end: lines[last]!.end }, yaml }
  const broken = (offset: number, message: string): void => {
    document.broken = { line: at + 1 + Math.max(1, counter.linePos(offset).line), message }
  }
  const [error] = yaml.errors
  if (error !== undefined) broken(error.pos[0], error.message)
  else if (yaml.contents !== null && !isMap(yaml.contents)) broken(0, 'is no list of "key: value"')
  else {
    try {
      document.fields = plainFields(yaml.toJS({ maxAliasCount: 50 }) ?? {})
    } catch (cause) {
      broken(0, (cause as Error).message)
    }
  }
  return last + 1
}

/** What JSON can hold: keys as text, no NaN. */
const plainFields = (fields: unknown): Fields => JSON.parse(JSON.stringify(fields)) as Fields

function takeSections(document: TaskDocument, lines: readonly Line[], from: number): void {
  const { text, sections } = document
  const seen = new Map<string, number>()
  const open = (name: string, start: number, body: number): void => {
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    sections.push({
      name: count === 1 ? name : `${name} (${count})`,
      whole: { start, end: text.length },
      body: { start: body, end: text.length },
    })
  }
  open('', lines[from]?.start ?? text.length, lines[from]?.start ?? text.length)
  let fence: string | undefined
  for (const line of lines.slice(from)) {
    const mark = FENCE.exec(line.text)?.[1]
    if (fence !== undefined) {
      if (mark !== undefined && mark[0] === fence[0] && mark.length >= fence.length) fence = undefined
      continue
    }
    if (mark !== undefined) fence = mark
    const heading = HEADING.exec(line.text)
    if (heading === null || heading[2] === '') continue
    // A second title is as good an end of a section as a heading.
    const last = sections.at(-1)!
    last.whole.end = last.body.end = line.start
    open(heading[2]!, line.start, line.end)
  }
  for (const { body } of sections) {
    const words = text.slice(body.start, body.end)
    const lead = /^(?:[ \t]*\r?\n)*/.exec(words)![0].length
    const kept = words.trimEnd().length
    body.end = body.start + Math.max(lead, kept)
    body.start += lead
  }
  if (sections[0]!.body.start >= sections[0]!.body.end) sections.shift()
}

/** What stands in each section, line ends as \n. */
export function sectionTexts({ text, sections }: TaskDocument): Record<string, string> {
  return Object.fromEntries(
    sections.map(({ name, body }) => [name, text.slice(body.start, body.end).replaceAll('\r\n', '\n')]),
  )
}

/** The heading above all, else the front matter's `title`. */
export function titleOf({ title, fields }: TaskDocument): string | undefined {
  if (title !== undefined) return title.text
  return typeof fields['title'] === 'string' && fields['title'] !== '' ? fields['title'] : undefined
}
