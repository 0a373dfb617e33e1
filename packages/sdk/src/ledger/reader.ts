import type { OpenFile, Platform } from '../platform/index.ts'
import { ignoreMissing } from './draft.ts'
import { LINE_BYTES_MAX, READ_BYTES } from './limits.ts'
import { openSegment } from './segment-file.ts'
import type { SegmentFile } from './segment-file.ts'
import { readHeader } from './segment.ts'
import type { Segment } from './segment.ts'

/** Whole lines that stand one after the other in a segment; the first chunk of a segment begins with its header. */
export interface LineChunk {
  segment: Segment
  /** Where `lines` begins. */
  offset: number
  /** Ends with a line feed; the reader's no more: keep it as long as you like. Empty only with `damage`. */
  lines: Uint8Array
  /** Where to go on. */
  next: number
  /** What is left out here, from `offset` to `next`: a line beyond LINE_BYTES_MAX, or a sealed block that does not unpack. */
  damage?: 'longLine' | 'block'
}

const LINE_FEED = 0x0a
const NOTHING = new Uint8Array()

/**
 * The whole lines of a segment from an offset on, which is 0 or what an earlier chunk gave as `next`.
 *
 * A last line without its line feed is left out: its writer died, or is at work right now. No lock is taken. A segment that
 * retention removed since it was listed has no lines.
 *
 * Errors  SegmentNewerError; the system's.
 */
export async function* readSegment(
  platform: Platform,
  segment: Segment,
  offset = 0,
  options: { readBytes?: number } = {},
): AsyncGenerator<LineChunk, void, void> {
  const opened = await openSegment(platform, segment).catch(ignoreMissing)
  if (opened === undefined) return
  try {
    if (opened.sealed) yield* readSealedLines(opened, segment, offset)
    else yield* readLines(opened.file, segment, offset, options.readBytes ?? READ_BYTES)
  } finally {
    await opened.close()
  }
}

/** As `readSegment`, from a plain file that is open. */
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
      yield { segment, offset, lines: buffer.subarray(0, end), next: offset + end }
      offset += end
      size = readBytes
    } else if (count < size) {
      return
    } else if (size < LINE_BYTES_MAX) {
      size = Math.min(size * 4, LINE_BYTES_MAX)
    } else {
      const next = await endOfLine(file, offset + count)
      if (next === undefined) return
      yield { segment, offset, lines: buffer.subarray(0, 0), next, damage: 'longLine' }
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

/** Blocks hold whole lines, but for a line that is too long for one: its part up to the next line feed is left out. */
async function* readSealedLines(
  file: Extract<SegmentFile, { sealed: true }>,
  segment: Segment,
  start: number,
): AsyncGenerator<LineChunk, void, void> {
  let longLine: number | undefined
  for (const block of file.blocks) {
    const next = block.offset + block.bytes
    if (next <= start) continue
    const bytes = await file.readBlock(block)
    let offset = Math.max(start, block.offset)
    if (bytes === undefined) {
      yield { segment, offset: longLine ?? offset, lines: NOTHING, next, damage: 'block' }
      longLine = undefined
      continue
    }
    if (longLine !== undefined) {
      const end = bytes.indexOf(LINE_FEED) + 1
      if (end === 0) continue
      offset = block.offset + end
      yield { segment, offset: longLine, lines: NOTHING, next: offset, damage: 'longLine' }
      longLine = undefined
    }
    const end = bytes.lastIndexOf(LINE_FEED) + 1
    if (offset === 0) readHeader(bytes.subarray(0, bytes.indexOf(LINE_FEED) + 1), segment.path)
    const lines = bytes.subarray(offset - block.offset, end)
    if (lines.length > 0) yield { segment, offset, lines, next: block.offset + end }
    if (end < bytes.length) longLine = block.offset + end
  }
}
