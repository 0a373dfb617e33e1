import { join } from 'node:path'
import { systemCode } from '../platform/index.ts'
import type { Platform } from '../platform/index.ts'
import type { HeaderLine, LedgerKind } from '../model/index.ts'
import { SegmentNewerError } from './errors.ts'
import type { Home } from './home.ts'
import { LEDGER_VERSION } from './limits.ts'

/** One file of the ledger. */
export interface Segment {
  kind: LedgerKind
  /** File name without `.jsonl`; names of a kind sort by age. */
  name: string
  path: string
  /** Size when it was listed. */
  bytes: number
}

const SUFFIX = '.jsonl'

/** A kind's segments, oldest first. */
export async function listSegments(platform: Platform, home: Home, kind: LedgerKind): Promise<Segment[]> {
  const segments: Segment[] = []
  for (const name of await listSegmentNames(platform, home, kind)) {
    const path = segmentPath(home, kind, name)
    const stat = await platform.files.stat(path)
    if (stat !== undefined) segments.push({ kind, name, path, bytes: stat.bytes })
  }
  return segments
}

/** As `listSegments`, for one system call. */
export async function listSegmentNames(platform: Platform, home: Home, kind: LedgerKind): Promise<string[]> {
  let entries: string[]
  try {
    entries = await platform.files.readdir(home.segments[kind])
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
  const names: string[] = []
  for (const entry of entries) if (entry.endsWith(SUFFIX)) names.push(entry.slice(0, -SUFFIX.length))
  return names.toSorted()
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
