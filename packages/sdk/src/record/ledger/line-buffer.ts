import { Buffer } from 'node:buffer'
import type { Prefilter } from '../../redact/index.ts'

/** Bytes that are written again and again: as numbers of four, little-endian, since a store of four costs as much as one of one. */
export class Literal {
  readonly length: number
  readonly words: Uint32Array

  constructor(bytes: Uint8Array) {
    this.length = bytes.length
    this.words = Uint32Array.from({ length: (bytes.length + 3) >> 2 }, (_, at) =>
      bytes.subarray(at * 4, at * 4 + 4).reduceRight((word, byte) => (word << 8) | byte, 0),
    )
  }
}

/** ASCII text as such. */
export const literal = (text: string): Literal => new Literal(Buffer.from(text, 'latin1'))

/** From here on the engine's own JSON.stringify and UTF-8 encoder are faster than a loop: 1.1 ns a character against 0.5. */
const LOOP_CHARS_MAX = 160

const HEX = Uint8Array.from(Buffer.from('0123456789abcdef', 'latin1'))
const NAN = literal('{"$double":"NaN"}')
const INFINITY = literal('{"$double":"Infinity"}')
const MINUS_INFINITY = literal('{"$double":"-Infinity"}')

/** The letter after the backslash; 0 for `u00xx`; 1 where none is needed. */
const ESCAPES = new Uint8Array(128).fill(1)
ESCAPES.fill(0, 0, 32)
for (const [char, letter] of ['""', '\\\\', '\bb', '\tt', '\nn', '\ff', '\rr'])
  ESCAPES[char!.charCodeAt(0)] = letter!.charCodeAt(0)

/** What looks over the writer's shoulder: for what may have to be redacted. */
export interface Watch {
  readonly prefilter: Pick<Prefilter, 'grams' | 'multiplier' | 'shift' | 'aloneBytes'>
  /** Whether text may hold a secret; asked where the prefilter finds a window. */
  mayHold(text: string): boolean
  /** `"name":` of a name that is written as it is, with a value that is only searched; undefined for any other. */
  member(name: string): Literal | undefined
  /** The prefilter cannot tell: every record has to be looked into. */
  readonly suspectsAll: boolean
}

const NOBODY: Watch = {
  prefilter: {
    grams: new Int32Array(1).fill(-1),
    multiplier: 0,
    shift: 0,
    aloneBytes: new Uint8Array(256),
  },
  mayHold: () => false,
  member: () => undefined,
  suspectsAll: false,
}

/**
 * Ledger JSON as bytes, in one buffer that grows. Loops instead of calls into the engine: a line is made of forty small
 * pieces, and a call costs as much as copying sixty bytes.
 */
export class LineBuffer {
  length = 0
  /** Something that was written may have to be redacted. Set here, taken back by whoever looks into it. */
  isSuspect = false
  #bytes: Uint8Array
  #view: DataView
  readonly #watch: Watch
  readonly #grams: Int32Array
  readonly #multiplier: number
  readonly #shift: number
  /** ESCAPES, and 2 for bytes to look into. */
  readonly #kinds: Uint8Array
  #second = 0
  #secondDigits = new Literal(new Uint8Array(0))

  constructor(bytes: Uint8Array, watch: Watch = NOBODY) {
    this.#bytes = bytes
    this.#view = viewOf(bytes)
    this.#watch = watch
    const { grams, multiplier, shift, aloneBytes } = watch.prefilter
    this.#grams = grams
    this.#multiplier = multiplier
    this.#shift = shift
    this.#kinds = ESCAPES.map((kind, byte) => (kind === 1 && aloneBytes[byte] === 1 ? 2 : kind))
  }

  get bytes(): Uint8Array {
    return this.#bytes
  }

  set bytes(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = viewOf(bytes)
  }

