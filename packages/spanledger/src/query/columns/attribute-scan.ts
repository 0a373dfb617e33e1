import { Buffer } from 'node:buffer'
import { type Attributes, plainAttributes } from '@spanledger/sdk/model'
import {
  type AttributeFilter,
  FIRST_HASH,
  hashKey,
  hashPair,
  nextHash,
  pairHashOf,
  pairSeed,
} from './attribute-filter.ts'

const ATTRS = Buffer.from('"attrs"')
const PAIRS = Buffer.from('{"$kvlist":[[')
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
    const scan = isAt(bytes, at + 1, PAIRS) ? scanPairs : scanObject
    at = scan(bytes, at + 1, filter)
    if (at === -1) return false
  }
  return true
}

const isAt = (bytes: Buffer, from: number, text: Buffer): boolean =>
  bytes.compare(text, 0, text.length, from, Math.min(from + text.length, bytes.length)) === 0

/** The rare list with a repeated key, or one that begins with `$`. Returns where it ends, -1 when it is none. */
function scanPairs(bytes: Buffer, from: number, filter: AttributeFilter): number {
  const end = skipNested(bytes, from)
  const list = end === -1 ? undefined : parsed<Attributes>(bytes.toString('utf8', from, end))
  if (list === undefined) return -1
  for (const [name, value] of Object.entries(plainAttributes(list)!)) {
    const key = hashKey(name)
    const plain = Buffer.from(typeof value === 'object' && value !== null ? COMPLEX : String(value))
    filter.add(key, hashPair(key, plain, 0, plain.length))
    addNumber(plain, 0, plain.length, key, filter)
  }
  return end
}

/** The pairs of one flat object that begins at `from`. Returns where it ends, -1 when it is none. */
function scanObject(bytes: Buffer, from: number, filter: AttributeFilter): number {
  if (bytes[from] !== OPEN) return -1
  let at = from + 1
  if (bytes[at] === CLOSE) return at + 1
  for (;;) {
    if (bytes[at] !== QUOTE) return -1
    const keyEnd = hashText(bytes, at + 1, FIRST_HASH)
    if (keyEnd === -1 || bytes[keyEnd] !== QUOTE || bytes[keyEnd + 1] !== COLON) return -1
    const key = hashed
    at = scanValue(bytes, keyEnd + 2, key, filter)
    if (at === -1) return -1
    if (bytes[at] === CLOSE) return at + 1
    if (bytes[at++] !== COMMA) return -1
  }
}

function scanValue(bytes: Buffer, from: number, key: number, filter: AttributeFilter): number {
  const first = bytes[from]
  if (first === QUOTE) {
    let end = hashText(bytes, from + 1, pairSeed(key))
    if (end === -1) return -1
    if (bytes[end] === QUOTE) {
      filter.add(key, hashed)
      if ((seen & IN_TEXTS) === 0) addNumber(bytes, from + 1, end, key, filter)
      return end + 1
    }
    // Escapes: once more, as the text it means.
    while (bytes[end] === BACKSLASH) if ((end = textEnd(bytes, end + 2)) === -1) return -1
    const text = parsed<string>(bytes.toString('utf8', from, end + 1))
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

/** What a byte of a text means to the scan; those in numbers, and in all others. */
const STOPS = 1
const IN_TEXTS = 2
const KINDS = new Uint8Array(256).fill(IN_TEXTS)
for (const character of '0123456789.eE+-_ ') KINDS[character.charCodeAt(0)] = 0
KINDS.fill(STOPS, 0, 0x20)
KINDS[QUOTE] = STOPS
KINDS[BACKSLASH] = STOPS

/** What the last `hashText` found: an object for it is a third of the scan's time. */
let hashed = 0
let seen = 0

/** As `textEnd`, and leaves the hash of the text and the kinds of its bytes: one look at each byte instead of three. */
function hashText(bytes: Buffer, from: number, seed: number): number {
  let hash = seed
  let kinds = 0
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at]!
    const kind = KINDS[byte]!
    if (kind === STOPS) {
      hashed = hash
      seen = kinds
      return byte < 0x20 ? -1 : at
    }
    kinds |= kind
    hash = nextHash(hash, byte)
  }
  return -1
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
const POINT = 0x2e

/** Numbers, and texts that SQL takes for some, are there by their value as well: `503` finds 503.0 and "5.03e2". */
function addNumber(bytes: Buffer, from: number, to: number, key: number, filter: AttributeFilter): void {
  if (to - from > NUMBER_BYTES_MAX) return
  let others = 0
  let points = 0
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!
    if (KINDS[byte] !== 0) return
    if (byte < ZERO || byte > NINE) others++
    if (byte === POINT) points++
  }
  // Most are whole numbers, or have some decimals, as they stand: no other text means the same to JavaScript.
  if (to - from <= EXACT_DIGITS) {
    const leads = bytes[from] === ZERO
    if (others === 0 && (!leads || to - from === 1)) return
    const small = leads && (bytes[from + 1] !== POINT || bytes[from + 2] === ZERO)
    const last = bytes[to - 1]
    if (others === 1 && points === 1 && bytes[from] !== POINT && last !== POINT && last !== ZERO && !small)
      return
  }
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

function parsed<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T
  } catch {
    return undefined
  }
}
