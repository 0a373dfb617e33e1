import { systemCode } from '../platform/index.ts'
import type { OpenFile, Platform } from '../platform/index.ts'
import { ignoreMissing } from './draft.ts'
import { blocksOf } from './sealed-blocks.ts'
import { salvageBlocks } from './salvage-blocks.ts'
import type { SealedBlock } from './sealed-format.ts'
import { sealedPathOf } from './segment.ts'
import type { Segment } from './segment.ts'

/** A segment that is open, whichever way it is stored. */
export type SegmentFile =
  | { sealed: false; file: OpenFile; close(): Promise<void> }
  | {
      sealed: true
      blocks: readonly SealedBlock[]
      /** Undefined when the block is damaged: what its checksum does not vouch for is not told. */
      readBlock(block: SealedBlock): Promise<Buffer | undefined>
      /** The block as it is stored; undefined when the file ends before it does. */
      readStored(block: SealedBlock): Promise<Buffer | undefined>
      /** Blocks that are whole, where none are known. */
      salvage(): Promise<SealedBlock[] | undefined>
      close(): Promise<void>
    }

/**
 * Opens a segment that was listed at any time: one that has been sealed since is opened as that. What is open stays
 * readable to its end, even when it is sealed meanwhile.
 *
 * Errors  the system's.
 */
export async function openSegment(platform: Platform, segment: Segment): Promise<SegmentFile> {
  if (!segment.sealed) {
    try {
      const file = await platform.files.open(segment.path, 'read')
      return { sealed: false, file, close: () => file.close() }
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error
    }
  }
  const path = sealedPathOf(segment)
  const file = await platform.files.open(path, 'read')
  const stat = await platform.files.stat(path)
  const blocks = (stat && (await blocksOf(platform, path, stat))) ?? []
  return {
    sealed: true,
    blocks,
    readBlock: (block) => unpack(platform, file, block),
    readStored: (block) => readStored(file, block),
    salvage: () => salvageBlocks(platform, file),
    close: () => file.close(),
  }
}

async function readStored(
  file: OpenFile,
  { storedOffset, storedBytes }: SealedBlock,
): Promise<Buffer | undefined> {
  const packed = Buffer.allocUnsafe(storedBytes)
  return (await file.read(packed, storedOffset)) < storedBytes ? undefined : packed
}

export async function unpack(
  platform: Platform,
  file: OpenFile,
  block: SealedBlock,
): Promise<Buffer | undefined> {
  const packed = await readStored(file, block)
  if (packed === undefined) return undefined
  try {
    const unpacked = (await platform.compression.decompress(packed, Math.max(1, block.bytes))) as Buffer
    return unpacked.length === block.bytes ? unpacked : undefined
  } catch {
    return undefined
  }
}

const LINE_FEED = 0x0a

/**
 * The bytes [from, to) of a segment, fewer at its end. Damaged blocks of a sealed one read as empty lines, so that
 * everything around them is found where it is. None of a segment that retention removed since it was listed.
 */
export async function readSegmentRange(
  platform: Platform,
  segment: Segment,
  from: number,
  to: number,
): Promise<Buffer> {
  const opened = await openSegment(platform, segment).catch(ignoreMissing)
  if (opened === undefined) return Buffer.alloc(0)
  try {
    // Slow means: not from the shared pool, whose 8 KiB slabs a kept slice would hold on to.
    const bytes = Buffer.allocUnsafeSlow(Math.max(0, to - from))
    if (!opened.sealed) return bytes.subarray(0, await opened.file.read(bytes, from))
    const wanted = opened.blocks.filter((block) => block.offset < to && block.offset + block.bytes > from)
    let end = from
    const copy = async (block: SealedBlock): Promise<void> => {
      const start = Math.max(from, block.offset)
      const stop = Math.min(to, block.offset + block.bytes)
      const unpacked = await opened.readBlock(block)
      if (unpacked === undefined) bytes.fill(LINE_FEED, start - from, stop - from)
      else unpacked.copy(bytes, start - from, start - block.offset, stop - block.offset)
      end = Math.max(end, stop)
    }
    // Side by side: unpacking takes threads of its own.
    await Promise.all(wanted.map(copy))
    return bytes.subarray(0, end - from)
  } finally {
    await opened.close()
  }
}
