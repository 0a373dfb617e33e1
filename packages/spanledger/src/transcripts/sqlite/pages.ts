import { systemCode, type OpenFile, type Platform } from '@spanledger/sdk/platform'
import { readLog, type WriteAheadLog } from './write-ahead-log.ts'

/** The file is no SQLite database of the kind that is read here, is damaged, or is being changed in a way that forbids reading it. */
class SqliteUnreadableError extends Error {
  readonly code = 'SQLITE_UNREADABLE'
  constructor(path: string, reason: string) {
    super(`${path}: ${reason}`)
  }
}

/** Pages of a database as of one commit, as long as `isSame()`. Numbered from 1. */
export interface Pages {
  /** Without the bytes at the end of a page that SQLite leaves to extensions. */
  usable: number
  count: number
  read(page: number): Promise<Buffer>
  /** False once pages may have been read that are newer than the others: what was read is to be read again. */
  isSame(): Promise<boolean>
  close(): Promise<void>
}

const HEADER_BYTES = 100
const MAGIC = 'SQLite format 3\u0000'
/** Pages that follow each other are read together: one by one is a third of the speed. */
const BLOCK_BYTES = 256 * 1024
const BLOCKS_MAX = 16

/**
 * Opens a database for reading beside the program that writes it: nothing is locked and nothing is written.
 *
 * Errors  SqliteUnreadableError
 * Source  https://www.sqlite.org/fileformat2.html
 */
export async function openPages(platform: Pick<Platform, 'files'>, path: string): Promise<Pages> {
  const { files } = platform
  const journal = await files.stat(`${path}-journal`)
  if (journal !== undefined && journal.bytes > 0)
    throw new SqliteUnreadableError(path, 'a transaction is under way, or was broken off')
  const file = await files.open(path, 'read')
  const log = await files.open(`${path}-wal`, 'read').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  })
  const close = async (): Promise<void> => {
    await file.close()
    await log?.close()
  }
  try {
    return await pagesOf(platform, path, file, log, close)
  } catch (error) {
    await close()
    throw error
  }
}

async function pagesOf(
  { files }: Pick<Platform, 'files'>,
  path: string,
  file: OpenFile,
  logFile: OpenFile | undefined,
  close: () => Promise<void>,
): Promise<Pages> {
  const before = await files.stat(path)
  const header = Buffer.alloc(HEADER_BYTES)
  const count = await file.read(header, 0)
  const log = logFile && (await readLog(logFile))
  if (count < HEADER_BYTES || header.toString('latin1', 0, MAGIC.length) !== MAGIC)
    throw new SqliteUnreadableError(path, 'no SQLite database')
  const size = header.readUInt16BE(16)
  const pageBytes = size === 1 ? 65_536 : size
  if (pageBytes < 512 || (log && log.pageBytes !== pageBytes))
    throw new SqliteUnreadableError(path, 'the size of its pages does not fit')
  const first = log?.offsets.get(1)
  if (first !== undefined) await logFile!.read(header, first)
  if (header.readUInt32BE(56) !== 1) throw new SqliteUnreadableError(path, 'its text is not UTF-8')
  const fromFile = blockReader(file)
  return {
    usable: pageBytes - header[20]!,
    count: log?.pages ?? Math.floor((await file.bytes()) / pageBytes),
    async read(page) {
      const at = log?.offsets.get(page)
      if (at === undefined) return fromFile((page - 1) * pageBytes, pageBytes)
      const bytes = Buffer.allocUnsafe(pageBytes)
      await logFile!.read(bytes, at)
      return bytes
    },
    // A log that begins anew was moved into the file; whoever only appends to it changes nothing that was read.
    async isSame() {
      const now = await files.stat(path)
      return (
        now?.modifiedMs === before?.modifiedMs &&
        now?.bytes === before?.bytes &&
        (await isSameLog(logFile, log))
      )
    },
    close,
  }
}

async function isSameLog(file: OpenFile | undefined, log: WriteAheadLog | undefined): Promise<boolean> {
  if (file === undefined || log === undefined) return true
  const salts = Buffer.alloc(8)
  await file.read(salts, 16)
  return salts.equals(log.salts)
}

function blockReader(file: OpenFile): (offset: number, bytes: number) => Promise<Buffer> {
  const blocks = new Map<number, Buffer>()
  return async (offset, bytes) => {
    const start = Math.floor(offset / BLOCK_BYTES) * BLOCK_BYTES
    let block = blocks.get(start)
    if (block === undefined) {
      const read = Buffer.allocUnsafeSlow(BLOCK_BYTES)
      block = read.subarray(0, await file.read(read, start))
      const [oldest] = blocks.keys()
      if (blocks.size >= BLOCKS_MAX && oldest !== undefined) blocks.delete(oldest)
      blocks.set(start, block)
    }
    return block.subarray(offset - start, offset - start + bytes)
  }
}
