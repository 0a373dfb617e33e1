import { Buffer } from 'node:buffer'
import { withoutMark } from './file-lines.ts'

const SPACE = 0x20

/** A text up to the end of its first line that is not blank, and what came with it; no more than one part beyond `bytesMax`. */
export async function firstLine(chunks: AsyncIterator<Buffer>, bytesMax: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let isBegun = false
  for (let size = 0; size <= bytesMax;) {
    const next = await chunks.next()
    if (next.done === true) break
    const part: Buffer = next.value
    parts.push(part)
    size += part.length
    const from: number = isBegun ? 0 : part.findIndex((byte) => byte > SPACE)
    isBegun ||= from !== -1
    if (isBegun && part.includes('\n', from)) break
  }
  return withoutMark(Buffer.concat(parts))
}

/** All of it, in parts. */
export async function* joined(begin: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield begin
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
}

/** All of it, up to so many bytes. */
export async function wholeOf(begin: Buffer, rest: AsyncIterator<Buffer>, bytesMax: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of joined(begin, rest)) {
    parts.push(part)
    size += part.length
    if (size >= bytesMax) break
  }
  return Buffer.concat(parts).subarray(0, bytesMax)
}
