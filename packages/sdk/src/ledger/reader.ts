import type { OpenFile, Platform } from '../platform/index.ts'
import { LINE_BYTES_MAX, READ_BYTES } from './limits.ts'
import { readHeader } from './segment.ts'
import type { Segment } from './segment.ts'

/** Whole lines that stand one after the other in a segment; the first chunk of a segment begins with its header. */
export interface LineChunk {
  segment: Segment
  /** Where `lines` begins. */
  offset: number
  /** Ends with a line feed; the reader's no more: keep it as long as you like. Empty only when `tooLong` is not 0. */
  lines: Uint8Array
  /** Where to go on. */
  next: number
  /** Length of a damaged line, beyond LINE_BYTES_MAX, that stands at `offset` and is left out; 0 otherwise. */
  tooLong: number
}

const LINE_FEED = 0x0a

/**
 * The whole lines of a segment from an offset on, which is 0 or what an earlier chunk gave as `next`.
 *
 * A last line without its line feed is left out: its writer died, or is at work right now. No lock is taken.
 *
 * Errors  SegmentNewerError; the system's.
 */
export async function* readSegment(
  platform: Platform,
  segment: Segment,
  offset = 0,
  options: { readBytes?: number } = {},
): AsyncGenerator<LineChunk, void, void> {
  const file = await platform.files.open(segment.path, 'read')
  try {
    yield* readLines(file, segment, offset, options.readBytes ?? READ_BYTES)
  } finally {
    await file.close()
  }
}

/** As `readSegment`, from a file that is open. */
export async function* readLines(
  file: OpenFile,
  segment: Segment,
  start: number,
  readBytes = READ_BYTES,
): AsyncGenerator<LineChunk, void, void> {
  let offset = start
  let size = readBytes
  for (;;) {
    const left = (await file.bytes()) - offset
    if (left <= 0) return
    const buffer = Buffer.allocUnsafeSlow(Math.min(size, left))
    const count = await file.read(buffer, offset)
    const end = buffer.lastIndexOf(LINE_FEED, count - 1) + 1
    if (end > 0 && count > 0) {
      if (offset === 0) readHeader(buffer.subarray(0, buffer.indexOf(LINE_FEED) + 1), segment.path)
      yield { segment, offset, lines: buffer.subarray(0, end), next: offset + end, tooLong: 0 }
      offset += end
      size = readBytes
    } else if (count < size) {
      return
    } else if (size < LINE_BYTES_MAX) {
      size = Math.min(size * 4, LINE_BYTES_MAX)
    } else {
      const next = await endOfLine(file, offset + count)
      if (next === undefined) return
      yield { segment, offset, lines: buffer.subarray(0, 0), next, tooLong: next - offset }
      offset = next
      size = readBytes
    }
  }
}

async function endOfLine(file: OpenFile, start: number): Promise<number | undefined> {
  const buffer = Buffer.allocUnsafe(READ_BYTES)
  for (let offset = start; ;) {
    const count = await file.read(buffer, offset)
    const found = buffer.subarray(0, count).indexOf(LINE_FEED)
    if (found >= 0) return offset + found + 1
    if (count < buffer.length) return undefined
    offset += count
  }
}
