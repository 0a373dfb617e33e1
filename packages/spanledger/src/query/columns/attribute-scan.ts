import { Buffer } from 'node:buffer'
import { type AttributeFilter, hashBytes, hashPair, pairHashOf } from './attribute-filter.ts'

const ATTRS = Buffer.from('"attrs"')
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const COMMA = 0x2c
const OPEN = 0x7b
const CLOSE = 0x7d
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d

/** What stands for every value that is a list or an object: these are compared as DuckDB writes them, which we do not imitate. */
const COMPLEX = '\0complex'
const COMPLEX_BYTES = Buffer.from(COMPLEX)

/**
 * Adds each attribute of the spans in some whole lines to a filter, without parsing them: 0.7 us a span, where JSON.parse takes 4.
 *
 * Attributes of span events get in as well, which does no harm. Returns false when a line is not in the form the ledger writes, so that
 * the filter cannot vouch for it.
 */
export function scanAttributes(bytes: Buffer, filter: AttributeFilter): boolean {
  for (let at = bytes.indexOf(ATTRS); at !== -1; at = bytes.indexOf(ATTRS, at)) {
    at += ATTRS.length
    // Inside of a text the quote before the colon is escaped: this is some value, or a key of another form.
    if (bytes[at] !== COLON) continue
    at = scanObject(bytes, at + 1, filter)
    if (at === -1) return false
  }
  return true
}

/** The pairs of one flat object that begins at `from`. Returns where it ends, -1 when it is none. */
function scanObject(bytes: Buffer, from: number, filter: AttributeFilter): number {
  if (bytes[from] !== OPEN) return -1
  let at = from + 1
  if (bytes[at] === CLOSE) return at + 1
  for (;;) {
    if (bytes[at] !== QUOTE) return -1
    const keyEnd = textEnd(bytes, at + 1)
    if (keyEnd === -1 || bytes[keyEnd] !== QUOTE || bytes[keyEnd + 1] !== COLON) return -1
    const key = hashBytes(bytes, at + 1, keyEnd)
    at = scanValue(bytes, keyEnd + 2, key, filter)
    if (at === -1) return -1
    if (bytes[at] === CLOSE) return at + 1
    if (bytes[at++] !== COMMA) return -1
  }
}

function scanValue(bytes: Buffer, from: number, key: number, filter: AttributeFilter): number {
  const first = bytes[from]
  if (first === QUOTE) {
    let end = textEnd(bytes, from + 1)
    if (end === -1) return -1
    if (bytes[end] === QUOTE) {
      filter.add(key, hashPair(key, bytes, from + 1, end))
      addNumber(bytes, from + 1, end, key, filter)
      return end + 1
    }
    // Escapes: once more, as the text it means.
    while (bytes[end] === BACKSLASH) if ((end = textEnd(bytes, end + 2)) === -1) return -1
    const text = parsed(bytes.toString('utf8', from, end + 1))
    if (text === undefined) return -1
    const plain = Buffer.from(text)
    filter.add(key, hashPair(key, plain, 0, plain.length))
    addNumber(plain, 0, plain.length, key, filter)
    return end + 1
  }
  if (first === OPEN || first === OPEN_LIST) {
    filter.add(key, hashPair(key, COMPLEX_BYTES, 0, COMPLEX_BYTES.length))
    return skipNested(bytes, from)
  }
  let end = from
  while (end < bytes.length && bytes[end] !== COMMA && bytes[end] !== CLOSE && bytes[end]! > 0x20) end++
  filter.add(key, hashPair(key, bytes, from, end))
  addNumber(bytes, from, end, key, filter)
  return end
}

/** A quote or a backslash, whichever comes first; -1 at a line's end. */
function textEnd(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (byte === QUOTE || byte === BACKSLASH) return at
    if (byte < 0x20) return -1
  }
  return -1
}

function skipNested(bytes: Buffer, from: number): number {
  let depth = 0
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (byte === QUOTE) {
      at = textEnd(bytes, at + 1)
      while (at !== -1 && bytes[at] === BACKSLASH) at = textEnd(bytes, at + 2)
      if (at === -1) return -1
    } else if (byte === OPEN || byte === OPEN_LIST) depth++
    else if (byte === CLOSE || byte === CLOSE_LIST) {
      if (--depth === 0) return at + 1
    } else if (byte < 0x20) return -1
  }
  return -1
}

/** Longer texts are no number that anybody asks for. */
const NUMBER_BYTES_MAX = 40
const EXACT_DIGITS = 15
const ZERO = 0x30
const NINE = 0x39
const IN_NUMBERS = new Uint8Array(256)
for (const character of '0123456789.eE+-_ ') IN_NUMBERS[character.charCodeAt(0)] = 1

/** Numbers, and texts that SQL takes for some, are there by their value as well: `503` finds 503.0 and "5.03e2". */
function addNumber(bytes: Buffer, from: number, to: number, key: number, filter: AttributeFilter): void {
  if (to - from > NUMBER_BYTES_MAX) return
  let others = 0
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!
    if (IN_NUMBERS[byte] === 0) return
    if (byte < ZERO || byte > NINE) others++
  }
  // Most are whole numbers, as they stand.
  if (others === 0 && (bytes[from] !== ZERO || to - from === 1) && to - from <= EXACT_DIGITS) return
  const text = bytes.toString('latin1', from, to)
  const number = numberIn(text)
  if (number === undefined || String(number) === text) return
  const value = Buffer.from(String(number), 'latin1')
  filter.add(key, hashPair(key, value, 0, value.length))
}

/** As DuckDB casts text to DOUBLE: spaces around it and underscores in it do not matter. */
function numberIn(text: string): number | undefined {
  if (!/^[\s\d_.eE+-]+$/.test(text)) return undefined
  const number = Number(text.replaceAll('_', ''))
  return Number.isFinite(number) && /\d/.test(text) ? number : undefined
}

/** What a filter has to hold, at least one of it, if some span's attribute is this value. */
export function pairsOf(key: string, value: string): ReturnType<typeof pairHashOf>[] {
  const number = Number(value)
  const isNumber = value.trim() !== '' && Number.isFinite(number)
  return [
    pairHashOf(key, value),
    pairHashOf(key, COMPLEX),
    ...(isNumber && String(number) !== value ? [pairHashOf(key, String(number))] : []),
  ]
}

function parsed(text: string): string | undefined {
  try {
    return JSON.parse(text) as string
  } catch {
    return undefined
  }
}
