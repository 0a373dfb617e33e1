import { join } from 'node:path'
import { findSegment, type Home, listSegments, Lock, type Segment } from '@spanledger/sdk/ledger'
import type { SignalKind } from '@spanledger/sdk/model'
import { type Platform, systemCode } from '@spanledger/sdk/platform'
import { sweepHeld } from '../duck/held-segments.ts'
import type { SegmentIndexes } from '../segments/segment-index.ts'
import { COLUMN_SUFFIXES, type ColumnBuilder, openColumnBuilder } from './build.ts'
import { columnsFolder, removeQuietly } from './column-files.ts'
import { createColumns } from './columns.ts'
import { type ReadAlong, readSealed } from './segment-read.ts'

export const SIGNAL_KINDS = ['spans', 'logs', 'metrics'] as const satisfies SignalKind[]

/** What became of one segment's columns. */
export interface ColumnsMade {
  segment: Segment
  /** Why there are none: its lines cannot be read as they are, which `verify` tells more of. */
  problem?: string
}

/** Makes columns, one segment after the other, and one process at a time. */
export interface ColumnKeeper {
  /** Of a segment that is sealed, and may have been read along. Never throws: without columns the ledger answers as well. */
  makeOf(kind: SignalKind, name: string, along?: ReadAlong): Promise<ColumnsMade | undefined>
  /** Those of all sealed segments that have none, or none that are whole; removes what belongs to no segment any more. */
  makeMissing(signal?: AbortSignal): AsyncGenerator<ColumnsMade, void, void>
  close(): Promise<void>
}

/** One of two cores: receiving and questions want the other. */
const THREADS = 1

export function createColumnKeeper(platform: Platform, home: Home, indexes: SegmentIndexes): ColumnKeeper {
  const lock = new Lock(platform, home, 'columns.lock')
  let builder: ColumnBuilder | undefined
  const make = async (segment: Segment, along?: ReadAlong): Promise<ColumnsMade> => {
    await lock.acquire()
    try {
      builder ??= await openColumnBuilder(platform, home, THREADS)
      const read = along === undefined ? readSealed(segment, indexes) : along.of(segment, indexes)
      await builder.build(segment, await read)
      return { segment }
    } catch (error) {
      // A full disk, or a block that DuckDB cannot read, must not stop what comes after it.
      return { segment, problem: (error as Error).message }
    } finally {
      await lock.release()
    }
  }
  return {
    async makeOf(kind, name, along) {
      try {
        const segment = await findSegment(platform, home, kind, name)
        return segment === undefined ? undefined : await make(segment, along)
      } finally {
        await along?.release()
      }
    },
    async *makeMissing(signal) {
      for (const segment of await withoutColumns(platform, home)) {
        if (signal?.aborted) return
        yield await make(segment)
      }
      await sweep(platform, home)
      await sweepHeld(platform, home)
    },
    async close() {
      builder?.close()
      await lock.close()
    },
  }
}

/** As `kind/segment`. */
export const segmentsWithoutColumns = async (platform: Platform, home: Home): Promise<string[]> =>
  (await withoutColumns(platform, home)).map(({ kind, name }) => `${kind}/${name}`)

/** Sealed segments without columns that are whole and of this version, oldest first. */
async function withoutColumns(platform: Platform, home: Home): Promise<Segment[]> {
  const columns = createColumns(platform, home)
  const missing: Segment[] = []
  for (const kind of SIGNAL_KINDS)
    for (const segment of await listSegments(platform, home, kind))
      if (segment.sealed && segment.bytes > 0 && !(await columns.isThere(segment))) missing.push(segment)
  return missing
}

/** Columns of segments that are gone, and drafts of builders that were killed. */
async function sweep(platform: Platform, home: Home): Promise<void> {
  for (const kind of SIGNAL_KINDS) {
    const folder = columnsFolder(home, kind)
    const names = new Set((await listSegments(platform, home, kind)).map(({ name }) => name))
    for (const entry of await entriesOf(platform, folder)) {
      const isOurs = COLUMN_SUFFIXES.some((suffix) => entry.endsWith(suffix))
      const belongs = names.has(entry.slice(0, entry.indexOf('.'))) && !entry.endsWith('.draft')
      if (isOurs && !belongs) await removeQuietly(platform, join(folder, entry))
    }
  }
}

async function entriesOf({ files }: Platform, folder: string): Promise<string[]> {
  try {
    return await files.readdir(folder)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
    return []
  }
}
