import type { Platform } from '../platform/index.ts'
import { openDraft, publishDraft, writeAll } from './draft.ts'
import type { Quarantine, Range } from './quarantine.ts'
import { tableMember } from './sealed-format.ts'
import type { SealedBlock } from './sealed-format.ts'
import { openSegment, unpack } from './segment-file.ts'
import type { SegmentFile } from './segment-file.ts'
import type { Segment } from './segment.ts'

const SPACE = 0x20
const LINE_FEED = 0x0a
const BLANK_BYTES = 1024 * 1024

/**
 * Writes spaces over damaged lines of a plain segment, in their place and of their length: nothing else moves, so that whoever
 * reads or appends meanwhile is not disturbed. The originals are in quarantine before.
 *
 * Returns where they are kept. Killed in between, the lines are as damaged as they were, or blank.
 */
export async function isolateLines(
  platform: Platform,
  segment: Segment,
  ranges: readonly Range[],
  quarantine: Quarantine,
): Promise<string> {
  const file = await platform.files.open(segment.path, 'update')
  try {
    const aside = await quarantine.copy(segment.kind, segment.path, file, ranges)
    for (const { offset, bytes } of ranges) {
      for (let done = 0; done < bytes;) {
        const blank = Buffer.alloc(Math.min(BLANK_BYTES, bytes - done), SPACE)
        done += blank.length
        if (done === bytes) blank[blank.length - 1] = LINE_FEED
        await writeAll(file, blank, offset + done - blank.length, segment.path)
      }
    }
    await file.datasync()
    return aside
  } finally {
    await file.close()
  }
}

/**
 * Writes a sealed segment anew: good blocks as they are, damaged ones and damaged lines blank and of the same length, so
 * that everything stays at its offset; with a table that is whole. The original file is in quarantine before.
 *
 * Where neither its table nor a manifest tells where its blocks are, those that are whole are kept.
 *
 * Returns where it is kept; undefined when nothing of it can be read.
 */
export async function rewriteSealed(
  platform: Platform,
  segment: Segment,
  lines: readonly Range[],
  quarantine: Quarantine,
): Promise<string | undefined> {
  const opened = await openSegment(platform, segment)
  try {
    if (!opened.sealed) return undefined
    const isKnown = opened.blocks.length > 0
    const found = isKnown ? opened.blocks : await opened.salvage()
    if (found === undefined) return undefined
    const draft = await openDraft(platform, segment.path)
    try {
      const blocks: SealedBlock[] = []
      let storedOffset = 0
      for (const block of found) {
        const packed = await mended(platform, opened, block, { lines, anew: !isKnown })
        const { offset, bytes } = block
        await writeAll(draft, packed, storedOffset, segment.path)
        blocks.push({ offset, bytes, storedOffset, storedBytes: packed.length })
        if ((await unpack(platform, draft, blocks.at(-1)!)) === undefined)
          throw Object.assign(new Error(`${segment.path} does not read back`), { code: 'EIO' })
        storedOffset += packed.length
      }
      await writeAll(draft, tableMember(blocks), storedOffset, segment.path)
      await draft.datasync()
    } finally {
      await draft.close()
    }
    const aside = await quarantine.link(segment.kind, segment.path)
    await publishDraft(platform, segment.path)
    return aside
  } finally {
    await opened.close()
  }
}

/** A block as it is stored, without its damage; packed `anew` where nobody vouches for where its stored bytes end. */
async function mended(
  platform: Platform,
  file: Extract<SegmentFile, { sealed: true }>,
  block: SealedBlock,
  { lines, anew }: { lines: readonly Range[]; anew: boolean },
): Promise<Uint8Array> {
  const end = block.offset + block.bytes
  const content = await file.readBlock(block)
  const damaged = lines.filter(({ offset, bytes }) => offset < end && offset + bytes > block.offset)
  if (content !== undefined && damaged.length === 0 && !anew) {
    const packed = await file.readStored(block)
    if (packed !== undefined) return packed
  }
  const blank = content ?? Buffer.alloc(block.bytes)
  for (const { offset, bytes } of content === undefined ? [block] : damaged) {
    const stop = Math.min(end, offset + bytes)
    blank.fill(SPACE, Math.max(0, offset - block.offset), stop - block.offset)
    if (stop === offset + bytes) blank[stop - block.offset - 1] = LINE_FEED
  }
  return platform.compression.compress(blank)
}
