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

/** The lines of any file, the last one also without a line end; a byte order mark is left out. */
export async function* fileLines(
  platform: Platform,
  path: string,
  bytesMax: number,
): AsyncGenerator<FileLine> {
  const file = await platform.files.open(path, 'read')
  try {
    let number = 1
    let parts: Buffer[] = []
    let held = 0
    const take = (part: Buffer): void => {
      held += part.length
      if (held <= bytesMax) parts.push(part)
      else parts = []
    }
    const line = (): FileLine => {
      const told: FileLine =
        held > bytesMax ? { number } : { number, bytes: withoutMark(Buffer.concat(parts), number) }
      number++
      parts = []
      held = 0
      return told
    }
    for (let offset = 0; ;) {
      const chunk = Buffer.allocUnsafeSlow(READ_BYTES)
      const count = await file.read(chunk, offset)
      if (count === 0) break
      offset += count
      let from = 0
      for (
        let end = chunk.indexOf(LINE_FEED);
        end !== -1 && end < count;
        end = chunk.indexOf(LINE_FEED, from)
      ) {
        take(chunk.subarray(from, end))
        from = end + 1
        yield line()
      }
      take(chunk.subarray(from, count))
    }
    if (held > 0) yield line()
  } finally {
    await file.close()
  }
}

const withoutMark = (bytes: Buffer, number: number): Buffer =>
  number === 1 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
