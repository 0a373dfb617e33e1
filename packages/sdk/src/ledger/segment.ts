import { join } from 'node:path'
import { errnoOf, systemCode } from '../platform/index.ts'
import type { Platform } from '../platform/index.ts'
import type { HeaderLine, LedgerKind } from '../model/index.ts'
import { SegmentNewerError } from './errors.ts'
import type { Home } from './home.ts'
import { LEDGER_VERSION } from './limits.ts'
import { blocksOf } from './sealed-blocks.ts'

/** One segment of the ledger: a plain file that may still be written to, or a sealed one that says the same. */
export interface Segment {
  kind: LedgerKind
  /** File name without `.jsonl` or `.jsonl.gz`; names of a kind sort by age. */
  name: string
  /** The file it was listed as: a plain one may have been sealed since. */
  path: string
  /** Of its lines when it was listed, unpacked. 0 when it is sealed, and too damaged to tell or not to be read. */
  bytes: number
  sealed: boolean
  /** What it takes on the disk. */
  storedBytes: number
  /** When the file was last written to. */
  modifiedMs: number
}

const SUFFIX = '.jsonl'
const SEALED_SUFFIX = '.jsonl.gz'
/** A folder of more entries is not read in one go, so that a segment sealed meanwhile may be seen under neither name. */
const ENTRIES_AT_ONCE = 200

/** Segments looked at side by side: a look is a turn of one of four threads, and 90 of them one after the other take 9 ms. */
const LOOKS_AT_ONCE = 32

/** A kind's segments, oldest first. */
export async function listSegments(platform: Platform, home: Home, kind: LedgerKind): Promise<Segment[]> {
  const names = await listSegmentNames(platform, home, kind)
  const segments: Segment[] = []
  for (let from = 0; from < names.length; from += LOOKS_AT_ONCE) {
    const some = names.slice(from, from + LOOKS_AT_ONCE)
    for (const segment of await Promise.all(some.map((name) => findSegment(platform, home, kind, name))))
      if (segment !== undefined) segments.push(segment)
  }
  return segments
}

/** A segment as it is now; the plain file counts while it is there. Undefined when there is none. */
export async function findSegment(
  platform: Platform,
  home: Home,
  kind: LedgerKind,
  name: string,
): Promise<Segment | undefined> {
  const { files } = platform
  const path = segmentPath(home, kind, name)
  const plain = await files.stat(path)
  if (plain !== undefined) {
    const { bytes, modifiedMs } = plain
    return { kind, name, path, bytes, sealed: false, storedBytes: bytes, modifiedMs }
  }
  const sealedPath = sealedSegmentPath(home, kind, name)
  const sealed = await files.stat(sealedPath)
  if (sealed === undefined) return undefined
  // Of a file that cannot be read its name is told all the same, so that one file does not hide the others.
  const blocks = await blocksOf(platform, sealedPath, sealed).catch((error: unknown) => {
    if (errnoOf(error) === undefined) throw error
  })
  const last = blocks?.at(-1)
  return {
    kind,
    name,
    path: sealedPath,
    bytes: last === undefined ? 0 : last.offset + last.bytes,
    sealed: true,
    storedBytes: sealed.bytes,
    modifiedMs: sealed.modifiedMs,
  }
}

/** As `listSegments`, for one system call. */
export async function listSegmentNames(platform: Platform, home: Home, kind: LedgerKind): Promise<string[]> {
  let entries: string[]
  try {
    entries = await platform.files.readdir(home.segments[kind])
    // What the first reading missed, since it changed its name behind and before the reader's back, the second finds sealed.
    if (entries.length > ENTRIES_AT_ONCE)
      entries = [...entries, ...(await platform.files.readdir(home.segments[kind]))]
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
  const names = new Set<string>()
  for (const entry of entries) {
    if (entry.endsWith(SUFFIX)) names.add(entry.slice(0, -SUFFIX.length))
    else if (entry.endsWith(SEALED_SUFFIX)) names.add(entry.slice(0, -SEALED_SUFFIX.length))
  }
  return [...names].toSorted()
}

export function sealedSegmentPath(home: Home, kind: LedgerKind, name: string): string {
  return join(home.segments[kind], name + SEALED_SUFFIX)
}

/** Where a segment is, or will be, when it is sealed. */
export function sealedPathOf(segment: Segment): string {
  return segment.sealed ? segment.path : `${segment.path}.gz`
}

export function segmentPath(home: Home, kind: LedgerKind, name: string): string {
  return join(home.segments[kind], name + SUFFIX)
}

/** `20261121T025008397Z-3f9c1a2b7d04-000001`: the time of creation, who writes it, its count. */
export function signalSegmentName(createdMs: number, writer: string, count: number): string {
  const time = new Date(createdMs).toISOString().replaceAll(/[-:.]/g, '')
  return `${time}-${writer}-${String(count).padStart(6, '0')}`
}

/** Undefined when the name is not one of a signal segment. */
export function writerOfSegment(name: string): string | undefined {
  return /^\d{8}T\d{9}Z-([0-9a-f]{12})-\d{6,}$/.exec(name)?.[1]
}

/** Twenty digits: the global position of the segment's first event. */
export function eventSegmentName(position: number): string {
  return String(position).padStart(20, '0')
}

/** With its line feed. */
export function headerLine(header: Omit<HeaderLine, 'ledger'>): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ ledger: LEDGER_VERSION, ...header })}\n`)
}

/**
 * What a segment's first line says, or undefined when it is not a header.
 *
 * Errors  SegmentNewerError.
 */
export function readHeader(line: Uint8Array, path: string): HeaderLine | undefined {
  let header: HeaderLine
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line)) as HeaderLine
  } catch {
    return undefined
  }
  if (typeof header !== 'object' || header === null || typeof header.ledger !== 'number') return undefined
  if (header.ledger > LEDGER_VERSION) throw new SegmentNewerError(path, header.ledger, LEDGER_VERSION)
  return header
}
