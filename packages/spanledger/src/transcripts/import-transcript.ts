import { createHash } from 'node:crypto'
import type { NewEvent } from '@spanledger/sdk/model'
import type { Platform } from '@spanledger/sdk/platform'
import type { SessionEvent } from '../agents/index.ts'
import type { Redactor } from '@spanledger/sdk/redact'
import type { ArchiveEntry } from './archive-entry.ts'
import type { Reading } from './format.ts'
import { formatOfAgent } from './formats.ts'
import type { Kept } from './kept.ts'
import { linesBehind } from './lines.ts'
import type { Transcript } from './sources.ts'
import { countBad, noTally, type Tally } from './tally.ts'
import { TranscriptReader } from './transcript-reader.ts'

/** What of an event store is needed here. */
export interface EventSink {
  appendMany(batches: { stream: string; events: NewEvent[] }[]): Promise<unknown>
  absent(ids: readonly string[]): Promise<Set<string>>
}

/**
 * unchanged  nothing was read: it is as it was
 * continued  from where it ended the last time
 * whole      from its beginning
 * rewritten  from its beginning, since what was read before stands there no longer
 * archive    it is gone: what was archived of it
 */
type ImportedFrom = 'unchanged' | 'continued' | 'whole' | 'rewritten' | 'archive'

export interface Imported extends Tally {
  agent: string
  path: string
  from: ImportedFrom
  bytes: number
  /** Behind the last line end: an agent is writing there, or the file was cut off. */
  unfinishedBytes: number
}

export interface ImportOptions {
  platform: Pick<Platform, 'files'>
  events: EventSink
  redactor: Redactor
  /** Of the last time. */
  kept?: Kept | undefined
  /** Called with every step that is safe in the ledger. */
  keep(kept: Kept): Promise<void>
}

/** Events of one append: a group commit. */
const EVENTS_PER_APPEND = 500

/**
 * What a transcript tells, into the sessions' streams. Importing again adds nothing; a file that grew is read on from where it
 * ended. What cannot be read is counted and named, and the rest goes in.
 *
 * Durable  what `keep` was called with is
 * Errors   those of the disk and of the event store; of a database SqliteUnreadableError
 */
export async function importTranscript(transcript: Transcript, options: ImportOptions): Promise<Imported> {
  const { format, path, bytes, modifiedMs } = transcript
  const { platform, redactor, kept, keep } = options
  const tally = noTally()
  const done = (from: ImportedFrom, unfinishedBytes = 0): Imported => ({
    agent: format.agent,
    path,
    from,
    bytes,
    unfinishedBytes,
    ...tally,
  })
  const changedAt = await lastChange(platform, transcript)
  if (kept?.fileBytes === bytes && kept.modifiedMs === changedAt) return done('unchanged', bytes - kept.bytes)

  const lines = format.linesOf?.(platform, path)
  const begun = (): Reading => ({ lastAt: modifiedMs, changedAt: modifiedMs, ...format.fromPath?.(path) })
  if (lines) {
    const reader = new TranscriptReader(format, begun(), redactor, tally)
    const wasStill = await readObjects(lines, reader, options.events, tally)
    if (wasStill)
      await keep({
        bytes,
        sha256: '',
        fileBytes: bytes,
        modifiedMs: changedAt,
        lines: tally.lines,
        reading: {},
      })
    return done('whole')
  }

  const behind = await linesBehind(platform, path, kept)
  const from: ImportedFrom = kept === undefined ? 'whole' : behind ? 'continued' : 'rewritten'
  const batches = behind ?? (await linesBehind(platform, path, undefined))!
  if (from === 'continued') tally.lines = kept!.lines
  const reading =
    from === 'continued' ? { ...structuredClone(kept!.reading), changedAt: modifiedMs } : begun()
  const reader = new TranscriptReader(format, reading, redactor, tally)
  let last = from === 'continued' ? kept : undefined
  for (;;) {
    const next = await batches.next()
    if (next.done === true) {
      reader.settle()
      await append(reader.take(), options.events, tally)
      await keep({ ...(last ?? { ...NOTHING, reading: begun() }), fileBytes: bytes, modifiedMs: changedAt })
      if (from === 'continued') tally.lines -= kept!.lines
      return done(from, next.value)
    }
    for (const line of next.value.lines) reader.line(line.bytes)
    if (reader.waiting >= EVENTS_PER_APPEND || next.value.end - (last?.bytes ?? 0) >= KEEP_BYTES) {
      await append(reader.take(), options.events, tally)
      last = keptAt(next.value)
      await keep(last)
    } else last = keptAt(next.value)
  }

  function keptAt({ end, digest }: { end: number; digest(): string }): Kept {
    // Not the file's: whoever is interrupted here comes by again.
    return {
      bytes: end,
      sha256: digest(),
      fileBytes: 0,
      modifiedMs: 0,
      lines: tally.lines,
      reading: structuredClone(reader.reading),
    }
  }
}

