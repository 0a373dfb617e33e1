import { Buffer } from 'node:buffer'
import type { Platform } from '../platform/index.ts'

/** Random bytes asked for at once: 4 ns an id in place of 250. */
const POOL_BYTES = 4_096

/**
 * Trace and span ids. All 128 and 64 bits are random, so that an id that is all zero, which means none, is less likely than
 * that two are the same. An id is a view into the pool's text.
 */
export class Ids {
  readonly #random: Platform['random']
  #pool = ''
  #at = 0

  constructor(random: Platform['random']) {
    this.#random = random
  }

  traceId(): string {
    return this.#take(32)
  }

  spanId(): string {
    return this.#take(16)
  }

  #take(digits: number): string {
    if (this.#at + digits > this.#pool.length) {
      this.#pool = Buffer.from(this.#random(POOL_BYTES)).toString('hex')
      this.#at = 0
    }
    const id = this.#pool.slice(this.#at, this.#at + digits)
    this.#at += digits
    return id
  }
}