  reserve(count: number): void {
    const needed = this.length + count
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    grown.set(this.#bytes.subarray(0, this.length))
    this.bytes = grown
  }

  byte(byte: number): void {
    if (this.length === this.bytes.length) this.reserve(1)
    this.bytes[this.length++] = byte
  }

  /** In place of the comma after the last element, if there was one. */
  close(byte: number): void {
    if (this.bytes[this.length - 1] === 0x2c) this.length--
    this.byte(byte)
  }

  raw({ length, words }: Literal): void {
    // What the last store writes beyond is written over, or not taken.
    this.reserve(length + 3)
    const view = this.#view
    let at = this.length
    for (let i = 0; i < words.length; i++, at += 4) view.setUint32(at, words[i]!, true)
    this.length += length
  }

  /** ASCII without anything to escape. */
  ascii(text: string): void {
    const count = text.length
    this.reserve(count)
    const bytes = this.#bytes
    const view = this.#view
    const { length } = this
    let i = 0
    for (; i + 3 < count; i += 4)
      view.setUint32(
        length + i,
        text.charCodeAt(i) |
          (text.charCodeAt(i + 1) << 8) |
          (text.charCodeAt(i + 2) << 16) |
          (text.charCodeAt(i + 3) << 24),
        true,
      )
    for (; i < count; i++) bytes[length + i] = text.charCodeAt(i)
    this.length = length + count
  }

  /** A member's name with its colon: of a name that is known, bytes that are ready. */
  name(name: string): void {
    const known = this.#watch.member(name)
    if (known !== undefined) return this.raw(known)
    this.isSuspect = true
    this.string(name)
    this.byte(0x3a)
  }

  /**
   * A JSON string; half a surrogate pair becomes U+FFFD. Looking for what is suspect in the loop that copies takes 0.3 ns a
   * character, where a pass of its own takes 1.2.
   */
  string(text: string): void {
    const count = text.length
    if (count > LOOP_CHARS_MAX) return this.#encoded(text)
    this.reserve(count * 6 + 2)
    const bytes = this.#bytes
    const grams = this.#grams
    const multiplier = this.#multiplier
    const shift = this.#shift
    const kinds = this.#kinds
    let at = this.length
    let window = 0
    let isFound = false
    bytes[at++] = 0x22
    for (let i = 0; i < count; i++) {
      const code = text.charCodeAt(i)
      if (code >= 0x80) return this.#encoded(text)
      const kind = kinds[code]!
      if (kind === 1) bytes[at++] = code
      else if (kind === 2) {
        bytes[at++] = code
        isFound = true
      } else at = escape(bytes, at, code, kind)
      window = ((window << 8) | code | 32) & 0xffffff
      if (grams[Math.imul(window, multiplier) >>> shift] === window) isFound = true
    }
    bytes[at++] = 0x22
    this.length = at
    if (isFound && !this.isSuspect) this.isSuspect = this.#watch.mayHold(text)
  }

  #encoded(text: string): void {
    if (!this.isSuspect) this.isSuspect = this.#watch.mayHold(text)
    const json = JSON.stringify(text.toWellFormed())
    this.reserve(json.length * 3)
    this.length += ENCODER.encodeInto(json, this.bytes.subarray(this.length)).written
  }

