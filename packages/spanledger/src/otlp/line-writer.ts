import type { Redactor } from '@spanledger/sdk/redact'
import { digits, nine, three } from './digits.ts'
import { BUFFER_BYTES_KEPT, LINE_BYTES_MAX } from './limits.ts'
import { MalformedOtlpError } from './malformed.ts'
import { utf8Length } from './wire.ts'

/** Thrown while a line grows beyond LINE_BYTES_MAX, caught where records are counted. */
export const LINE_TOO_LONG = new Error('line too long')

/** ASCII text that is written again and again. */
export const literal = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'))

const HEX = literal('0123456789abcdef')

/** The letter after the backslash; 0 for `u00xx`. */
const ESCAPES = new Uint8Array(128)
for (const [char, letter] of ['""', '\\\\', '\bb', '\tt', '\nn', '\ff', '\rr'])
  ESCAPES[char!.charCodeAt(0)] = letter!.charCodeAt(0)

/** What needs more than copying, by byte. */
const KIND_ESCAPE = 1
const KIND_HIGH = 2
const KIND_TRIGGER = 3

/** Bytes of one string between two looks at the capacity. */
const STRING_STEP = 64 * 1024

const DOUBLE_NAN = literal('{"$double":"NaN"}')
const DOUBLE_INFINITY = literal('{"$double":"Infinity"}')
const DOUBLE_MINUS_INFINITY = literal('{"$double":"-Infinity"}')
const INT = literal('{"$int":"')
const QUOTE_BRACE = literal('"}')

/**
 * Writes ledger JSON into one buffer that grows and is used again. Strings are checked to be UTF-8, escaped and redacted
 * in the loop that copies them: looking for secrets there adds 0.1 to 0.2 ns to the 2.9 ns a byte that copying and
 * escaping take (2.6 GHz, 11 kB strings), where a pass of its own takes 1.5 ns.
 */
export class LineWriter {
  bytes = new Uint8Array(1024 * 1024)
  length = 0
  /** Places replaced so far. */
  redacted = 0
  /** Where `length` may go in the current line. */
  limit = LINE_BYTES_MAX
  readonly #redactor: Redactor
  readonly #special: Uint8Array
  readonly #grams: Int32Array
  readonly #multiplier: number
  readonly #shift: number
  readonly #scansAll: boolean

