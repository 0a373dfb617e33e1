import { type Home, listSegments, type Segment } from '@spanledger/sdk/ledger'
import type { Platform } from '@spanledger/sdk/platform'
import type { SegmentIndexes } from '../segments/segment-index.ts'
import { COLUMN_PARTS, COLUMNS_VERSION, type ColumnPart } from './column-files.ts'
import { createColumns } from './columns.ts'
import { createColumnKeeper, SIGNAL_KINDS } from './keep.ts'

type OnProgress = (progress: { done: number; total: number }) => void

/** The columns of sealed segments, listed and rebuilt as every projection is; it counts in segments. */
export function columnsProjection(platform: Platform, home: Home, indexes: SegmentIndexes) {
  const columns = createColumns(platform, home)
  let rebuilding: { done: number; total: number } | null = null

  const sealed = async (): Promise<Segment[]> => {
    const lists = await Promise.all(SIGNAL_KINDS.map((kind) => listSegments(platform, home, kind)))
    return lists.flat().filter((segment) => segment.sealed && segment.bytes > 0)
  }

  return {
    name: 'columns',
    version: COLUMNS_VERSION,
    answers: ['traces', 'operations', 'logs', 'metrics', 'metric', 'sql'],

    async status() {
      const segments = await sealed()
      const notes = (await Promise.all(segments.map((segment) => columns.noteOf(segment)))).filter(
        (note) => note !== undefined,
      )
      const bytes = notes
        .flatMap(({ files }) => Object.values(files))
        .reduce((sum, file) => sum + file.bytes, 0)
      const behind = segments.length - notes.length
      const state = behind === 0 ? 'current' : notes.length === 0 ? 'absent' : 'behind'
      return {
        state: state as 'current' | 'behind' | 'absent',
        unit: 'segments' as const,
        seen: notes.length,
        behind,
        position: null,
        digest: null,
        bytes,
        rebuilding,
      }
    },

    /** A segment after the other: its old columns serve until its new ones are there. */
    async rebuild(onProgress?: OnProgress): Promise<void> {
      const segments = await sealed()
      const keeper = createColumnKeeper(platform, home, indexes)
      try {
        for (const [done, { kind, name }] of segments.entries()) {
          onProgress?.((rebuilding = { done, total: segments.length }))
          if (kind !== 'events') await keeper.makeOf(kind, name)
        }
        onProgress?.({ done: segments.length, total: segments.length })
      } finally {
        rebuilding = null
        await keeper.close()
      }
    },

    /** Compares every file with the checksum of when it was made. */
    async check(onProgress?: OnProgress): Promise<{ compared: number; differing: string[] }> {
      const segments = await sealed()
      const differing: string[] = []
      const fresh = createColumns(platform, { ...home, readOnly: true })
      for (const [done, segment] of segments.entries()) {
        onProgress?.({ done, total: segments.length })
        const note = await fresh.noteOf(segment)
        if (note === undefined) continue
        for (const part of Object.keys(note.files) as ColumnPart[])
          if ((await fresh.find(segment, part)) === undefined)
            differing.push(`${segment.kind}/${segment.name}${COLUMN_PARTS[part]}`)
      }
      return { compared: segments.length, differing: differing.slice(0, 100) }
    },
  }
}
