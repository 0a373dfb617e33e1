import type { Readable } from 'node:stream'
import type { Inflight } from './inflight.ts'
import type { ReceiveLimits } from './limits.ts'
import { badRequest, RefusedError, retryLater, tooLarge } from './refuse.ts'

/** A request's bytes, counted as in flight until `release` is called. */
export interface Body {
  bytes: Buffer
  /** Counts what was made of it, inflated bytes for instance, as in flight too. Errors  RefusedError: 503 */
  hold(bytes: number): void
  release(): void
}

/**
 * Reads a stream to its end, or to the limit.
 *
 * Errors  RefusedError: 413 beyond requestBytesMax, 503 beyond inflightBytesMax or requestMsMax, 400 when the client went away
 */
export function readBody(stream: Readable, inflight: Inflight, limits: ReceiveLimits): Promise<Body> {
  return new Promise((resolve, reject) => {
    const pieces = new Pieces()
    let length = 0
    let settled = false
    const release = (): void => inflight.give(length)
    const hold = (bytes: number): void => {
      inflight.take(bytes)
      length += bytes
    }
    const fail = (error: Error): void => {
      if (settled) return
      settled = true
      clearTimeout(deadline)
      stream.removeListener('data', onData)
      release()
      reject(error)
    }
    const onData = (chunk: Buffer): void => {
      if (length + chunk.length > limits.requestBytesMax) return fail(tooLarge(limits))
      try {
        inflight.take(chunk.length)
      } catch (error) {
        return fail(error as Error)
      }
      length += chunk.length
      pieces.push(chunk)
    }
    const deadline = setTimeout(() => fail(tooSlow(limits)), limits.requestMsMax)
    stream.on('data', onData)
    stream.once('end', () => {
      if (settled) return
      settled = true
      clearTimeout(deadline)
      resolve({ bytes: pieces.join(), hold, release })
    })
    stream.once('error', (error) => fail(badRequest(`the request broke off: ${error.message}`)))
    stream.once('close', () => fail(badRequest('the request broke off')))
  })
}

/** A piece of a body costs memory beside its bytes, 100 MB for each MB that comes byte by byte: small ones share a slab. */
const SLAB_BYTES = 64 * 1024
const SMALL_BYTES = SLAB_BYTES / 16

class Pieces {
  #whole: Buffer[] = []
  #slab = Buffer.alloc(0)
  #used = 0

  push(piece: Buffer): void {
    if (this.#used + piece.length > this.#slab.length) {
      this.#seal()
      if (piece.length >= SMALL_BYTES || this.#whole.length === 0) return void this.#whole.push(piece)
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
    }
    this.#used += piece.copy(this.#slab, this.#used)
  }

  /** Gives the pieces up: their request lives on, and would hold a copy of its body until it is answered. */
  join(): Buffer {
    this.#seal()
    const whole = this.#whole
    this.#whole = []
    return whole.length === 1 ? whole[0]! : Buffer.concat(whole)
  }

  #seal(): void {
    if (this.#used > 0) this.#whole.push(this.#slab.subarray(0, this.#used))
    this.#slab = Buffer.alloc(0)
    this.#used = 0
  }
}

function tooSlow(limits: ReceiveLimits): RefusedError {
  const message = `the request did not come in within ${limits.requestMsMax / 1000} seconds; try again`
  return new RefusedError({ ...retryLater(limits), message })
}
