import { gunzip, gzip } from 'node:zlib'
import type { Compression } from './compression.ts'

/** In the system's threads, beside the event loop. */
export const nodeCompression: Compression = {
  compress: (bytes) =>
    new Promise((resolve, reject) => {
      gzip(bytes, (error, packed) => (error === null ? resolve(packed) : reject(error)))
    }),
  decompress: (member, bytesMax) =>
    new Promise((resolve, reject) => {
      gunzip(member, { maxOutputLength: bytesMax }, (error, bytes) =>
        error === null ? resolve(bytes) : reject(error),
      )
    }),
}
