import type { LedgerKind } from '../model/index.ts'
import type { Platform } from '../platform/index.ts'
import { Chain } from './chain.ts'
import { ignoreMissing } from './draft.ts'
import { LEDGER_KINDS } from './home.ts'
import type { Home } from './home.ts'
import { Lock } from './lock.ts'
import { readManifest, readManifests } from './manifest.ts'
import type { Manifest } from './manifest.ts'
import { NOTE_VERSION, notePath, readNotes, removedSegments } from './note.ts'
import type { Note, RemovedSegment } from './note.ts'
import type { Removal, RetainedSegment } from './retention.ts'
import { listSegments, sealedSegmentPath, segmentPath } from './segment.ts'

/** Named in one note: removed together, after one fsync. */
const REMOVED_MAX = 1_000
const RECORDS = ['span', 'log', 'point', 'event']

export interface LedgerSegment extends RetainedSegment {
  records: number
  /** Unix nanoseconds, of the times its records tell. */
  earliest?: string
  latest?: string
  bytes: number
}

/** All segments, with what their manifests say of them. */
export async function retainedSegments(platform: Platform, home: Home): Promise<LedgerSegment[]> {
  const retained: LedgerSegment[] = []
  for (const kind of LEDGER_KINDS) {
    const segments = await listSegments(platform, home, kind)
    if (segments.length === 0) continue
    const manifests = new Map<string, Manifest>()
    for (const { segment, manifest } of await readManifests(platform, home, kind))
      if (manifest !== undefined) manifests.set(segment, manifest)
    for (const { name, sealed, bytes, storedBytes, modifiedMs } of segments) {
      const manifest = manifests.get(name)
      const { earliest, latest } = manifest ?? {}
      retained.push({
        kind,
        segment: name,
        removable: manifest !== undefined && (sealed || kind === 'events') && name !== segments.at(-1)!.name,
        writtenMs: manifest === undefined ? modifiedMs : millis(manifest.writtenAt),
        records: RECORDS.reduce((sum, key) => sum + (manifest?.lines[key] ?? 0), 0),
        bytes,
        storedBytes,
        ...(earliest === undefined ? {} : { earliest }),
        ...(latest === undefined ? {} : { latest, latestMs: millis(latest) }),
      })
    }
  }
  return retained
}

const millis = (nanos: string): number => Number(BigInt(nanos) / 1_000_000n)

/**
 * Removes segments, and finishes what an earlier removal left half done. First the chain says so, durably, then they go: killed in between,
 * a segment is still there and readable, and the next call removes it.
 *
 * Returns the notes that say so. Readers of a removed segment read what they have open to its end, and nothing after.
 * Errors  the system's.
 */
export async function applyRetention(
  platform: Platform,
  home: Home,
  removals: readonly Removal<LedgerSegment>[],
): Promise<Note[]> {
  const lock = new Lock(platform, home, 'seal.lock')
  await lock.acquire()
  try {
    const notes: Note[] = []
    for (const kind of LEDGER_KINDS) {
      await finish(platform, home, kind)
      const mine = removals.filter(({ segment }) => segment.kind === kind)
      for (let i = 0; i < mine.length; i += REMOVED_MAX) {
        const note = await remove(platform, home, kind, mine.slice(i, i + REMOVED_MAX))
        if (note !== undefined) notes.push(note)
      }
    }
    return notes
  } finally {
    await lock.release()
    await lock.close()
  }
}

async function remove(
  platform: Platform,
  home: Home,
  kind: LedgerKind,
  removals: readonly Removal<LedgerSegment>[],
): Promise<Note | undefined> {
  const removed: RemovedSegment[] = []
  for (const { segment, rule } of removals) {
    // Another process may have been here since it was decided.
    const found = await readManifest(platform, home, kind, segment.segment)
    if (found?.manifest === undefined || !(await isThere(platform, home, kind, segment.segment))) continue
    const { segment: name, records, earliest, latest, bytes, storedBytes } = segment
    removed.push({
      segment: name,
      rule,
      records,
      ...(earliest === undefined ? {} : { earliest }),
      ...(latest === undefined ? {} : { latest }),
      bytes,
      storedBytes,
    })
  }
  if (removed.length === 0) return undefined
  const at = String(platform.clock.nowUnixNano())
  const note = await new Chain(platform, home, kind).add<Note>((link) => ({
    path: notePath(home, kind, link.number),
    entry: { note: NOTE_VERSION, kind, ...link, at, removed },
  }))
  await unlink(
    platform,
    home,
    kind,
    removed.map(({ segment }) => segment),
  )
  return note
}

/** What notes say is removed, and is still there. */
async function finish(platform: Platform, home: Home, kind: LedgerKind): Promise<void> {
  const gone = [...removedSegments(await readNotes(platform, home, kind)).keys()]
  const left: string[] = []
  for (const name of gone) if (await isThere(platform, home, kind, name)) left.push(name)
  if (left.length > 0) await unlink(platform, home, kind, left)
}

/** The only file of it that may be removed: signals go when they are sealed, and events are never packed. */
function pathOf(home: Home, kind: LedgerKind, name: string): string {
  return kind === 'events' ? segmentPath(home, kind, name) : sealedSegmentPath(home, kind, name)
}

async function isThere(platform: Platform, home: Home, kind: LedgerKind, name: string): Promise<boolean> {
  return (await platform.files.stat(pathOf(home, kind, name))) !== undefined
}

async function unlink(
  platform: Platform,
  home: Home,
  kind: LedgerKind,
  names: readonly string[],
): Promise<void> {
  for (const name of names) await platform.files.unlink(pathOf(home, kind, name)).catch(ignoreMissing)
  await platform.files.syncDirectory(home.segments[kind])
}
