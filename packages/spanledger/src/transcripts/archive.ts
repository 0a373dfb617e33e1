import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import type { Home } from '@spanledger/sdk/ledger'
import type { OpenFile, Platform } from '@spanledger/sdk/platform'
import type { Redactor } from '@spanledger/sdk/redact'
import { type ArchiveEntry, archivePath, makeFolder, nameOf, writeAll, writeEntry } from './archive-entry.ts'
import { lastChange } from './import-transcript.ts'
import type { Line } from './json.ts'
import { linesBehind } from './lines.ts'
import { redactLine } from './redact-line.ts'
import type { Transcript } from './sources.ts'

export interface Archived {
  agent: string
  path: string
  /** Lines that were added to the archive. */
  lines: number
  /** Bytes of these, and what they take there. */
  bytes: number
  storedBytes: number
  redacted: number
  from: 'unchanged' | 'continued' | 'whole' | 'rewritten'
}

/** What was put into the archive cannot be read from it again: the disk, or a bug. The archive's entry does not count it. */
class ArchiveUnreadableError extends Error {
  readonly code = 'ARCHIVE_UNREADABLE'
  constructor(path: string) {
    super(`${path}: what was written there reads otherwise; the transcript itself is as it was`)
  }
}

/** Text of one gzip member: read again as a whole. */
const MEMBER_BYTES = 4 * 1024 * 1024
/** Members longer than this were not made here. */
const MEMBER_BYTES_MAX = 256 * 1024 * 1024

type Parts = Pick<Platform, 'files' | 'random' | 'compression'>

/**
 * Copies what a transcript has gained into the archive, without its secrets. The transcript is only read.
 *
 * known    the latest entry of this source
 * Durable  when it resolves, and read back: an entry only ever counts what was
 * Errors   those of the disk; ArchiveUnreadableError; of a database SqliteUnreadableError
 */
export async function archiveTranscript(
  transcript: Transcript,
  options: { platform: Parts; home: Home; redactor: Redactor; known: ArchiveEntry | undefined },
): Promise<Archived> {
  const { format, path, bytes } = transcript
  const { platform, home, redactor, known } = options
  const changedAt = await lastChange(platform, transcript)
  const archived: Archived = {
    agent: format.agent,
    path,
    lines: 0,
    bytes: 0,
    storedBytes: 0,
    redacted: 0,
    from: 'unchanged',
  }
  if (known?.fileBytes === bytes && known.modifiedMs === changedAt) return archived
  const rows = format.linesOf?.(platform, path)
  const before = known && (await isWhole(platform, home, known)) ? known : undefined
  const behind = rows ? undefined : await linesBehind(platform, path, before?.taken)
  archived.from = before === undefined ? 'whole' : rows || behind ? 'continued' : 'rewritten'
  const entry = before && archived.from === 'continued' ? structuredClone(before) : entryOf(transcript, known)
  await makeFolder(platform, home, format.agent)
  const writer = await openMembers(platform, home, entry)
  try {
    const take = (line: Buffer): void => {
      const { line: clean, count } = redactLine(line, redactor)
      writer.add(clean)
      archived.lines++
      archived.bytes += line.length + 1
      archived.redacted += count
    }
    if (rows) await takeRows(rows, entry, take, writer)
    else
      for await (const { lines, end, digest } of behind ?? (await linesBehind(platform, path, undefined))!) {
        for (const line of lines) if (line.bytes !== undefined) take(line.bytes)
        entry.taken = { bytes: end, sha256: digest() }
        await writer.flushFull()
      }
    archived.storedBytes = await writer.flush()
  } finally {
    await writer.close()
  }
  entry.lines += archived.lines
  entry.redacted += archived.redacted
  await writeEntry(platform, home, { ...entry, fileBytes: bytes, modifiedMs: changedAt })
  return archived
}

/** Somebody may have deleted it, or cut it short: then another file is begun. */
async function isWhole(platform: Parts, home: Home, entry: ArchiveEntry): Promise<boolean> {
  const stat = await platform.files.stat(archivePath(home, entry))
  return stat !== undefined && stat.bytes >= entry.members.reduce((sum, bytes) => sum + bytes, 0)
}

