import type { Policy, Redactor } from '@spanledger/sdk/redact'
import { KEYS_MAX, KEY_BYTES_MAX } from './limits.ts'

const SLOTS = KEYS_MAX * 2
const POOL_BYTES = KEYS_MAX * 24

/** Bit 0 of a key's flags: it begins with `gen_ai.`. The bits above are the index of its policy; 0 is "scan". */
export const FLAG_GEN_AI = 1

/** In place of a name, for what stands at the beginning of a list. */
export const NO_KEY = KEYS_MAX

/**
 * Attribute names met before, found by their bytes: what they are as JSON, which policy they have, and in which list they
 * were seen last. A name is not kept when it needs escapes or redaction, begins with `$` or is longer than KEY_BYTES_MAX:
 * the careful path writes it.
 */
export class KeyTable {
  /** Bytes of all names, one after the other. */
  readonly pool = new Uint8Array(POOL_BYTES)
  /** Where each name begins; one more for the end of the last, one for NO_KEY. */
  readonly offsets = new Int32Array(KEYS_MAX + 2)
  readonly flags = new Uint8Array(KEYS_MAX)
  /** The name that stood behind each one last time: senders write the same names in the same order. */
  readonly followers = new Int32Array(KEYS_MAX + 1).fill(NO_KEY)
  /** Number of the list that had the name last: noticing a name twice costs one comparison. */
  readonly seenIn = new Int32Array(KEYS_MAX)
  readonly policies: Policy[] = [{ action: 'scan' }]
  readonly #redactor: Redactor
  readonly #slots = new Int32Array(SLOTS).fill(-1)
  #count = 0
  #full = false

  constructor(redactor: Redactor) {
    this.#redactor = redactor
  }

  /** To be called between requests: a full table is emptied. */
  renew(): void {
    this.seenIn.fill(0)
    if (!this.#full) return
    this.#slots.fill(-1)
    this.followers.fill(NO_KEY)
    this.#count = 0
    this.#full = false
  }

  /** Index of the name source[start, end), or -1 when it is not one to keep. */
  find(source: Uint8Array, start: number, end: number): number {
    const length = end - start
    if (length === 0 || length > KEY_BYTES_MAX) return -1
    const { pool, offsets } = this
    const slots = this.#slots
    const sample =
      (source[start]! << 16) ^
      (source[end - 1]! << 8) ^
      source[start + (length >> 1)]! ^
      (source[end - 1 - (length >> 2)]! << 20)
    let slot = Math.imul(sample + length * 0x3d4d51, 0x9e3779b1) >>> 19
    for (;;) {
      const index = slots[slot]!
      if (index === -1) return this.#add(source, start, end, slot)
      const from = offsets[index]!
      if (offsets[index + 1]! - from === length) {
        let i = 0
        while (i < length && pool[from + i] === source[start + i]) i++
        if (i === length) return index
      }
      slot = (slot + 1) & (SLOTS - 1)
    }
  }

  #add(source: Uint8Array, start: number, end: number, slot: number): number {
    const from = this.offsets[this.#count]!
    if (this.#count === KEYS_MAX || from + end - start > POOL_BYTES) {
      this.#full = true
      return -1
    }
    const bytes = source.subarray(start, end)
    const key = Buffer.from(bytes).toString('utf8')
    if (
      key.startsWith('$') ||
      JSON.stringify(key).length !== key.length + 2 ||
      Buffer.byteLength(key) !== bytes.length
    )
      return -1
    if (key.includes('\ufffd') || this.#redactor.redact(key).count > 0) return -1
    const index = this.#count++
    this.pool.set(bytes, from)
    this.offsets[index + 1] = from + bytes.length
    this.flags[index] = this.flagsOf(key)
    this.seenIn[index] = 0
    this.#slots[slot] = index
    return index
  }

  flagsOf(key: string): number {
    return (
      (key.startsWith('gen_ai.') ? FLAG_GEN_AI : 0) | (this.indexOf(this.#redactor.policyOfKey(key)) << 1)
    )
  }

  indexOf(policy: Policy): number {
    const same = this.policies.findIndex((known) => JSON.stringify(known) === JSON.stringify(policy))
    return same === -1 ? this.policies.push(policy) - 1 : same
  }
}
