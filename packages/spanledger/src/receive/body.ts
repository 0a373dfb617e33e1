import type { Readable } from 'node:stream'
import type { Inflight } from './inflight.ts'
import type { ReceiveLimits } from './limits.ts'
import { badRequest, RefusedError, retryLater, tooLarge } from './refuse.ts'

/** A request's bytes, counted as in flight until `release` is called. */
export interface Body {
  bytes: Buffer
  /** Counts what was made of it, inflated bytes for instance, as in flight too. Errors  RefusedError: 503 */
  hold(bytes: number): void
  /** Waits until no other large body is inflated or transcoded; kept until `release`. */
  turn(): Promise<void>
  release(): void
}

/**
 * Reads a stream to its end, or to the limit.
 *
 * declared  how long the client says it is, where it does: so much is counted before anything is read, and read into one piece of memory
 * Errors    RefusedError: 413 beyond requestBytesMax, 503 beyond inflightBytesMax or requestMsMax, 400 when the client went away
 */
export async function readBody(
  stream: Readable,
  inflight: Inflight,
  limits: ReceiveLimits,
  declared?: number,
): Promise<Body> {
  if (declared !== undefined && declared > limits.requestBytesMax) throw tooLarge(limits)
  let held = 0
  const hold = (bytes: number): void => {
    inflight.take(bytes)
    held += bytes
  }
  let giveBack: (() => void) | undefined
  let released = false
  const turn = async (): Promise<void> => {
    const back = await inflight.turn()
    if (released) back()
    else giveBack = back
  }
  const release = (): void => {
    released = true
    inflight.give(held)
    held = 0
    giveBack?.()
    giveBack = undefined
  }
  hold(declared ?? 0)
  try {
    const bytes = await (declared === undefined
      ? readPieces(stream, limits, hold)
      : readDeclared(stream, limits, declared))
    return { bytes, hold, turn, release }
  } catch (error) {
    release()
    throw error
  }
}

/** A stream that says how long it is: copied as it comes, so that no piece of it waits for the last one. */
async function readDeclared(stream: Readable, limits: ReceiveLimits, declared: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(declared)
  let length = 0
  await eachChunk(stream, limits, (chunk) => {
    // Node.js ends a request at its Content-Length; HTTP/2 leaves it to us.
    if (length + chunk.length > declared)
      throw badRequest(`more than the ${declared} bytes that were announced`)
    length += chunk.copy(bytes, length)
  })
  return bytes.subarray(0, length)
}

async function readPieces(
  stream: Readable,
  limits: ReceiveLimits,
  hold: (bytes: number) => void,
): Promise<Buffer> {
  const pieces = new Pieces()
  let length = 0
  await eachChunk(stream, limits, (chunk) => {
    length += chunk.length
    if (length > limits.requestBytesMax) throw tooLarge(limits)
    hold(chunk.length)
    pieces.push(chunk)
  })
  return pieces.join()
}

/** Resolves when the stream ended, rejects with what `take` throws; nothing is taken after that. */
function eachChunk(stream: Readable, limits: ReceiveLimits, take: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      clearTimeout(deadline)
      stream.removeListener('data', onData)
      if (error === undefined) resolve()
      else reject(error)
    }
    const onData = (chunk: Buffer): void => {
      try {
        take(chunk)
      } catch (error) {
        settle(error as Error)
      }
    }
    const deadline = setTimeout(() => settle(tooSlow(limits)), limits.requestMsMax)
    stream.on('data', onData)
    stream.once('end', () => settle())
    stream.once('error', (error) => settle(badRequest(`the request broke off: ${error.message}`)))
    stream.once('close', () => settle(badRequest('the request broke off')))
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