  constructor(redactor: Redactor) {
    this.#redactor = redactor
    const { grams, multiplier, shift, aloneBytes } = redactor.prefilter
    this.#grams = grams
    this.#multiplier = multiplier
    this.#shift = shift
    this.#scansAll = redactor.scans === 'all'
    this.#special = Uint8Array.from({ length: 256 }, (_, byte) => {
      if (byte >= 0x80) return KIND_HIGH
      if (byte < 0x20 || byte === 0x22 || byte === 0x5c) return KIND_ESCAPE
      return aloneBytes[byte] === 1 ? KIND_TRIGGER : 0
    })
  }

  /** The lines so far, in memory of their own; the writer begins anew. */
  take(): Uint8Array {
    const taken = this.bytes.slice(0, this.length)
    this.reset()
    return taken
  }

  reset(): void {
    if (this.bytes.length > BUFFER_BYTES_KEPT) this.bytes = new Uint8Array(1024 * 1024)
    this.length = 0
    this.redacted = 0
    this.limit = LINE_BYTES_MAX
  }

  beginLine(): void {
    this.limit = this.length + LINE_BYTES_MAX
  }

  /** To be called once for whatever repeats: a line cannot pass its limit by more than one string. */
  checkLimit(): void {
    if (this.length > this.limit) throw LINE_TOO_LONG
  }

  reserve(count: number): void {
    const needed = this.length + count
    if (needed <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2))
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
  }

  byte(byte: number): void {
    if (this.length === this.bytes.length) this.reserve(1)
    this.bytes[this.length++] = byte
  }

  ascii(text: Uint8Array): void {
    const count = text.length
    this.reserve(count)
    const { bytes, length } = this
    for (let i = 0; i < count; i++) bytes[length + i] = text[i]!
    this.length = length + count
  }

  raw(text: Uint8Array): void {
    this.reserve(text.length)
    this.bytes.set(text, this.length)
    this.length += text.length
  }

  asciiText(text: string): void {
    this.reserve(text.length)
    const { bytes } = this
    let at = this.length
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i)
    this.length = at
  }

  /** A JSON string of UTF-8 source[start, end), redacted. */
  string(source: Uint8Array, start: number, end: number): void {
    const begin = this.length
    const special = this.#special
    const grams = this.#grams
    const multiplier = this.#multiplier
    const shift = this.#shift
    this.reserve(Math.min(end - start, STRING_STEP) * 6 + 16)
    let out = this.bytes
    let at = begin
    out[at++] = 0x22
    let found = 0
    let window = 0
    let i = start
    for (;;) {
      const stop = Math.min(end, i + STRING_STEP)
      while (i < stop) {
        const byte = source[i]!
        const kind = special[byte]!
        if (kind !== 0) {
          if (kind === KIND_HIGH) {
            const count = utf8Length(source, i, end)
            if (count === 0) throw new MalformedOtlpError(`byte ${i}`, 'a string that is not UTF-8')
            for (let k = 0; k < count; k++) out[at++] = source[i++]!
            window = 0
            continue
          }
          if (kind === KIND_ESCAPE) at = escape(out, at, byte)
          else {
            found |= this.#redactor.prefilter.rulesAt(source, start, end, i)
            out[at++] = byte
          }
        } else out[at++] = byte
        window = ((window << 8) | byte | 32) & 0xffffff
        if (grams[Math.imul(window, multiplier) >>> shift] === window) {
          found |= this.#redactor.prefilter.rulesAt(source, start, end, i)
        }
        i++
      }
      if (i >= end) break
      this.length = at
      this.checkLimit()
      this.reserve(STRING_STEP * 6 + 16)
      out = this.bytes
    }
    out[at++] = 0x22
    this.length = at
    if (found !== 0 || this.#scansAll) this.#redact(source, start, end, begin, found)
  }

  #redact(source: Uint8Array, start: number, end: number, begin: number, found: number): void {
    const result = this.#redactor.redactBytes(source, start, end, found)
    if (result === undefined) return
    this.length = begin
    this.redacted += result.count
    this.text(result.text)
  }

  /** A JSON string of text that needs no redaction. */
  text(text: string): void {
    this.raw(Buffer.from(JSON.stringify(text), 'utf8'))
  }

  /** source[start, end) as lower-case hex digits, without quotes. */
  hex(source: Uint8Array, start: number, end: number): void {
    this.reserve((end - start) * 2)
    const { bytes } = this
    let at = this.length
    for (let i = start; i < end; i++) {
      const byte = source[i]!
      bytes[at] = HEX[byte >> 4]!
      bytes[at + 1] = HEX[byte & 15]!
      at += 2
    }
    this.length = at
  }

  /** A whole number from 0 to 2^53-1. */
  uint(value: number): void {
    this.reserve(20)
    this.length = digits(this.bytes, this.length, value)
  }

  /** An unsigned 64-bit integer, all digits, without quotes. */
  uint64(high: number, low: number): void {
    if (high < 0x200000) return this.uint(high * 4294967296 + low)
    this.reserve(20)
    // The quotient by 10^9 is off by at most one in double arithmetic; the remainder, exact modulo 2^32, tells.
    let upper = Math.floor((high * 4294967296 + low) / 1e9)
    let lower = (low - Math.imul((upper % 4294967296) | 0, 1_000_000_000)) >>> 0
    if (lower >= 0x80000000) {
      upper--
      lower = (lower + 1_000_000_000) >>> 0
    } else if (lower >= 1_000_000_000) {
      upper++
      lower -= 1_000_000_000
    }
    this.length = nine(this.bytes, digits(this.bytes, this.length, upper), lower)
  }

  /** As `uint64`, in quotes when it is beyond 2^53-1. */
  count64(high: number, low: number): void {
    if (high < 0x200000) return this.uint(high * 4294967296 + low)
    this.quoted64(high, low)
  }

  quoted64(high: number, low: number): void {
    this.byte(0x22)
    this.uint64(high, low)
    this.byte(0x22)
  }

  /** A signed 64-bit integer from its two's complement; `{"$int":"..."}` beyond +-(2^53-1). */
  int64(high: number, low: number): void {
    const negative = high >= 0x80000000
    if (negative) {
      low = -low >>> 0
      high = (~high + (low === 0 ? 1 : 0)) >>> 0
    }
    const safe = high < 0x200000
    if (!safe) this.ascii(INT)
    if (negative) this.byte(0x2d)
    this.uint64(high, low)
    if (!safe) this.ascii(QUOTE_BRACE)
  }

  int32(value: number): void {
    if (value < 0) this.byte(0x2d)
    this.uint(Math.abs(value))
  }

  /** `,"name":value`, unless it is 0. */
  numberMember(name: Uint8Array, value: number): void {
    if (value === 0) return
    this.ascii(name)
    this.uint(value)
  }

  /** `,"name":"..."` of source[start, end), unless it is empty. */
  stringMember(name: Uint8Array, source: Uint8Array, start: number, end: number): void {
    if (start === end) return
    this.ascii(name)
    this.string(source, start, end)
  }

  /** In place of the comma after the last element, if there was one. */
  close(byte: number): void {
    if (this.bytes[this.length - 1] === 0x2c) this.length--
    this.byte(byte)
  }

  /** A double, always with a point or an exponent, in the shortest digits that give it back. */
  double(value: number): void {
    this.reserve(32)
    const { bytes } = this
    let at = this.length
    const size = Math.abs(value)
    if (size < 1e15) {
      // Whole numbers and up to six decimals: at most 15 digits, which are the shortest if they give the number back.
      let whole = Math.floor(size)
      let decimals = 0
      let fits = whole === size
      if (!fits && size < 1e9 && size >= 1e-6) {
        const millionths = Math.round(size * 1e6)
        if (millionths / 1e6 === size) {
          fits = true
          whole = Math.floor(millionths / 1e6)
          decimals = millionths - whole * 1e6
        }
      }
      if (fits) {
        if (value < 0 || (value === 0 && 1 / value < 0)) bytes[at++] = 0x2d
        at = digits(bytes, at, whole)
        bytes[at++] = 0x2e
        if (decimals === 0) bytes[at++] = 0x30
        else {
          at = three(bytes, three(bytes, at, Math.floor(decimals / 1000)), decimals % 1000)
          while (bytes[at - 1] === 0x30) at--
        }
        this.length = at
        return
      }
    }
    if (value !== value) return this.ascii(DOUBLE_NAN)
    if (size === Infinity) return this.ascii(value > 0 ? DOUBLE_INFINITY : DOUBLE_MINUS_INFINITY)
    const text = String(value)
    this.asciiText(/[.e]/.test(text) ? text : `${text}.0`)
  }
}

function escape(out: Uint8Array, at: number, byte: number): number {
  const letter = ESCAPES[byte]!
  out[at++] = 0x5c
  if (letter !== 0) {
    out[at++] = letter
    return at
  }
  out[at++] = 0x75
  out[at++] = 0x30
  out[at++] = 0x30
  out[at++] = HEX[byte >> 4]!
  out[at++] = HEX[byte & 15]!
  return at
}
