import { Buffer } from 'node:buffer'
import type { Platform } from '@spanledger/sdk/platform'

const READ_BYTES = 1024 * 1024
const LINE_FEED = 10

/** A line without its end; `bytes` is absent when it is longer than allowed. */
export interface FileLine {
  /** From 1. */
  number: number
  bytes?: Buffer
}

/** A file from its beginning, in parts. */
export async function* fileChunks(platform: Platform, path: string): AsyncGenerator<Buffer> {
  const file = await platform.files.open(path, 'read')
  try {
    for (let offset = 0; ;) {
      const chunk = Buffer.allocUnsafeSlow(READ_BYTES)
      const count = await file.read(chunk, offset)
      if (count === 0) return
      offset += count
      yield chunk.subarray(0, count)
    }
  } finally {
    await file.close()
  }
}

/** The lines of a text in parts, the last one also without a line end. */
export async function* linesOf(chunks: AsyncIterable<Buffer>, bytesMax: number): AsyncGenerator<FileLine> {
  let number = 1
  let parts: Buffer[] = []
  let held = 0
  const take = (part: Buffer): void => {
    held += part.length
    if (held <= bytesMax) parts.push(part)
    else parts = []
  }
  const line = (): FileLine => {
    const told: FileLine = held > bytesMax ? { number } : { number, bytes: Buffer.concat(parts) }
    number++
    parts = []
    held = 0
    return told
  }
  for await (const chunk of chunks) {
    let from = 0
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
      take(chunk.subarray(from, end))
      from = end + 1
      yield line()
    }
    take(chunk.subarray(from))
  }
  if (held > 0) yield line()
}

/** The beginning of a text, without the byte order mark. */
export const withoutMark = (bytes: Buffer): Buffer =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
