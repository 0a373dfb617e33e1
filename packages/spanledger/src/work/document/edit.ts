import { Document, isCollection, isMap, isScalar, isSeq, Scalar, stringify, type Pair } from 'yaml'
import { type Json, parseTask, type Range, type TaskDocument } from './document.ts'

/** What a task's file cannot hold in the way it is written. */
export class UneditableError extends Error {
  readonly code = 'TASK_UNEDITABLE'
}

/**
 * Each edit changes the bytes of what it changes and no other: comments, quotes, unknown fields and sections, line ends
 * and a byte order mark stay as they are.
 *
 * Errors  UneditableError when the front matter is broken
 */
export function setTitle(text: string, title: string): string {
  const document = editable(text)
  if (document.title !== undefined) return splice(text, document.title, title)
  if ('title' in document.fields) return setField(text, 'title', title)
  const at = document.front?.whole.end ?? startOf(text)
  const gap = document.front === undefined ? '' : document.eol
  return splice(text, { start: at, end: at }, `${gap}# ${title}${document.eol}`)
}

/** Undefined takes the field away. */
export function setField(text: string, key: string, value: Json | undefined): string {
  const document = editable(text)
  if (document.front === undefined) return value === undefined ? text : withFrontMatter(document, key, value)
  const { start, end, yaml } = document.front
  const source = text.slice(start, end)
  const edited = editYaml(source, yaml, key, value, document.eol)
  return edited === source ? text : splice(text, { start, end }, edited)
}

/** Null takes the section away with its heading; a new one stands at the end. */
export function setSection(text: string, name: string, words: string | null): string {
  const document = editable(text)
  const { eol } = document
  const section = document.sections.find((one) => one.name === name)
  const lines = words?.trim().replaceAll(/\r?\n/g, eol)
  if (section === undefined) {
    if (lines === undefined) return text
    if (name === '') throw new UneditableError('there is no text above the first section to change')
    const gap = text === '' || text.endsWith(eol + eol) ? '' : text.endsWith(eol) ? eol : eol + eol
    return `${text}${gap}## ${name}${lines === '' ? '' : `${eol}${eol}${lines}`}${eol}`
  }
  if (lines === undefined) return splice(text, section.whole, '')
  const { body, whole } = section
  if (body.start < body.end) return splice(text, body, lines)
  if (lines === '') return text
  // Nothing but blank lines so far.
  const headEnd = text.indexOf('\n', whole.start) + 1
  if (headEnd === 0) return `${text}${eol}${eol}${lines}${eol}`
  const gap = whole.end === text.length ? '' : eol
  return splice(text, { start: headEnd, end: whole.end }, `${eol}${lines}${eol}${gap}`)
}

function editable(text: string): TaskDocument {
  const document = parseTask(text)
  if (document.broken === undefined) return document
  const { line, message } = document.broken
  throw new UneditableError(`line ${line}: ${message}`)
}

const splice = (text: string, { start, end }: Range, inserted: string): string =>
  text.slice(0, start) + inserted + text.slice(end)

const startOf = (text: string): number => (text.startsWith('\ufeff') ? 1 : 0)

function withFrontMatter({ text, title, eol }: TaskDocument, key: string, value: Json): string {
  const block = `---${eol}${line(key, value)}${eol}---${eol}`
  if (title === undefined) return splice(text, { start: startOf(text), end: startOf(text) }, block + eol)
  const lineEnd = text.indexOf('\n', title.end)
  return lineEnd < 0
    ? `${text}${eol}${eol}${block}`
    : splice(text, { start: lineEnd + 1, end: lineEnd + 1 }, `${eol}${block}`)
}

function editYaml(source: string, yaml: Document, key: string, value: Json | undefined, eol: string): string {
  const { contents } = yaml
  if (isMap(contents) && contents.flow === true) return editWhole(yaml, key, value, eol)
  const pairs = isMap(contents) ? (contents.items as Pair<Scalar>[]) : []
  const pair = pairs.find((one) => String(isScalar(one.key) ? one.key.value : one.key) === key)
  if (pair === undefined) {
    if (value === undefined) return source
    const gap = source === '' || source.endsWith('\n') ? '' : eol
    return `${source}${gap}${line(key, value)}${eol}`
  }
  const place = placeOf(source, pair)
  if (value === undefined) return splice(source, place.lines, '')
  const old = pair.value
  if (Array.isArray(value) && value.length > 0 && isSeq(old) && old.flow !== true && place.isBlock) {
    const indent = /[ \t]*$/.exec(source.slice(0, place.value.start))![0]
    const items = value.map((item) => `- ${inline(item)}`).join(`${eol}${indent}`)
    return splice(source, place.value, items + (place.endsLine ? eol : ''))
  }
  const shown = inline(value, isScalar(old) ? old.type : undefined)
  if (!place.isBlock && place.value.start < place.value.end) return splice(source, place.value, shown)
  return splice(source, { start: place.colon, end: place.value.end }, ` ${shown}${place.endsLine ? eol : ''}`)
}

/** A map in braces has no lines of its own: written anew as a whole. */
function editWhole(yaml: Document, key: string, value: Json | undefined, eol: string): string {
  if (value === undefined) yaml.delete(key)
  else yaml.set(key, value)
  return yaml.toString({ lineWidth: 0 }).replaceAll('\n', eol)
}

interface Place {
  /** Behind the colon. */
  colon: number
  value: Range
  /** All lines of the pair. */
  lines: Range
  /** The value begins or ends on another line than its key. */
  isBlock: boolean
  /** The value's range holds the end of its last line. */
  endsLine: boolean
}

function placeOf(source: string, { key, value }: Pair<Scalar>): Place {
  const keyEnd = key.range![1]
  const colon = source.indexOf(':', keyEnd) + 1
  const range = isScalar(value) || isCollection(value) ? value.range! : undefined
  const given = range === undefined ? { start: colon, end: colon } : { start: range[0], end: range[1] }
  const isEmpty = given.start >= given.end
  const start = isEmpty ? colon : given.start
  const end = isEmpty ? colon : given.end
  const endsLine = end > start && source[end - 1] === '\n'
  const lineStart = source.lastIndexOf('\n', key.range![0] - 1) + 1
  const lineEnd = endsLine ? end : source.indexOf('\n', end) + 1 || source.length
  return {
    colon,
    value: { start, end },
    lines: { start: lineStart, end: lineEnd },
    isBlock: source.slice(colon, end).includes('\n'),
    endsLine,
  }
}

const line = (key: string, value: Json): string => `${inline(key)}: ${inline(value)}`

const QUOTED = new Set<unknown>([Scalar.QUOTE_DOUBLE, Scalar.QUOTE_SINGLE])

/** YAML on one line, text in the quotes that stood there before. */
function inline(value: Json, before?: unknown): string {
  const document = new Document(value)
  if (typeof value === 'string' && isScalar(document.contents) && QUOTED.has(before))
    document.contents.type = before as Scalar.Type
  return stringify(document.contents, {
    lineWidth: 0,
    blockQuote: false,
    collectionStyle: 'flow',
    flowCollectionPadding: false,
  }).trimEnd()
}
