import type { Pages } from './pages.ts'
import { recordOf, type SqliteValue, varint } from './record.ts'

const INTERIOR = 5
const LEAF = 13
/** A tree of 2^32 pages is not as deep. */
const DEPTH_MAX = 20
/** Longer than any value SQLite stores by default. */
const PAYLOAD_BYTES_MAX = 1_000_000_000

/** The tree is not as it has to be. */
class DamagedTableError extends Error {
  readonly code = 'SQLITE_DAMAGED'
}

/**
 * The rows of a table in the order of their row numbers, one page in memory at a time.
 *
 * Errors  DamagedTableError
 */
export async function* rowsOf(pages: Pages, root: number): AsyncGenerator<SqliteValue[], void, void> {
  try {
    yield* rowsBelow(pages, root, 0, { pages: pages.count })
  } catch (error) {
    // A number that leads out of its page.
    if (error instanceof RangeError) throw new DamagedTableError(error.message)
    throw error
  }
}

/** left  no page is met twice, so that a ring of pages ends */
async function* rowsBelow(
  pages: Pages,
  root: number,
  depth: number,
  left: { pages: number },
): AsyncGenerator<SqliteValue[], void, void> {
  if (root < 1 || root > pages.count || depth > DEPTH_MAX || left.pages-- <= 0)
    throw new DamagedTableError(`page ${root} is out of place`)
  const page = await pages.read(root)
  const at = root === 1 ? 100 : 0
  const type = page[at]
  const cells = page.readUInt16BE(at + 3)
  if (type === INTERIOR) {
    for (let i = 0; i < cells; i++)
      yield* rowsBelow(pages, page.readUInt32BE(page.readUInt16BE(at + 12 + 2 * i)), depth + 1, left)
    yield* rowsBelow(pages, page.readUInt32BE(at + 8), depth + 1, left)
    return
  }
  if (type !== LEAF) throw new DamagedTableError(`page ${root} is of no table`)
  for (let i = 0; i < cells; i++)
    yield recordOf(await payloadAt(pages, page, page.readUInt16BE(at + 8 + 2 * i)))
}

/** What does not fit into its page goes on in a chain of others. */
async function payloadAt(pages: Pages, page: Buffer, cell: number): Promise<Buffer> {
  const [bytes, afterSize] = varint(page, cell)
  const [, start] = varint(page, afterSize)
  const { usable } = pages
  if (bytes <= usable - 35) return page.subarray(start, start + bytes)
  if (bytes > PAYLOAD_BYTES_MAX) throw new DamagedTableError('a row is longer than any can be')
  const least = Math.floor(((usable - 12) * 32) / 255) - 23
  const fitting = least + ((bytes - least) % (usable - 4))
  const local = fitting <= usable - 35 ? fitting : least
  const parts = [page.subarray(start, start + local)]
  let next = page.readUInt32BE(start + local)
  for (let left = bytes - local; left > 0;) {
    if (next < 1 || next > pages.count) throw new DamagedTableError('a row breaks off')
    const overflow = await pages.read(next)
    const part = overflow.subarray(4, 4 + Math.min(left, usable - 4))
    parts.push(part)
    left -= part.length
    next = overflow.readUInt32BE(0)
  }
  return Buffer.concat(parts)
}
