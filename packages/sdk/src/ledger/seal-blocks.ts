import type { OpenFile } from '../platform/index.ts'
import { LINE_BYTES_MAX } from './limits.ts'
import { SEALED_BLOCK_BYTES } from './sealed-format.ts'

/** Blocks that are being packed while one before them is hashed, written and read back: 1 MiB each. */
const AHEAD = 2
const LINE_FEED = 0x0a

interface BlockToSeal {
  /** In the segment. */
  offset: number
  block: Buffer
  packing: Promise<Uint8Array> | undefined
}

/**
 * Blocks of whole lines that together are the file, in order, each already on its way to be packed; a line beyond LINE_BYTES_MAX is cut.
 *
 * Owner   a block is lent until the next one is asked for: its memory is used again, as what is thrown away makes V8 mark its heap.
 * Errors  the system's; EIO when the file became shorter.
 */
export async function* blocksToSeal(
  file: OpenFile,
  bytes: number,
  pack: ((block: Buffer) => Promise<Uint8Array>) | undefined,
): AsyncGenerator<BlockToSeal, void, void> {
  const ahead: BlockToSeal[] = []
  const rooms = Array.from({ length: AHEAD + 1 }, () => Buffer.allocUnsafeSlow(SEALED_BLOCK_BYTES))
  let number = 0
  for (let offset = 0; offset < bytes; offset += ahead.at(-1)!.block.length) {
    if (ahead.length > AHEAD) yield ahead.shift()!
    const block = await readBlock(file, offset, bytes, rooms[number++ % rooms.length]!)
    const packing = pack?.(block)
    // Whoever takes the block is told; who stops before is not interested.
    packing?.catch(() => {})
    ahead.push({ offset, block, packing })
  }
  yield* ahead
}

async function readBlock(file: OpenFile, offset: number, bytes: number, room: Buffer): Promise<Buffer> {
  let buffer = room.subarray(0, bytes - offset)
  for (const size of [SEALED_BLOCK_BYTES, LINE_BYTES_MAX]) {
    if (size > room.length) buffer = Buffer.allocUnsafeSlow(Math.min(size, bytes - offset))
    const count = await file.read(buffer, offset)
    if (count < buffer.length) throw Object.assign(new Error('the segment became shorter'), { code: 'EIO' })
    const end = buffer.lastIndexOf(LINE_FEED) + 1
    if (end > 0) return buffer.subarray(0, end)
  }
  return buffer
}
