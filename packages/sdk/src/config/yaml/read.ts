import { Cursor } from './cursor.ts'
import { readFlow } from './flow.ts'
import { DEPTH_MAX, type MapEntry, type Node, type Place } from './node.ts'
import { readKey, readScalar } from './scalars.ts'

export interface Section {
  value: Node | undefined
  /** The document's other keys. */
  others: ({ key: string } & Place)[]
}

/**
 * Reads one key of a YAML document, and judges nothing else of it: other keys are somebody else's, and may use all of YAML.
 *
 * What is read: maps by indentation, lists of scalars and of maps, scalars of one line, quotes, comments, [] and {} with the same;
 * JSON is such a document. Anything else is refused, so that no document ever means something else here than to a whole
 * YAML reader (read.fuzz.test.ts, with the package `yaml` as oracle). Why not that package: docs/adr/0014.
 *
 * Errors  YamlRefusedError with the place
 */
export function readSection(text: string, wanted: string): Section {
  const cursor = new Cursor(text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n'))
  refuseControlCharacters(cursor)
  skipDocumentStart(cursor)
  if (cursor.char() === '{') return inFlow(cursor, wanted)
  const section: Section = { value: undefined, others: [] }
  const seen = new Set<string>()
  while (!cursor.atEnd) {
    if (cursor.column() !== 0)
      cursor.refuse('this stands further right than its neighbours', 'begin it in column 1')
    const place = cursor.place()
    const key = readNewKey(cursor, seen)
    if (key === wanted) section.value = readAfterKey(cursor, 0, 0)
    else {
      section.others.push({ key, ...place })
      skipValue(cursor)
    }
    cursor.settle()
  }
  return section
}

function inFlow(cursor: Cursor, wanted: string): Section {
  const document = readFlow(cursor, -1, 0)
  endDocument(cursor)
  const entries = document.kind === 'map' ? document.entries : []
  return {
    value: entries.find(({ key }) => key === wanted)?.value,
    others: entries.filter(({ key }) => key !== wanted),
  }
}

/** One value by itself, such as a variable's: a scalar, or something in brackets. */
export function readValue(text: string): Node {
  const cursor = new Cursor(text)
  refuseControlCharacters(cursor)
  cursor.settle()
  const node = isBracket(cursor.char()) ? readFlow(cursor, -1, 0) : readScalar(cursor)
  endDocument(cursor)
  return node
}

function endDocument(cursor: Cursor): void {
  cursor.endLine()
  cursor.settle()
  if (!cursor.atEnd) cursor.refuse('nothing may follow the value', 'leave it out')
}

function refuseControlCharacters(cursor: Cursor): void {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  const at = cursor.text.search(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff]/)
  if (at !== -1) cursor.refuse('a control character stands here', 'remove it, or write "\\uXXXX"', at)
}

/** `---` may stand above the first key. */
function skipDocumentStart(cursor: Cursor): void {
  cursor.settle()
  if (cursor.column() === 0 && cursor.take(/---(?=[ \n]|$)/y) !== undefined) {
    cursor.endLine()
    cursor.settle()
  }
}

const isBracket = (char: string): boolean => char === '[' || char === '{'

/** The mark of a list's item: a dash before a blank or the end of the line. */
const beginsItem = (cursor: Cursor): boolean =>
  cursor.char() === '-' && (cursor.char(1) === ' ' || cursor.char(1) === '\n' || cursor.char(1) === '')

function readNewKey(cursor: Cursor, seen: Set<string>): string {
  const { at } = cursor
  const key = readKey(cursor)
  if (seen.has(key)) cursor.refuse(`${key} is there twice`, 'leave one out', at)
  seen.add(key)
  cursor.at++
  if (!/^[ \n]?$/.test(cursor.char())) cursor.refuse('a blank is needed after the colon', 'write KEY: VALUE')
  return key
}

/** The value behind `KEY:` or `-`: on the same line, or on the next ones, further right than `indent`. */
function readAfterKey(cursor: Cursor, indent: number, depth: number, inList = false): Node {
  const place = cursor.place()
  const behindKey = cursor.at
  cursor.blanks()
  const empty = cursor.char() === '' || cursor.char() === '\n' || cursor.char() === '#'
  if (!empty) {
    const value = isBracket(cursor.char()) ? readFlow(cursor, indent, depth + 1) : readScalar(cursor)
    cursor.endLine()
    cursor.settle()
    if (!cursor.atEnd && cursor.column() > indent)
      cursor.refuse(
        'this stands further right than its neighbours',
        'a value stands on one line, its keys in one column',
      )
    return value
  }
  cursor.at = behindKey
  cursor.endLine()
  cursor.settle()
  const column = cursor.column()
  if (!cursor.atEnd && column > indent) return readBlock(cursor, column, depth + 1)
  // A list may stand right under its key.
  if (!cursor.atEnd && column === indent && !inList && beginsItem(cursor))
    return readList(cursor, indent, depth + 1)
  return { ...place, kind: 'scalar', value: null, text: '' }
}

function readBlock(cursor: Cursor, indent: number, depth: number): Node {
  if (depth > DEPTH_MAX) cursor.refuse(`nested deeper than ${DEPTH_MAX}`, 'write it flatter')
  return beginsItem(cursor) ? readList(cursor, indent, depth) : readMap(cursor, indent, depth)
}

function readMap(cursor: Cursor, indent: number, depth: number): Node {
  const place = cursor.place()
  const entries: MapEntry[] = []
  const seen = new Set<string>()
  while (!cursor.atEnd && cursor.column() === indent && !beginsItem(cursor)) {
    const at = cursor.place()
    const key = readNewKey(cursor, seen)
    entries.push({ ...at, key, value: readAfterKey(cursor, indent, depth) })
    cursor.settle()
  }
  return { ...place, kind: 'map', entries: endOfBlock(cursor, indent, entries) }
}

function readList(cursor: Cursor, indent: number, depth: number): Node {
  const place = cursor.place()
  const items: Node[] = []
  while (!cursor.atEnd && cursor.column() === indent && beginsItem(cursor)) {
    cursor.at++
    items.push(readItem(cursor, indent, depth))
    cursor.settle()
  }
  return { ...place, kind: 'list', items: endOfBlock(cursor, indent, items) }
}

/** `- name: x` begins a map in the column of its first key. */
function readItem(cursor: Cursor, indent: number, depth: number): Node {
  const { at } = cursor
  cursor.blanks()
  if (cursor.take(/(?:[A-Za-z_][A-Za-z0-9_./-]*|"[^"\n]*"|'[^'\n]*'):(?=[ \n]|$)/y) !== undefined) {
    cursor.at = at
    cursor.blanks()
    return readMap(cursor, cursor.column(), depth + 1)
  }
  cursor.at = at
  return readAfterKey(cursor, indent, depth, true)
}

function endOfBlock<T>(cursor: Cursor, indent: number, members: T[]): T[] {
  if (!cursor.atEnd && cursor.column() > indent)
    cursor.refuse('this stands further right than its neighbours', 'keep the keys of one map in one column')
  return members
}

/** Up to the next key in the first column: whatever belongs to a key of the top stands further right, or is a list's item. */
function skipValue(cursor: Cursor): void {
  do {
    cursor.restOfLine()
    cursor.at++
  } while (!cursor.atEnd && (/^[ \t\n#]$/.test(cursor.char()) || beginsItem(cursor)))
}
