import { join } from 'node:path'
import type { LedgerKind } from '../model/index.ts'
import { systemCode } from '../platform/index.ts'
import type { Platform } from '../platform/index.ts'
import { LEDGER_KINDS } from './home.ts'
import type { Home } from './home.ts'
import { readJsonFile } from './json-file.ts'

export const NOTE_VERSION = 1
const NAME = /^note-(\d{8,})\.json$/

/** An entry of a kind's chain beside the manifests: what became of what they tell. Source: docs/reference/ledger-format.md. */
export interface Note {
  note: number
  kind: LedgerKind
  /** In one row with the manifests' numbers. */
  number: number
  /** SHA-256 of the entry with the number before, as a file. */
  previous: string | null
  /** Unix nanoseconds. */
  at: string
  /** Segments that retention removed. */
  removed?: RemovedSegment[]
  /** Findings of `verify` that a repair isolated, or that nothing can be done about, without their paths. */
  repaired?: Record<string, unknown>[]
}

export interface RemovedSegment {
  segment: string
  /** `age 30d`: which rule named it. */
  rule: string
  records: number
  earliest?: string
  latest?: string
  bytes: number
  storedBytes: number
}

export interface FoundNote {
  path: string
  /** Of the file. */
  name: string
  /** Of its content; empty when it cannot be read. */
  sha256: string
  /** Undefined when it is damaged, or cannot be read. */
  note: Note | undefined
  unreadable?: string
}

export function notePath(home: Home, kind: LedgerKind, number: number): string {
  return join(home.segments[kind], `note-${String(number).padStart(8, '0')}.json`)
}

/** Of a kind, oldest first; those of `but` are left out. */
export async function readNotes(
  platform: Platform,
  home: Home,
  kind: LedgerKind,
  but: ReadonlySet<string> = new Set(),
): Promise<FoundNote[]> {
  const found: FoundNote[] = []
  const entries = await platform.files.readdir(home.segments[kind]).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  })
  for (const name of entries.toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1))) {
    if (!NAME.test(name) || but.has(name)) continue
    const path = join(home.segments[kind], name)
    const read = await readJsonFile(platform, path)
    if (read === undefined) continue
    const note = read.value as Note | undefined
    const fits =
      note?.note === NOTE_VERSION && note.kind === kind && note.number === Number(NAME.exec(name)![1])
    found.push({
      path,
      name,
      sha256: read.sha256,
      note: fits ? note : undefined,
      ...(read.unreadable === undefined ? {} : { unreadable: read.unreadable }),
    })
  }
  return found
}

/** Of all kinds: what retention and repairs did, a kind after the other, oldest first. */
export async function ledgerNotes(platform: Platform, home: Home): Promise<Note[]> {
  const notes: Note[] = []
  for (const kind of LEDGER_KINDS)
    for (const { note } of await readNotes(platform, home, kind)) if (note !== undefined) notes.push(note)
  return notes
}

/** Segments that notes say were removed. */
export function removedSegments(notes: readonly FoundNote[]): Map<string, RemovedSegment & { at: string }> {
  const removed = new Map<string, RemovedSegment & { at: string }>()
  for (const { note } of notes)
    for (const one of note?.removed ?? []) removed.set(one.segment, { ...one, at: note!.at })
  return removed
}
