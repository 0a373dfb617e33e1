import type { Transform } from 'node:stream'
import zlib from 'node:zlib'
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

/**
 * Undoes a Content-Encoding off the event loop. Stops at the limit, so that a small body that inflates without end costs at
 * most the limit; and all that inflate at a time, by turns, are held within one limit: a hundred small bodies of 60 MiB each took
 * 7 GB while only what was done inflating counted.
 *
 * hold    counts bytes as in flight, or throws
 * Errors  RefusedError: 413 beyond the limit, 503 from `hold`, 400 for bytes that are not what the encoding says
 */
export function inflate(
  bytes: Uint8Array,
  encoding: string,
  limits: ReceiveLimits,
  hold: (bytes: number) => void,
): Promise<Uint8Array> {
  if (encoding === '' || encoding === 'identity') return Promise.resolve(bytes)
  const create = INFLATERS[encoding]
  if (create === undefined) throw new Error(`unknown encoding ${encoding}`)
  return new Promise((resolve, reject) => {
    const inflater = create({ chunkSize: INFLATED_CHUNK_BYTES })
    const chunks: Buffer[] = []
    let length = 0
    inflater.on('data', (chunk: Buffer) => {
      length += chunk.length
      try {
        if (length > limits.requestBytesMax) throw tooLarge(limits)
        hold(chunk.length)
        chunks.push(chunk)
      } catch (error) {
        reject(error as Error)
        chunks.length = 0
        inflater.destroy()
      }
    })
    inflater.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length)))
    inflater.once('error', (error) =>
      reject(badRequest(`the body is not valid ${encoding}: ${error.message}`)),
    )
    inflater.end(bytes)
  })
}