function entryOf({ format, path }: Transcript, before: ArchiveEntry | undefined): ArchiveEntry {
  const generation = before === undefined ? 1 : Number(/\.(\d+)$/.exec(before.name)?.[1] ?? 1) + 1
  return {
    agent: format.agent,
    source: path,
    name: nameOf(path, generation),
    taken: { bytes: 0, sha256: createHash('sha256').digest('hex') },
    fileBytes: 0,
    modifiedMs: 0,
    changedMs: 0,
    members: [],
    lines: 0,
    redacted: 0,
  }
}

/** Of a database the rows that were changed since; those of the same millisecond come twice, which readers do not mind. */
async function takeRows(
  rows: AsyncGenerator<Line, boolean, void>,
  entry: ArchiveEntry,
  take: (line: Buffer) => void,
  writer: { flushFull(): Promise<void> },
): Promise<void> {
  const since = entry.changedMs
  for (;;) {
    const next = await rows.next()
    if (next.done === true) {
      // Changed under its hands: the next time all of it is looked at again.
      if (!next.value) entry.changedMs = since
      return
    }
    const row = next.value
    const changed = Number(row['time_updated'] ?? row['time_created'] ?? since)
    if (!(changed >= since)) continue
    entry.changedMs = Math.max(entry.changedMs, changed)
    take(Buffer.from(JSON.stringify(row)))
    await writer.flushFull()
  }
}

interface Members {
  add(line: Buffer): void
  /** Writes what is more than a member. */
  flushFull(): Promise<void>
  /** Writes all; returns the bytes that were written since the archive was opened. */
  flush(): Promise<number>
  close(): Promise<void>
}

async function openMembers(platform: Parts, home: Home, entry: ArchiveEntry): Promise<Members> {
  const path = archivePath(home, entry)
  let end = entry.members.reduce((sum, bytes) => sum + bytes, 0)
  const start = end
  const file: OpenFile = (await platform.files.stat(path))
    ? await platform.files.open(path, 'update')
    : await platform.files.open(path, 'create', 0o600)
  // What a run that was broken off had written behind the entry's end.
  await file.truncate(end)
  let held: Buffer[] = []
  let heldBytes = 0
  const flush = async (): Promise<number> => {
    if (heldBytes === 0) return end - start
    const text = Buffer.concat(held)
    ;[held, heldBytes] = [[], 0]
    const member = await platform.compression.compress(text)
    await writeAll(file, member, end, path)
    await file.datasync()
    const back = Buffer.allocUnsafeSlow(member.length)
    const count = await file.read(back, end)
    const again = await platform.compression
      .decompress(back.subarray(0, count), text.length)
      .catch(() => undefined)
    if (again === undefined || !text.equals(again)) throw new ArchiveUnreadableError(path)
    end += member.length
    entry.members.push(member.length)
    return end - start
  }
  return {
    add(line) {
      held.push(line, NEW_LINE)
      heldBytes += line.length + 1
    },
    flushFull: async () => void (heldBytes >= MEMBER_BYTES && (await flush())),
    flush,
    close: () => file.close(),
  }
}

const NEW_LINE = Buffer.from('\n')

/** The lines of an archived transcript, a member at a time. Errors  when a member is damaged. */
export async function* archivedLines(
  platform: Pick<Platform, 'files' | 'compression'>,
  home: Home,
  entry: ArchiveEntry,
): AsyncGenerator<Buffer[], void, void> {
  const file = await platform.files.open(archivePath(home, entry), 'read')
  try {
    let at = 0
    for (const bytes of entry.members) {
      const member = Buffer.allocUnsafeSlow(bytes)
      const count = await file.read(member, at)
      const text = Buffer.from(
        await platform.compression.decompress(member.subarray(0, count), MEMBER_BYTES_MAX),
      )
      const lines: Buffer[] = []
      for (let from = 0; from < text.length;) {
        const end = text.indexOf(10, from)
        lines.push(text.subarray(from, end))
        from = end + 1
      }
      yield lines
      at += bytes
    }
  } finally {
    await file.close()
  }
}
