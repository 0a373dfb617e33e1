import type { Compression } from './compression.ts'

/** The least that zlib takes. */
const CHUNK_BYTES_MIN = 64

/** 4 ms to load: a process that only records packs nothing. */
const load = () => import('node:zlib')
let zlib: ReturnType<typeof load> | undefined

/**
 * In the system's threads, beside the event loop.
 *
 * The room for what comes out is made at once: by the default of 16 KiB each MiB is 64 turns of the event loop and as many buffers for the
 * garbage collector, three times the CPU of unpacking.
 */
export const nodeCompression: Compression = {
  async compress(bytes) {
    const { gzip } = await (zlib ??= load())
    return new Promise((resolve, reject) => {
      const chunkSize = Math.max(CHUNK_BYTES_MIN, bytes.length >> 2)
      gzip(bytes, { chunkSize }, (error, packed) => (error === null ? resolve(packed) : reject(error)))
    })
  },
  async decompress(member, bytesMax) {
    const { gunzip } = await (zlib ??= load())
    return new Promise((resolve, reject) => {
      // One more than there is, so that it need not be asked whether there is more.
      const chunkSize = Math.max(CHUNK_BYTES_MIN, bytesMax + 1)
      gunzip(member, { maxOutputLength: bytesMax, chunkSize }, (error, bytes) =>
        error === null ? resolve(bytes) : reject(error),
      )
    })
  },
}
