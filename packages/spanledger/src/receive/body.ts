import type { Readable } from 'node:stream'
import type { Inflight } from './inflight.ts'
import type { ReceiveLimits } from './limits.ts'
import { badRequest, tooLarge } from './refuse.ts'

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
 * Errors  RefusedError: 413 beyond requestBytesMax, 503 beyond inflightBytesMax, 400 when the client went away
 */
export function readBody(stream: Readable, inflight: Inflight, limits: ReceiveLimits): Promise<Body> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
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
      chunks.push(chunk)
    }
    stream.on('data', onData)
    stream.once('end', () => {
      settled = true
      resolve({ bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks), hold, release })
    })
    stream.once('error', (error) => fail(badRequest(`the request broke off: ${error.message}`)))
    stream.once('close', () => fail(badRequest('the request broke off')))
  })
}
