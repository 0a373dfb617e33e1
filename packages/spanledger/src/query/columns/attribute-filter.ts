import { Buffer } from 'node:buffer'

/**
 * Says of `key=value` "in no span of this segment" for sure, or "maybe": a Bloom filter whose probes of one pair lie in one block of 64
 * bytes, so that asking reads 64 bytes of a file that is never loaded.
 *
 * The number of blocks is a power of two: the filter is built large, then folded in half while it stays sparse, since how many pairs
 * differ is known at the end only. Folded to between a quarter and a half of its bits it is 4 bytes a span, and wrong 1 to 2 times in 100.
 */
export const FILTER_BLOCK_BYTES = 64
const BLOCK_BITS = FILTER_BLOCK_BYTES * 8
const PROBES = 6
/** 2 MiB: more pairs than a segment of the largest size has. */
const BLOCKS_MAX = 2 ** 15
const FULL = 0.5

/** A pair as two words that are independent of one another. */
export interface PairHash {
  place: number
  bits: number
}

/** FNV-1a, a byte at a time, which needs no string. */
export const FIRST_HASH = 0x811c9dc5
const PRIME = 0x01000193
export const nextHash = (hash: number, byte: number): number => Math.imul(hash ^ byte, PRIME)

function hashBytes(bytes: Uint8Array, from: number, to: number, seed: number): number {
  let hash = seed
  for (let i = from; i < to; i++) hash = nextHash(hash, bytes[i]!)
  return hash
}

/** What the hash of a value begins with, by that of its key. The byte between them is one that UTF-8 has not. */
export const pairSeed = (key: number): number => nextHash(key, 0xff)

export const hashPair = (key: number, bytes: Uint8Array, from: number, to: number): number =>
  hashBytes(bytes, from, to, pairSeed(key))

const pairOf = (key: number, hash: number): PairHash => ({
  place: mixed(hash),
  bits: mixed(Math.imul(hash, 0x9e3779b1) ^ key),
})

export function hashKey(key: string): number {
  const bytes = Buffer.from(key)
  return hashBytes(bytes, 0, bytes.length, FIRST_HASH)
}

export function pairHashOf(key: string, value: string): PairHash {
  const bytes = Buffer.from(value)
  const keyHash = hashKey(key)
  return pairOf(keyHash, hashPair(keyHash, bytes, 0, bytes.length))
}

export class AttributeFilter {
  #bytes = new Uint8Array(BLOCKS_MAX * FILTER_BLOCK_BYTES)

  /** Called a dozen times a span, so it makes neither objects nor calls a probe. */
  add(key: number, hash: number): void {
    const bytes = this.#bytes
    const block = (mixed(hash) & (BLOCKS_MAX - 1)) * FILTER_BLOCK_BYTES
    let bits = mixed(Math.imul(hash, 0x9e3779b1) ^ key)
    for (let i = 0; i < PROBES; i++) {
      const bit = bits & (BLOCK_BITS - 1)
      bytes[block + (bit >>> 3)]! |= 1 << (bit & 7)
      bits = nextBits(bits, i)
    }
  }

  /** Folded as far as it stays sparse. */
  finish(): Uint8Array {
    let bytes = this.#bytes
    while (bytes.length > FILTER_BLOCK_BYTES) {
      const half = bytes.length / 2
      const folded = new Uint8Array(half)
      for (let i = 0; i < half; i++) folded[i] = bytes[i]! | bytes[i + half]!
      if (ones(folded) > folded.length * 8 * FULL) break
      bytes = folded
    }
    return bytes
  }
}

/** Where the block of a pair is in a filter of so many bytes. */
export const blockAt = ({ place }: PairHash, filterBytes: number): number =>
  (place & (filterBytes / FILTER_BLOCK_BYTES - 1)) * FILTER_BLOCK_BYTES

export function blockMayHold(block: Uint8Array, pair: PairHash): boolean {
  let { bits } = pair
  for (let i = 0; i < PROBES; i++) {
    const bit = bits & (BLOCK_BITS - 1)
    if ((block[bit >>> 3]! & (1 << (bit & 7))) === 0) return false
    bits = nextBits(bits, i)
  }
  return true
}

/** Nine bits a probe; a word holds three of them. */
const nextBits = (bits: number, probe: number): number =>
  probe % 3 === 2 ? mixed(bits ^ 0x5bd1e995) : bits >>> 9

/** The finalizer of MurmurHash3: FNV alone mixes the last bytes badly. */
function mixed(hash: number): number {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

function ones(bytes: Uint8Array): number {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
  let count = 0
  for (let word of words) {
    word -= (word >>> 1) & 0x55555555
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333)
    count += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
  }
  return count
}
