import type { Cursor } from './cursor.ts'
import type { ScalarNode } from './node.ts'

/** Names of keys that need no quotes: a part of what YAML allows, all of what a schema or an attribute's name uses. */
const PLAIN_KEY = /[A-Za-z_][A-Za-z0-9_./-]*/y
const KEY_LENGTH_MAX = 256
/** What YAML reads as another type than text. */
const NO_TEXT = /^(?:null|true|false)$/i

/** A key, up to its colon, which is left. */
export function readKey(cursor: Cursor): string {
  const at = cursor.at
  const quoted = cursor.char() === '"' || cursor.char() === "'"
  const key = quoted ? readQuoted(cursor).text : cursor.take(PLAIN_KEY)
  if (key === undefined) cursor.refuse(...notAKey(cursor.char()), at)
  if (!quoted && NO_TEXT.test(key)) cursor.refuse(`${key} is no text`, `write "${key}"`, at)
  if (cursor.at - at > KEY_LENGTH_MAX)
    cursor.refuse(`the key is longer than ${KEY_LENGTH_MAX} characters`, 'write a shorter one', at)
  if (cursor.char() !== ':')
    cursor.refuse('a key and a colon are needed here', 'write KEY: VALUE; other characters need quotes')
  return key
}

function notAKey(char: string): [string, string] {
  if (char === '&' || char === '*') return ['anchors and aliases are not read', 'write the value out']
  if (char === '!') return ['tags are not read', 'leave the tag out']
  if (char === '-' || char === '.' || char === '%')
    return ['a key is needed here', 'one document a file, without directives: write KEY: VALUE']
  return ['a key is needed here', 'write KEY: VALUE; other characters in a key need quotes']
}

/** A value of one line outside brackets, up to the end of the line or its comment. */
export const readScalar = (cursor: Cursor): ScalarNode =>
  cursor.char() === '"' || cursor.char() === "'" ? readQuoted(cursor) : readPlain(cursor, BLOCK_PLAIN)

/** The same inside of [] and {}. */
export const readFlowScalar = (cursor: Cursor): ScalarNode =>
  cursor.char() === '"' || cursor.char() === "'" ? readQuoted(cursor) : readPlain(cursor, FLOW_PLAIN)

/** A colon ends plain text before a blank, a number sign after one. */
const BLOCK_PLAIN = /(?:(?!: |:$| #)[^\n])+/my
const FLOW_PLAIN = /(?:(?!: |:$| #)[^\n,[\]{}])+/my

function readPlain(cursor: Cursor, characters: RegExp): ScalarNode {
  const { at } = cursor
  const place = cursor.place()
  const first = cursor.char()
  const meaning = INDICATORS[first]
  if (meaning !== undefined) cursor.refuse(...meaning)
  if ('-?:'.includes(first) && /^(?:[\s,[\]{}]|$)/.test(cursor.char(1)))
    cursor.refuse(`${first} begins something else here`, 'put text in quotes, a list on lines of its own')
  const text = withoutLastBlanks(cursor.take(characters) ?? '')
  if (text === '') cursor.refuse('a value is needed here', 'write one, or "" for empty text', at)
  // What is cut off at its end are blanks, of which a comment needs one.
  cursor.at = at + text.length
  const faulty = text.includes('\t') || text.endsWith(':') || /^(?:---|\.\.\.)/.test(text)
  if (faulty || cursor.char() === ':')
    cursor.refuse('this could be read in two ways', 'put text in quotes', at)
  return { ...place, kind: 'scalar', value: plainValue(text), text }
}

/** Blanks only: YAML keeps other white space. */
function withoutLastBlanks(text: string): string {
  let end = text.length
  while (text[end - 1] === ' ') end--
  return text.slice(0, end)
}

const INDICATORS: Record<string, [string, string]> = {
  '&': ['anchors are not read', 'write the value out where it is needed'],
  '*': ['aliases are not read', 'write the value out; text that begins with * needs quotes'],
  '!': ['tags are not read', 'leave the tag out; text that begins with ! needs quotes'],
  '|': ['text of several lines is not read', 'write it on one line in double quotes, with \\n'],
  '>': ['text of several lines is not read', 'write it on one line in quotes'],
  '%': ['text cannot begin with %', 'put it in quotes'],
  '@': ['text cannot begin with @', 'put it in quotes'],
  '`': ['text cannot begin with `', 'put it in quotes'],
  ',': ['a value is needed before the comma', 'write one, or leave the comma out'],
  ']': ['a bracket closes that was not opened', 'put text in quotes'],
  '}': ['a brace closes that was not opened', 'put text in quotes'],
  '#': ['a value is needed here', 'text that begins with # needs quotes'],
}

/** YAML 1.2's core schema. */
function plainValue(text: string): ScalarNode['value'] {
  if (/^(?:~|null|Null|NULL)$/.test(text)) return null
  if (/^(?:true|True|TRUE)$/.test(text)) return true
  if (/^(?:false|False|FALSE)$/.test(text)) return false
  if (/^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$/.test(text)) return Number(text)
  if (/^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(text)) return Number(text)
  if (/^[-+]?\.(?:inf|Inf|INF)$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  if (/^\.(?:nan|NaN|NAN)$/.test(text)) return Number.NaN
  return text
}

function readQuoted(cursor: Cursor): ScalarNode {
  const place = cursor.place()
  const quote = cursor.char()
  const { at } = cursor
  cursor.at++
  const text = quote === '"' ? readDouble(cursor) : readSingle(cursor)
  if (cursor.char() !== quote)
    cursor.refuse('text in quotes must end on its line', 'close the quotes; for line ends write "\\n"', at)
  cursor.at++
  return { ...place, kind: 'scalar', value: text, text }
}

const readSingle = (cursor: Cursor): string => (cursor.take(/(?:[^'\n]|'')*/y) ?? '').replaceAll("''", "'")

function readDouble(cursor: Cursor): string {
  let text = ''
  for (;;) {
    text += cursor.take(/[^"\\\n]*/y) ?? ''
    if (cursor.char() !== '\\') return text
    const escape = cursor.take(/\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})/y)
    if (escape === undefined)
      cursor.refuse(
        'this escape is not read',
        'write \\" \\\\ \\/ \\b \\f \\n \\r \\t or \\uXXXX, or use single quotes',
      )
    // JSON's escapes, by their reader.
    text += JSON.parse(`"${escape}"`) as string
  }
}
