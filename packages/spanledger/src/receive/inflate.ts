import type { Transform } from 'node:stream'
import zlib from 'node:zlib'
import type { Body } from './body.ts'
import type { ReceiveLimits } from './limits.ts'
import { badRequest, tooLarge } from './refuse.ts'

type CreateInflater = (options: { chunkSize: number }) => Transform

// Node before 22.15 has no zstd; it is then simply not among the encodings offered.
const zstd = (zlib as { createZstdDecompress?: CreateInflater }).createZstdDecompress

const INFLATERS: Record<string, CreateInflater | undefined> = {
  gzip: zlib.createGunzip,
  deflate: zlib.createInflate,
  ...(zstd === undefined ? {} : { zstd }),
}

export const ENCODINGS = ['identity', ...Object.keys(INFLATERS)]

const INFLATED_CHUNK_BYTES = 64 * 1024
/** What inflates to more waits for its turn: a body of 64 MiB is there three times while it is joined and read. */
const LARGE_BYTES = 1024 * 1024

/**
 * Undoes a Content-Encoding off the event loop. Stops at the limit, so that a small body that inflates without end costs at
 * most the limit; and all that inflate at a time, by turns, are held within one limit: a hundred small bodies of 60 MiB each took
 * 7 GB while only what was done inflating counted.
 *
 * body    `hold` counts bytes as in flight, or throws; `turn` is waited for by what is large
 * Errors  RefusedError: 413 beyond the limit, 503 from `hold`, 400 for bytes that are not what the encoding says
 */
export function inflate(
  bytes: Uint8Array,
  encoding: string,
  limits: ReceiveLimits,
  body: Pick<Body, 'hold' | 'turn'>,
): Promise<Uint8Array> {
  if (encoding === '' || encoding === 'identity') return Promise.resolve(bytes)
  const create = INFLATERS[encoding]
  if (create === undefined) throw new Error(`unknown encoding ${encoding}`)
  return new Promise((resolve, reject) => {
    const inflater = create({ chunkSize: INFLATED_CHUNK_BYTES })
    const chunks: Buffer[] = []
    let length = 0
    let large: Buffer | undefined
    let waits = false
    const take = (chunk: Buffer): void => {
      if (length + chunk.length > limits.requestBytesMax) throw tooLarge(limits)
      body.hold(chunk.length)
      length += chunk.length
      if (large === undefined) chunks.push(chunk)
      else chunk.copy(large, length - chunk.length)
      if (length <= LARGE_BYTES || waits) return
      waits = true
      inflater.pause()
      void body.turn().then(() => {
        if (inflater.destroyed) return
        // Of the system's memory it takes what is written to.
        large = Buffer.allocUnsafeSlow(limits.requestBytesMax)
        let at = 0
        for (const before of chunks.splice(0)) at += before.copy(large, at)
        inflater.resume()
      })
    }
    inflater.on('data', (chunk: Buffer) => {
      try {
        take(chunk)
      } catch (error) {
        reject(error as Error)
        chunks.length = 0
        large = undefined
        inflater.destroy()
      }
    })
    inflater.once('end', () => resolve(large?.subarray(0, length) ?? Buffer.concat(chunks, length)))
    inflater.once('error', (error) =>
      reject(badRequest(`the body is not valid ${encoding}: ${error.message}`)),
    )
    inflater.end(bytes)
  })
}
