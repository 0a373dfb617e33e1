import { createHash } from 'node:crypto'
import type { LedgerKind } from '../model/index.ts'
import { errnoOf } from '../platform/index.ts'
import type { Platform } from '../platform/index.ts'
import { ignoreMissing } from './draft.ts'
import type { SealFinding } from './findings.ts'
import type { Home } from './home.ts'
import { sha256 } from './json-file.ts'
import { READ_BYTES } from './limits.ts'
import { chainPath, readChainEnd, readManifests } from './manifest.ts'
import type { ChainEnd, FoundManifest, Manifest } from './manifest.ts'
import { readNotes, removedSegments } from './note.ts'
import type { FoundNote, RemovedSegment } from './note.ts'
import { readTable } from './sealed-blocks.ts'
import { openSegment } from './segment-file.ts'
import type { SegmentFile } from './segment-file.ts'
import { findSegment, segmentPath } from './segment.ts'
import type { Segment } from './segment.ts'

/** Where a chain ends, and what of it retention removed. */
export interface SealsSummary {
  end: ChainEnd
  removed: { segments: number; bytes: number }
}

/** A manifest or a note, as what they have in common. */
interface Entry {
  segment: string
  path: string
  sha256: string
  number: number
  previous: string | null
}

/**
 * Compares a kind's segments with what was sealed of them, and the manifests and notes with one another.
 *
 * While sealing, retention or a repair goes on nothing of it is a finding: the end of the chain is read first, and may be
 * behind; notes are read last, and say what was removed meanwhile.
 *
 * unreadable  Segments the system does not let be read, which is told already.
 * Errors      the system's, of the folder.
 */
export async function* verifySeals(
  platform: Platform,
  home: Home,
  kind: LedgerKind,
  segments: readonly Segment[],
  unreadable: ReadonlySet<string>,
): AsyncGenerator<SealFinding, SealsSummary, void> {
  const end = await readChainEnd(platform, home, kind)
  const found = await readManifests(platform, home, kind)
  const known = new Set(found.map(({ segment }) => segment))
  for (const segment of segments) {
    const { name, path } = segment
    if (!segment.sealed || unreadable.has(name)) continue
    const state = await stateOf(platform, segment)
    if (state === undefined) continue
    if (!known.has(name))
      yield { kind, segment: name, path, offset: 0, finding: 'missingManifest', sha256: await state.sha256() }
    if (!state.hasTable) yield { kind, segment: name, path, offset: segment.bytes, finding: 'damagedTable' }
    await state.close()
  }
  const missing: SealFinding[] = []
  for (const { segment, path, manifest, unreadable: errno } of found) {
    const place = { kind, segment, path, offset: 0 }
    if (errno !== undefined) yield { ...place, finding: 'unreadable', errno }
    else if (manifest === undefined) yield { ...place, finding: 'damagedManifest' }
    else if (!unreadable.has(segment)) {
      for await (const finding of verifyContent(platform, home, manifest)) {
        if (finding.finding === 'missingSegment') missing.push(finding)
        else yield finding
      }
    }
  }
  const notes = await readNotes(platform, home, kind)
  for (const { path, note, unreadable: errno } of notes) {
    const place = { kind, segment: '', path, offset: 0 }
    if (errno !== undefined) yield { ...place, finding: 'unreadable', errno }
    else if (note === undefined) yield { ...place, finding: 'damagedNote' }
  }
  const gone = removedSegments(notes)
  for (const finding of missing) if (!gone.has(finding.segment)) yield finding
  const entries = entriesOf(found, notes)
  yield* verifyChain(kind, entries, end, chainPath(home, kind))
  return { end: lastOf(entries, end), removed: sumOf(gone) }
}

function sumOf(gone: ReadonlyMap<string, RemovedSegment>): SealsSummary['removed'] {
  let bytes = 0
  for (const one of gone.values()) bytes += one.bytes
  return { segments: gone.size, bytes }
}

/** In the order of their numbers. */
function entriesOf(manifests: readonly FoundManifest[], notes: readonly FoundNote[]): Entry[] {
  const entries: Entry[] = []
  for (const { manifest, ...file } of manifests) {
    if (manifest === undefined) continue
    const { number, previous } = manifest
    entries.push({ ...file, number, previous })
  }
  for (const { note, ...file } of notes)
    if (note !== undefined)
      entries.push({ ...file, segment: '', number: note.number, previous: note.previous })
  return entries.toSorted((a, b) => a.number - b.number)
}

function lastOf(entries: readonly Entry[], end: ChainEnd | 'damaged' | undefined): ChainEnd {
  const last = entries.at(-1)
  if (typeof end === 'object' && end.number >= (last?.number ?? 0)) return end
  return last === undefined ? { number: 0, sha256: null } : { number: last.number, sha256: last.sha256 }
}

