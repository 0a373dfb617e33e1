import { Buffer } from 'node:buffer'

/**
 * With 15 bits and 8 probes a key that is not there passes about once in a thousand: a question for twenty traces puts each to ten
 * thousand blocks. A quarter of a byte a span.
 */
const BITS_PER_KEY = 15
const PROBES = 8

/** A filter holds each trace id twice: as a whole, and its beginning of so many digits, since people copy beginnings. */
export const PREFIX_DIGITS = 8
export const TRACE_ID_DIGITS = 32

/**
 * A trace id, or its beginning, as a key of the filter: 52 bits mixed out of its hexadecimal digits at `offset`, read as they
 * stand in the line, so that building a filter never makes strings.
 */
export function traceKey(
  bytes: Buffer,
  offset: number,
  digits: typeof TRACE_ID_DIGITS | typeof PREFIX_DIGITS,
): number {
  let a = 0x9e3779b9 ^ digits
  let b = 0x85ebca6b
  for (let i = 0; i < digits; i += 4) {
    const word = bytes.readInt32LE(offset + i)
    a = Math.imul(a ^ word, 0x9e3779b1)
    a ^= a >>> 15
    b = Math.imul(b + word, 0xc2b2ae35) ^ (b >>> 13)
  }
  return (a >>> 0) * 2 ** 20 + ((b >>> 0) & 0xfffff)
}

/** A Bloom filter of trace ids: says "not here" for sure, or "maybe". */
export function buildFilter(keys: ReadonlySet<number>): Uint8Array {
  const bits = new Uint8Array(Math.ceil((keys.size * BITS_PER_KEY) / 8))
  for (const key of keys) eachProbe(key, bits.length * 8, (bit) => void (bits[bit >>> 3]! |= 1 << (bit & 7)))
  return bits
}

function mayContain(filter: Uint8Array, key: number): boolean {
  if (filter.length === 0) return false
  const size = filter.length * 8
  const h1 = Math.floor(key / 2 ** 20)
  const h2 = (key % 2 ** 20) * 2 + 1
  for (let i = 0; i < PROBES; i++) {
    const bit = (h1 + i * h2) % size
    if ((filter[bit >>> 3]! & (1 << (bit & 7))) === 0) return false
  }
  return true
}

/** Double hashing: probe i is h1 + i * h2, which does as well as independent hashes. */
function eachProbe(key: number, size: number, visit: (bit: number) => void): void {
  const h1 = Math.floor(key / 2 ** 20)
  const h2 = (key % 2 ** 20) * 2 + 1
  for (let i = 0; i < PROBES; i++) visit((h1 + i * h2) % size)
}

/** Both keys of a trace id: asking for both makes a false "maybe" a matter of 1 in 1,000,000 blocks. */
export function traceKeys(id: string): number[] {
  const digits = Buffer.from(id, 'latin1')
  return [traceKey(digits, 0, TRACE_ID_DIGITS), traceKey(digits, 0, PREFIX_DIGITS)]
}

/** A block without a filter may hold anything. */
export const mayHold = (filter: Uint8Array | undefined, keys: readonly number[]): boolean =>
  filter === undefined || keys.every((key) => mayContain(filter, key))