/** A large transcript that is interrupted begins anew at most so far back. */
const KEEP_BYTES = 64 * 1024 * 1024
/** Of a file without a whole line. */
const NOTHING: Kept = {
  bytes: 0,
  sha256: createHash('sha256').digest('hex'),
  fileBytes: 0,
  modifiedMs: 0,
  lines: 0,
  reading: {},
}

/**
 * An archived transcript whose source is gone, the same way: its lines tell the same events.
 *
 * Errors  as importTranscript; of the archive when it is damaged
 */
export async function importArchived(
  entry: ArchiveEntry,
  batches: AsyncIterable<Buffer[]>,
  options: Pick<ImportOptions, 'events' | 'redactor'>,
): Promise<Imported> {
  const format = formatOfAgent(entry.agent)!
  const tally = noTally()
  const { modifiedMs } = entry
  const reading = { lastAt: modifiedMs, changedAt: modifiedMs, ...format.fromPath?.(entry.source) }
  const reader = new TranscriptReader(format, reading, options.redactor, tally)
  for await (const lines of batches) {
    for (const line of lines) reader.line(line)
    await append(reader.take(), options.events, tally)
  }
  reader.settle()
  await append(reader.take(), options.events, tally)
  return {
    agent: entry.agent,
    path: entry.source,
    from: 'archive',
    bytes: entry.taken.bytes,
    unfinishedBytes: 0,
    ...tally,
  }
}

/** SQLite writes beside its file first. */
export async function lastChange(
  { files }: Pick<Platform, 'files'>,
  { path, modifiedMs }: Transcript,
): Promise<number> {
  const log = path.endsWith('.db') ? await files.stat(`${path}-wal`) : undefined
  return Math.max(modifiedMs, log?.modifiedMs ?? 0)
}

async function readObjects(
  lines: AsyncGenerator<object, boolean, void>,
  reader: TranscriptReader,
  events: EventSink,
  tally: Tally,
): Promise<boolean> {
  for (;;) {
    let next: IteratorResult<object, boolean>
    try {
      next = await lines.next()
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      countBad(tally, tally.lines + 1, `not JSON: ${error.message}`)
      return false
    }
    if (next.done === true) {
      reader.settle()
      await append(reader.take(), events, tally)
      return next.value
    }
    tally.lines++
    reader.object(next.value as Record<string, unknown>)
    if (reader.waiting >= EVENTS_PER_APPEND) await append(reader.take(), events, tally)
  }
}

async function append(told: readonly SessionEvent[], events: EventSink, tally: Tally): Promise<void> {
  for (let at = 0; at < told.length; at += EVENTS_PER_APPEND) {
    const batch = told.slice(at, at + EVENTS_PER_APPEND)
    const absent = await events.absent(batch.map(({ id }) => id))
    const streams = new Map<string, NewEvent[]>()
    for (const { stream, ...event } of batch) {
      // The second of two with one id is no longer absent.
      if (!absent.delete(event.id)) continue
      tally.added++
      const group = streams.get(stream)
      if (group) group.push(event)
      else streams.set(stream, [event])
    }
    if (streams.size > 0)
      await events.appendMany([...streams].map(([stream, group]) => ({ stream, events: group })))
  }
}
