import type { Home, Segment } from '@spanledger/sdk/ledger'
import type { Platform } from '@spanledger/sdk/platform'
import { readRange } from '../segments/files.ts'
import { blockAt, blockMayHold, FILTER_BLOCK_BYTES } from './attribute-filter.ts'
import { pairsOf } from './attribute-scan.ts'
import {
  type ColumnNote,
  type ColumnPart,
  columnPath,
  isOf,
  markOf,
  notePath,
  readNote,
  removeQuietly,
} from './column-files.ts'

/**
 * The columns of sealed segments, for whoever reads: what is there, whole and of this version. Everything else is as if it were not.
 *
 * A file is compared with its checksum when this process first uses it (1.5 GB/s), and again when its size or time changed. A damaged one
 * loses its note, so that it is made again.
 */
export interface Columns {
  /** What is told of a segment's columns, if they are of this version and of the segment as it is. */
  noteOf(segment: Segment): Promise<ColumnNote | undefined>
  /** Where a part of a segment's columns is. */
  find(segment: Segment, part: ColumnPart): Promise<{ path: string; note: ColumnNote } | undefined>
  /** By its note and its files' sizes alone, which costs some readings of folders' entries. */
  isThere(segment: Segment): Promise<boolean>
  /** Whether a span of the segment may have this attribute; true when nothing is known. */
  mayHaveAttribute(segment: Segment, key: string, value: string): Promise<boolean>
}

export function createColumns(platform: Platform, home: Home): Columns {
  const notes = new Map<string, ColumnNote>()
  /** Path -> what it looked like when its checksum was right, or was not. */
  const looked = new Map<string, { mark: string; whole: boolean }>()

  const noteOf = async (segment: Segment): Promise<ColumnNote | undefined> => {
    const name = `${segment.kind}/${segment.name}`
    const known = notes.get(name)
    if (known !== undefined && isOf(known, segment)) return known
    const note = await readNote(platform, home, segment)
    if (note !== undefined) notes.set(name, note)
    return note
  }

  const isWhole = async (path: string, expected: { bytes: number; crc32: number }): Promise<boolean> => {
    const stat = await platform.files.stat(path)
    if (stat?.bytes !== expected.bytes) return false
    const mark = `${stat.bytes} ${stat.changedMs} ${expected.crc32}`
    const before = looked.get(path)
    if (before?.mark === mark) return before.whole
    const whole = (await markOf(platform, path)).crc32 === expected.crc32
    looked.set(path, { mark, whole })
    return whole
  }

  const find: Columns['find'] = async (segment, part) => {
    if (!segment.sealed) return undefined
    const note = await noteOf(segment)
    const expected = note?.files[part]
    if (note === undefined || expected === undefined) return undefined
    const path = columnPath(home, segment, part)
    if (await isWhole(path, expected)) return { path, note }
    notes.delete(`${segment.kind}/${segment.name}`)
    looked.delete(path)
    if (!home.readOnly) await removeQuietly(platform, notePath(home, segment))
    return undefined
  }

  return {
    noteOf,
    find,
    async isThere(segment) {
      const note = await noteOf(segment)
      if (note === undefined) return false
      for (const [part, { bytes }] of Object.entries(note.files) as [ColumnPart, { bytes: number }][])
        if ((await platform.files.stat(columnPath(home, segment, part)))?.bytes !== bytes) return false
      return true
    },
    async mayHaveAttribute(segment, key, value) {
      const filter = await find(segment, 'attributes')
      if (filter === undefined) return true
      const { bytes } = filter.note.files.attributes!
      for (const pair of pairsOf(key, value)) {
        const at = blockAt(pair, bytes)
        const block = await readRange(platform, filter.path, at, at + FILTER_BLOCK_BYTES)
        if (block.length < FILTER_BLOCK_BYTES || blockMayHold(block, pair)) return true
      }
      return false
    },
  }
}
