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
  const size = bits.length * 8
  for (const key of keys) {
    const step = stepOf(key) % size
    let bit = firstOf(key) % size
    for (let i = 0; i < PROBES; i++) {
      bits[bit >>> 3]! |= 1 << (bit & 7)
      bit += step
      if (bit >= size) bit -= size
    }
  }
  return bits
}

/**
 * Double hashing: probe i is (h1 + i * h2) modulo the filter's bits, which does as well as independent hashes. Made by adding whole numbers of
 * 32 bits: a list of twenty traces asks 200,000 times, and the remainder of a double takes five times as long.
 */
const firstOf = (key: number): number => Math.floor(key / 2 ** 20) >>> 0
const stepOf = (key: number): number => ((key % 2 ** 20) * 2 + 1) >>> 0

/** A key as filters are asked for it. */
export interface FilterKey {
  first: number
  step: number
}

export const filterKey = (key: number): FilterKey => ({ first: firstOf(key), step: stepOf(key) })

function mayContain(filter: Uint8Array, { first, step: stepBits }: FilterKey): boolean {
  if (filter.length === 0) return false
  const size = filter.length * 8
  let bit = first % size
  // Half of the bits are set: every second key that is not here ends with its first probe.
  if ((filter[bit >>> 3]! & (1 << (bit & 7))) === 0) return false
  const step = stepBits % size
  for (let i = 1; i < PROBES; i++) {
    bit += step
    if (bit >= size) bit -= size
    if ((filter[bit >>> 3]! & (1 << (bit & 7))) === 0) return false
  }
  return true
}

/** Both keys of a trace id: asking for both makes a false "maybe" a matter of 1 in 1,000,000 blocks. */
export function traceKeys(id: string): FilterKey[] {
  const digits = Buffer.from(id, 'latin1')
  return [filterKey(traceKey(digits, 0, TRACE_ID_DIGITS)), filterKey(traceKey(digits, 0, PREFIX_DIGITS))]
}

/** A block without a filter may hold anything. */
export function mayHold(filter: Uint8Array | undefined, keys: readonly FilterKey[]): boolean {
  if (filter === undefined) return true
  for (const key of keys) if (!mayContain(filter, key)) return false
  return true
}

/** Whether one of several may be there, each with its keys. */
export function mayHoldAny(filter: Uint8Array | undefined, each: readonly (readonly FilterKey[])[]): boolean {
  for (const keys of each) if (mayHold(filter, keys)) return true
  return false
}
