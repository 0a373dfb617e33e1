import type { OpenFile, Platform } from '../platform/index.ts'
import { LINE_BYTES_MAX } from './limits.ts'
import type { SealedBlock } from './sealed-format.ts'

/** A larger file is not looked through: it is read as a whole, and a segment of the usual size is a tenth of this when it is sealed. */
const SALVAGED_BYTES_MAX = 256 * 1024 * 1024
/** What every member of gzip begins with; by chance it stands in one file of four. */
const MEMBER = Uint8Array.from([0x1f, 0x8b, 8])
/** Stands for what is damaged: a blank line, so that it is told, and that no good line is taken for the header. */
const GAP_BYTES = 64
/** Ends that are tried for one member: by chance its beginning may stand in it. */
const ENDS_MAX = 4

/**
 * The members of a sealed file that are whole, found by what members begin with: where neither its table nor a manifest tells its blocks.
 * What is damaged had a length that nobody knows: a block of GAP_BYTES without stored bytes stands for it, and what follows moves in the segment.
 *
 * Undefined when there are none. Errors  the system's.
 */
export async function salvageBlocks(platform: Platform, file: OpenFile): Promise<SealedBlock[] | undefined> {
  const fileBytes = await file.bytes()
  if (fileBytes > SALVAGED_BYTES_MAX) return undefined
  const bytes = Buffer.allocUnsafeSlow(fileBytes)
  await file.read(bytes, 0)
  const blocks: SealedBlock[] = []
  let [offset, reached] = [0, 0]
  const add = (length: number, storedOffset: number, storedBytes: number): void => {
    blocks.push({ offset, bytes: length, storedOffset, storedBytes })
    offset += length
  }
  for (let start = bytes.indexOf(MEMBER); start !== -1;) {
    const found = await memberAt(platform, bytes, start)
    // The table is an empty one.
    if (found !== undefined && found.length > 0) {
      if (start > reached) add(GAP_BYTES, reached, 0)
      add(found.length, start, found.end - start)
      reached = found.end
    }
    start = bytes.indexOf(MEMBER, found?.end ?? start + 1)
  }
  return blocks.length === 0 ? undefined : blocks
}

/** Where the member that begins at `start` ends, and its length unpacked; undefined when it is not whole. */
async function memberAt(
  { compression }: Platform,
  bytes: Buffer,
  start: number,
): Promise<{ end: number; length: number } | undefined> {
  for (let end = start, tries = 0; end < bytes.length && tries < ENDS_MAX; tries++) {
    const next = bytes.indexOf(MEMBER, end + 1)
    end = next === -1 ? bytes.length : next
    try {
      const unpacked = await compression.decompress(bytes.subarray(start, end), LINE_BYTES_MAX)
      return { end, length: unpacked.length }
    } catch {
      continue
    }
  }
  return undefined
}
