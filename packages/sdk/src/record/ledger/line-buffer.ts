import { Buffer } from 'node:buffer'
import type { Prefilter } from '../../redact/index.ts'

/** ASCII text that is written again and again. */
export const literal = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'))

/** From here on the engine's own JSON.stringify and UTF-8 encoder are faster than a loop: 1.1 ns a character against 0.5. */
const LOOP_CHARS_MAX = 160

const HEX = literal('0123456789abcdef')
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
  member(name: string): Uint8Array | undefined
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
  bytes: Uint8Array
  length = 0
  /** Something that was written may have to be redacted. Set here, taken back by whoever looks into it. */
  isSuspect = false
  readonly #watch: Watch
  readonly #grams: Int32Array
  readonly #multiplier: number
  readonly #shift: number
  /** ESCAPES, and 2 for bytes to look into. */
  readonly #kinds: Uint8Array
  #second = 0
  #secondDigits: Uint8Array = new Uint8Array(0)

  constructor(bytes: Uint8Array, watch: Watch = NOBODY) {
    this.bytes = bytes
    this.#watch = watch
    const { grams, multiplier, shift, aloneBytes } = watch.prefilter
    this.#grams = grams
    this.#multiplier = multiplier
    this.#shift = shift
    this.#kinds = ESCAPES.map((kind, byte) => (kind === 1 && aloneBytes[byte] === 1 ? 2 : kind))
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

  /** In place of the comma after the last element, if there was one. */
  close(byte: number): void {
    if (this.bytes[this.length - 1] === 0x2c) this.length--
    this.byte(byte)
  }

  raw(text: Uint8Array): void {
    const count = text.length
    this.reserve(count)
    const { bytes, length } = this
    for (let i = 0; i < count; i++) bytes[length + i] = text[i]!
    this.length = length + count
  }

  /** ASCII without anything to escape. */
  ascii(text: string): void {
    const count = text.length
    this.reserve(count)
    const { bytes, length } = this
    for (let i = 0; i < count; i++) bytes[length + i] = text.charCodeAt(i)
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
    const { bytes } = this
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
    this.reserve(16)
    if (value >= 1e9) {
      const upper = Math.floor(value / 1e9)
      this.length = digits(this.bytes, this.length, upper)
      this.length = nine(this.bytes, this.length, value - upper * 1e9)
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
      this.#secondDigits = this.bytes.slice(begin, this.length)
    }
    this.length = nine(this.bytes, this.length, nanos)
  }

  /** Once more what stands in [from, to). */
  again(from: number, to: number): void {
    this.reserve(to - from)
    const { bytes } = this
    for (let i = from; i < to; i++) bytes[this.length++] = bytes[i]!
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

/** An integer below 10^9, always nine digits. */
function nine(bytes: Uint8Array, at: number, value: number): number {
  let rest = value | 0
  for (let i = at + 8; i >= at; i--) {
    const next = (rest / 10) | 0
    bytes[i] = 0x30 + rest - next * 10
    rest = next
  }
  return at + 9
}
