import type { Cursor } from './cursor.ts'
import { DEPTH_MAX, type MapEntry, type Node } from './node.ts'
import { readFlowScalar, readKey } from './scalars.ts'

/**
 * `[a, b]` and `{a: 1}`, nested, over any number of lines: JSON too.
 *
 * @param indent of the block around it: lines that follow stand further right. -1 where there is none.
 */
export function readFlow(cursor: Cursor, indent: number, depth: number): Node {
  if (depth > DEPTH_MAX) cursor.refuse(`nested deeper than ${DEPTH_MAX}`, 'write it flatter')
  const place = cursor.place()
  const opened = cursor.at
  const close = cursor.char() === '[' ? ']' : '}'
  const items: Node[] = []
  const entries: MapEntry[] = []
  cursor.at++
  for (;;) {
    space(cursor, indent)
    if (cursor.char() === close) break
    if (cursor.atEnd) cursor.refuse(`${close} is missing`, `close it with ${close}`, opened)
    if (close === ']') items.push(readValue(cursor, indent, depth))
    else entries.push(readEntry(cursor, indent, depth, entries))
    space(cursor, indent)
    if (cursor.char() === ',') cursor.at++
    else if (cursor.char() !== close)
      cursor.refuse(`a comma or ${close} is needed here`, 'put text with such characters in quotes')
  }
  cursor.at++
  return close === ']' ? { ...place, kind: 'list', items } : { ...place, kind: 'map', entries }
}

function readEntry(cursor: Cursor, indent: number, depth: number, before: readonly MapEntry[]): MapEntry {
  const place = cursor.place()
  const { at } = cursor
  const quoted = cursor.char() === '"'
  const key = readKey(cursor)
  if (before.some((entry) => entry.key === key)) cursor.refuse(`${key} is there twice`, 'leave one out', at)
  cursor.at++
  // As in JSON, a key in quotes needs no blank behind its colon.
  if (!quoted && !/[ \n]/.test(cursor.char()))
    cursor.refuse('a blank is needed after the colon', 'write KEY: VALUE')
  space(cursor, indent)
  return { ...place, key, value: readValue(cursor, indent, depth) }
}

const readValue = (cursor: Cursor, indent: number, depth: number): Node =>
  cursor.char() === '[' || cursor.char() === '{'
    ? readFlow(cursor, indent, depth + 1)
    : readFlowScalar(cursor)

/** Blanks, line ends and comments between tokens. */
function space(cursor: Cursor, indent: number): void {
  const before = cursor.at
  cursor.blanks()
  if (cursor.char() === '#' && cursor.at === before)
    cursor.refuse('a blank is needed before a comment', 'write one, or put text in quotes')
  if (cursor.char() !== '\n' && cursor.char() !== '#' && cursor.char() !== '\t') return
  cursor.settle()
  if (!cursor.atEnd && cursor.column() <= indent)
    cursor.refuse('lines within brackets must stand further right than their key', 'indent them')
}
