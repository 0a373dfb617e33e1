import { Buffer } from 'node:buffer'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Home, Segment } from '@spanledger/sdk/ledger'
import type { SignalKind } from '@spanledger/sdk/model'
import { linesIn } from '../../projection/index.ts'
import { type Platform, readWhole, systemCode } from '@spanledger/sdk/platform'

/** Counts changes of what the files hold, the views' columns among it: others are made again. */
export const COLUMNS_VERSION = 2

/** What is made of one sealed segment, below HOME/index/columns/<kind>/. */
export const COLUMN_PARTS = {
  /** The rows of the view. */
  rows: '.parquet',
  /** Spans only: durations by operation, as histograms. */
  operations: '.operations.parquet',
  /** Spans only: which `key=value` there are. */
  attributes: '.filter',
} as const
export type ColumnPart = keyof typeof COLUMN_PARTS

/** `<segment>.json`, written last, with its own checksum: without it, or with another one, the files do not count. */
export interface ColumnNote {
  columns: number
  /** The sealed segment they were made of. */
  segmentBytes: number
  storedBytes: number
  rows: number
  /** Unix nanoseconds of the earliest and the latest row that tells its time. */
  earliest?: string
  latest?: string
  files: Partial<Record<ColumnPart, FileMark>>
}

interface FileMark {
  bytes: number
  crc32: number
}

export const columnsFolder = (home: Home, kind: SignalKind): string => join(home.index, 'columns', kind)

export const columnPath = (home: Home, { kind, name }: Segment, part: ColumnPart): string =>
  join(columnsFolder(home, kind as SignalKind), name + COLUMN_PARTS[part])

export const notePath = (home: Home, { kind, name }: Segment): string =>
  join(columnsFolder(home, kind as SignalKind), `${name}.json`)

/** The note of a segment's columns, if it is one of this version and of this segment as it is. */
export async function readNote(
  platform: Platform,
  home: Home,
  segment: Segment,
): Promise<ColumnNote | undefined> {
  const bytes = await readWhole(platform.files, notePath(home, segment))
  if (bytes === undefined) return undefined
  try {
    const note = JSON.parse(linesIn(Buffer.from(bytes).toString()) ?? '') as ColumnNote
    return note.columns === COLUMNS_VERSION && isOf(note, segment) ? note : undefined
  } catch {
    return undefined
  }
}

export const isOf = (note: ColumnNote, segment: Segment): boolean =>
  segment.sealed && note.segmentBytes === segment.bytes && note.storedBytes === segment.storedBytes

const READ_BYTES = 1024 * 1024

/** Errors  the system's. */
export async function markOf(platform: Platform, path: string): Promise<FileMark> {
  const file = await platform.files.open(path, 'read')
  try {
    const chunk = Buffer.allocUnsafeSlow(READ_BYTES)
    let bytes = 0
    let sum = 0
    for (let count; (count = await file.read(chunk, bytes)) > 0; bytes += count)
      sum = crc32(chunk.subarray(0, count), sum)
    return { bytes, crc32: sum }
  } finally {
    await file.close()
  }
}

export async function removeQuietly(platform: Platform, path: string): Promise<void> {
  try {
    await platform.files.unlink(path)
  } catch (error) {
    if (systemCode(error) === undefined) throw error
  }
}
