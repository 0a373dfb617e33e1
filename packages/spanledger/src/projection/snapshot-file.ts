import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Home } from '@spanledger/sdk/ledger'
import { type Clock, type Files, hexOf, type OpenFile, type Platform } from '@spanledger/sdk/platform'

/** One read or write. */
const PIECE_BYTES = 1024 * 1024
/** A snapshot's line is a session's: longer than this it is none. */
const LINE_BYTES_MAX = 16 * 1024 * 1024
const LINE_FEED = 0x0a

const pathOf = (home: Home, name: string): string => join(home.index, `${name}.jsonl`)

/**
 * Writes HOME/index/<name>.jsonl: a head, lines, and a last line with the SHA-256 of all before it.
 *
 * Not fsynced, since it is disposable: written beside and renamed, and what a power failure leaves of it does not fit its
 * last line.
 *
 * Errors  those of the disk; the one before stays.
 */
export async function writeSnapshot(
  { clock, files, random }: Platform,
  home: Home,
  name: string,
  head: object,
  lines: Iterable<string>,
): Promise<void> {
  const temporary = `${pathOf(home, name)}.${hexOf(random(6))}`
  const file = await files.open(temporary, 'create', 0o600)
  const hash = createHash('sha256')
  let offset = 0
  const write = async (text: string): Promise<void> => {
    const bytes = Buffer.from(text)
    hash.update(bytes)
    if ((await file.write([bytes], offset)) < bytes.length)
      throw Object.assign(new Error(`no space left for ${temporary}`), { code: 'ENOSPC' })
    offset += bytes.length
  }
  try {
    try {
      let text = `${JSON.stringify(head)}\n`
      for (const line of lines) {
        text += `${line}\n`
        if (text.length < PIECE_BYTES) continue
        await write(text)
        text = ''
      }
      await write(text)
      await write(`${JSON.stringify({ sha256: hash.copy().digest('hex') })}\n`)
    } finally {
      await file.close()
    }
    await files.rename(temporary, pathOf(home, name))
    await sweep(files, clock, home, name)
  } catch (error) {
    await files.unlink(temporary).catch(() => {})
    throw error
  }
}

/** What writers that died left half written: nobody writes for so long. */
const ABANDONED_MS = 3_600_000

async function sweep(files: Files, clock: Clock, home: Home, name: string): Promise<void> {
  for (const file of await files.readdir(home.index)) {
    if (!file.startsWith(`${name}.jsonl.`)) continue
    const path = join(home.index, file)
    const stat = await files.stat(path)
    if (stat && clock.nowMs() - stat.modifiedMs > ABANDONED_MS) await files.unlink(path)
  }
}

/**
 * The head first, then each line: `take` returns false, or throws, where it has no use for them.
 *
 * False where there is no such file, where it is not whole, or where `take` did not want it: what was taken is void then.
 */
export async function readSnapshot(
  { files }: Platform,
  home: Home,
  name: string,
  take: (line: string) => Promise<boolean> | boolean,
): Promise<boolean> {
  try {
    const file = await files.open(pathOf(home, name), 'read')
    try {
      return await readLines(file, take)
    } finally {
      await file.close()
    }
  } catch {
    // Not there, unreadable, no JSON: whatever it is, the ledger has it all.
    return false
  }
}

async function readLines(
  file: OpenFile,
  take: (line: string) => Promise<boolean> | boolean,
): Promise<boolean> {
  const hash = createHash('sha256')
  const size = await file.bytes()
  let rest: Buffer = Buffer.alloc(0)
  let last: Buffer | undefined
  for (let offset = 0; offset < size;) {
    const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, size - offset))
    const count = await file.read(piece, offset)
    if (count === 0 || rest.length > LINE_BYTES_MAX) return false
    offset += count
    const bytes = Buffer.concat([rest, piece.subarray(0, count)])
    let start = 0
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      if (last !== undefined) {
        hash.update(last).update('\n')
        if (!(await take(last.toString()))) return false
      }
      last = bytes.subarray(start, end)
      start = end + 1
    }
    rest = bytes.subarray(start)
  }
  if (last === undefined || rest.length > 0) return false
  return last.toString() === JSON.stringify({ sha256: hash.digest('hex') })
}

/** 0 where there is none. */
export async function snapshotBytes({ files }: Platform, home: Home, name: string): Promise<number> {
  return (await files.stat(pathOf(home, name)))?.bytes ?? 0
}
