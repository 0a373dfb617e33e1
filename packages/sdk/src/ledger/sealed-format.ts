import { LINE_BYTES_MAX } from './limits.ts'

/** A run of a segment's bytes that is packed as one gzip member and read by itself. */
export interface SealedBlock {
  /** In the segment, as if it were not sealed. */
  offset: number
  bytes: number
  /** In the sealed file. */
  storedOffset: number
  storedBytes: number
}

/**
 * Whole lines up to this, as one block: a 32 KiB window gains nothing from more (52.7 bytes a span with 1 MiB and with 4 MiB), while a
 * smaller block is unpacked sooner and takes less with it when it is damaged.
 */
export const SEALED_BLOCK_BYTES = 1024 * 1024

/** Behind a member's first ten bytes: length of the extra field, `SL`, length of its content. */
const EXTRA_AT = 10
const CONTENT_AT = EXTRA_AT + 6
/** An empty deflate stream, checksum and length 0. */
const EMPTY = Uint8Array.from([3, 0, 0, 0, 0, 0, 0, 0, 0, 0])
const HEADER = Uint8Array.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255])
const ENTRY_BYTES = 8
/** An extra field has at most 65,535 bytes. */
const BLOCKS_MAX = Math.floor((0xffff - 4 - 4) / ENTRY_BYTES)

/**
 * The last member of a sealed file: empty for every tool, and its extra field lists the blocks, so that the file is read
 * without anything beside it. Two 32-bit little-endian numbers a block, its packed and its unpacked length, then the length of
 * this member itself.
 */
export function tableMember(blocks: readonly SealedBlock[]): Uint8Array {
  if (blocks.length > BLOCKS_MAX) throw new RangeError(`${blocks.length} blocks, at most ${BLOCKS_MAX} fit`)
  const content = ENTRY_BYTES * blocks.length + 4
  const member = Buffer.alloc(CONTENT_AT + content + EMPTY.length)
  member.set(HEADER)
  member.writeUInt16LE(4 + content, EXTRA_AT)
  member.write('SL', EXTRA_AT + 2, 'latin1')
  member.writeUInt16LE(content, EXTRA_AT + 4)
  for (const [i, { bytes, storedBytes }] of blocks.entries()) {
    member.writeUInt32LE(storedBytes, CONTENT_AT + ENTRY_BYTES * i)
    member.writeUInt32LE(bytes, CONTENT_AT + ENTRY_BYTES * i + 4)
  }
  member.writeUInt32LE(member.length, CONTENT_AT + content - 4)
  member.set(EMPTY, CONTENT_AT + content)
  return member
}

/** How long the table at the end of a sealed file is, by the file's last bytes; undefined when they are none of a table. */
export function tableBytes(end: Buffer): number | undefined {
  const at = end.length - EMPTY.length - 4
  if (at < 0 || end.compare(EMPTY, 0, EMPTY.length, at + 4) !== 0) return undefined
  return end.readUInt32LE(at)
}

/** The blocks a table member lists; undefined when it is damaged or not of a file of this size. */
export function parseTable(member: Buffer, fileBytes: number): SealedBlock[] | undefined {
  if (member.length < CONTENT_AT + 4 + EMPTY.length || member.compare(HEADER, 0, 10, 0, 10) !== 0)
    return undefined
  const content = member.readUInt16LE(EXTRA_AT + 4)
  if (member.toString('latin1', EXTRA_AT + 2, EXTRA_AT + 4) !== 'SL') return undefined
  if (CONTENT_AT + content + EMPTY.length !== member.length) return undefined
  const blocks: SealedBlock[] = []
  let offset = 0
  let storedOffset = 0
  for (let at = CONTENT_AT; at + ENTRY_BYTES <= CONTENT_AT + content - 4; at += ENTRY_BYTES) {
    const storedBytes = member.readUInt32LE(at)
    const bytes = member.readUInt32LE(at + 4)
    // No block is larger: a flipped bit of a length must not make anyone reserve gigabytes for it.
    if (bytes > LINE_BYTES_MAX) return undefined
    blocks.push({ offset, bytes, storedOffset, storedBytes })
    offset += bytes
    storedOffset += storedBytes
  }
  return storedOffset + member.length === fileBytes ? blocks : undefined
}
