import { promisify } from 'node:util'
import zlib from 'node:zlib'
import type { ReceiveLimits } from './limits.ts'
import { badRequest, tooLarge } from './refuse.ts'

type Inflate = (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>

// Node before 22.15 has no zstd; it is then simply not among the encodings offered.
const zstd = (zlib as { zstdDecompress?: typeof zlib.gunzip }).zstdDecompress

const INFLATERS: Record<string, Inflate | undefined> = {
  gzip: promisify(zlib.gunzip) as Inflate,
  deflate: promisify(zlib.inflate) as Inflate,
  ...(zstd === undefined ? {} : { zstd: promisify(zstd) as unknown as Inflate }),
}

export const ENCODINGS = ['identity', ...Object.keys(INFLATERS)]

/**
 * Undoes a Content-Encoding off the event loop. Inflates block by block and stops at the limit, so that a small body that
 * inflates without end costs at most the limit.
 *
 * Errors  RefusedError: 413 beyond the limit, 400 for bytes that are not what the encoding says
 */
export async function inflate(
  bytes: Uint8Array,
  encoding: string,
  limits: ReceiveLimits,
): Promise<Uint8Array> {
  if (encoding === '' || encoding === 'identity') return bytes
  const inflater = INFLATERS[encoding]
  if (inflater === undefined) throw new Error(`unknown encoding ${encoding}`)
  try {
    return await inflater(bytes, { maxOutputLength: limits.requestBytesMax })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limits)
    throw badRequest(`the body is not valid ${encoding}: ${(error as Error).message}`)
  }
}