  /** A whole number from 0 to 2^53-1. */
  uint(value: number): void {
    this.reserve(20)
    if (value >= 1e9) {
      const upper = Math.floor(value / 1e9)
      this.length = digits(this.bytes, this.length, upper)
      this.length = nine(this.#view, this.length, value - upper * 1e9)
    } else this.length = digits(this.bytes, this.length, value)
  }

  /** A moment, as digits of nanoseconds. Those of the second are kept: the next record is likely of the same. */
  time(seconds: number, nanos: number): void {
    this.reserve(32)
    if (seconds === 0) return this.uint(nanos)
    if (seconds === this.#second) this.raw(this.#secondDigits)
    else {
      const begin = this.length
      this.uint(seconds)
      this.#second = seconds
      this.#secondDigits = new Literal(this.bytes.subarray(begin, this.length))
    }
    this.length = nine(this.#view, this.length, nanos)
  }

  /** Once more what stands in [from, to). */
  again(from: number, to: number): void {
    this.reserve(to - from + 3)
    const view = this.#view
    let at = this.length
    for (let i = from; i < to; i += 4, at += 4) view.setUint32(at, view.getUint32(i, true), true)
    this.length += to - from
  }

  /** OTLP's intValue for a whole number that JavaScript holds exactly, doubleValue otherwise. */
  number(value: number): void {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) return this.double(value)
    if (value < 0) this.byte(0x2d)
    this.uint(Math.abs(value))
  }

  /** Always with a point or an exponent, in the shortest digits that give it back. */
  double(value: number): void {
    if (value !== value) return this.raw(NAN)
    if (value === Infinity) return this.raw(INFINITY)
    if (value === -Infinity) return this.raw(MINUS_INFINITY)
    if (Object.is(value, -0)) return this.ascii('-0.0')
    const size = Math.abs(value)
    // Up to six decimals and nine digits before them: at most 15, which are the shortest if they give the number back.
    if (size < 1e9 && size >= 1e-6) {
      const millionths = Math.round(size * 1e6)
      if (millionths / 1e6 === size) {
        if (value < 0) this.byte(0x2d)
        return this.#millionths(millionths)
      }
    }
    const text = String(value)
    this.ascii(text.includes('.') || text.includes('e') ? text : `${text}.0`)
  }

  #millionths(value: number): void {
    const whole = Math.floor(value / 1e6)
    let decimals = value - whole * 1e6
    this.uint(whole)
    this.reserve(7)
    const { bytes } = this
    bytes[this.length] = 0x2e
    let end = this.length + 7
    for (let at = end - 1; at > this.length; at--) {
      const rest = Math.floor(decimals / 10)
      bytes[at] = 0x30 + decimals - rest * 10
      decimals = rest
    }
    while (bytes[end - 1] === 0x30 && bytes[end - 2] !== 0x2e) end--
    this.length = end
  }
}

const ENCODER = new TextEncoder()

function escape(bytes: Uint8Array, at: number, code: number, letter: number): number {
  bytes[at++] = 0x5c
  if (letter !== 0) {
    bytes[at++] = letter
    return at
  }
  bytes[at++] = 0x75
  bytes[at++] = 0x30
  bytes[at++] = 0x30
  bytes[at++] = HEX[code >> 4]!
  bytes[at++] = HEX[code & 15]!
  return at
}

/** Writes an integer below 2^31 at `at`; returns where it ends. */
function digits(bytes: Uint8Array, at: number, value: number): number {
  let rest = value | 0
  let count = 1
  for (let limit = 10; count < 10 && rest >= limit; limit *= 10) count++
  for (let i = at + count - 1; i >= at; i--) {
    const next = (rest / 10) | 0
    bytes[i] = 0x30 + rest - next * 10
    rest = next
  }
  return at + count
}

/** Three digits each, as a little-endian number; the fourth byte is nothing. */
const THREE = Uint32Array.from(
  { length: 1_000 },
  (_, n) =>
    (0x30 + Math.floor(n / 100)) | ((0x30 + (Math.floor(n / 10) % 10)) << 8) | ((0x30 + (n % 10)) << 16),
)

/** An integer below 10^9, always nine digits; the byte behind them is spoiled. What is none is written as 0: no time is worth a line. */
function nine(view: DataView, at: number, value: number): number {
  const whole = value >= 0 && value < 1e9 ? value | 0 : 0
  const millions = (whole / 1e6) | 0
  const rest = whole - millions * 1e6
  const thousands = (rest / 1e3) | 0
  view.setUint32(at, THREE[millions]!, true)
  view.setUint32(at + 3, THREE[thousands]!, true)
  view.setUint32(at + 6, THREE[rest - thousands * 1e3]!, true)
  return at + 9
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