/** Undefined when it is gone, or cannot be read any more. */
async function stateOf(
  platform: Platform,
  { path }: Segment,
): Promise<{ hasTable: boolean; sha256(): Promise<string>; close(): Promise<void> } | undefined> {
  const file = await platform.files.open(path, 'read').catch((error: unknown) => {
    if (errnoOf(error) === undefined) throw error
  })
  if (file === undefined) return undefined
  const bytes = await file.bytes()
  return {
    hasTable: (await readTable(file, bytes)) !== undefined,
    async sha256() {
      const hash = createHash('sha256')
      const buffer = Buffer.allocUnsafe(READ_BYTES)
      for (let at = 0, count; (count = await file.read(buffer, at)) > 0; at += count)
        hash.update(buffer.subarray(0, count))
      return hash.digest('hex')
    },
    close: () => file.close(),
  }
}

async function* verifyContent(
  platform: Platform,
  home: Home,
  manifest: Manifest,
): AsyncGenerator<SealFinding, void, void> {
  const { kind, segment: name, bytes, blocks } = manifest
  const segment = await findSegment(platform, home, kind, name)
  if (segment === undefined) {
    const path = segmentPath(home, kind, name)
    yield { kind, segment: name, path, offset: 0, finding: 'missingSegment', bytes }
    return
  }
  const place = { kind, segment: name, path: segment.path }
  if (segment.bytes !== bytes)
    yield {
      ...place,
      offset: Math.min(bytes, segment.bytes),
      finding: 'alteredSegment',
      expected: bytes,
      actual: segment.bytes,
    }
  const opened = await openSegment(platform, segment).catch(ignoreMissing)
  // It was removed meanwhile.
  if (opened === undefined) return
  try {
    for (const { offset, bytes: length, sha256: expected } of blocks) {
      if (offset >= segment.bytes) break
      const content = await blockAt(opened, offset, length)
      if (content === undefined) continue
      const actual = sha256(content)
      if (actual !== expected)
        yield { ...place, offset, finding: 'alteredBlock', bytes: length, sha256: actual }
    }
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === undefined) throw error
    yield { ...place, offset: 0, finding: 'unreadable', errno }
  } finally {
    await opened.close()
  }
}

/** Undefined when it does not unpack, which is told where lines are read. */
async function blockAt(file: SegmentFile, offset: number, bytes: number): Promise<Buffer | undefined> {
  if (!file.sealed) {
    const content = Buffer.allocUnsafe(bytes)
    return content.subarray(0, await file.file.read(content, offset))
  }
  const block = file.blocks.find((one) => one.offset === offset)
  // A file whose blocks lie elsewhere is not the one that was sealed.
  return block === undefined ? Buffer.alloc(0) : file.readBlock(block)
}

function* verifyChain(
  kind: LedgerKind,
  chain: readonly Entry[],
  end: ChainEnd | 'damaged' | undefined,
  endPath: string,
): Generator<SealFinding, void, void> {
  const place = ({ segment, path }: Pick<Entry, 'segment' | 'path'>) => ({ kind, segment, path, offset: 0 })
  const missing = (number: number, where: Pick<Entry, 'segment' | 'path'>): SealFinding => ({
    ...place(where),
    finding: 'brokenChain',
    number,
    reason: 'missing',
  })
  const broken = (number: number, reason: 'altered' | 'repeated', entry: Entry): SealFinding => ({
    ...place(entry),
    finding: 'brokenChain',
    number,
    reason,
    sha256: entry.sha256,
  })
  let before: Entry | undefined
  for (const one of chain) {
    const { number, previous } = one
    const last = before?.number ?? 0
    if (number === last) yield broken(number, 'repeated', one)
    for (let absent = last + 1; absent < number; absent++) yield missing(absent, one)
    if (before !== undefined && number === last + 1 && previous !== before.sha256)
      yield broken(last, 'altered', before)
    if (number === 1 && previous !== null) yield broken(1, 'altered', one)
    before = one
  }
  const atEnd = { segment: before?.segment ?? '', path: endPath }
  if (typeof end !== 'object') {
    if (end === 'damaged' || chain.length > 0) yield { ...place(atEnd), finding: 'missingChainEnd' }
    return
  }
  const last = chain.find(({ number }) => number === end.number)
  const highest = before?.number ?? 0
  for (let absent = highest + 1; absent <= end.number; absent++) yield missing(absent, atEnd)
  // Told already where its successor is.
  if (last !== undefined && last.sha256 !== end.sha256 && end.number === highest)
    yield broken(end.number, 'altered', last)
}
