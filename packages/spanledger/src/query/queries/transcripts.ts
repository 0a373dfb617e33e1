import * as v from 'valibot'
import { type ArchiveEntry, findTranscripts, readArchive, readKept } from '../../transcripts/index.ts'
import { limit } from '../params.ts'
import { cutAt, type Cut, query } from '../query.ts'

export interface TranscriptRow {
  agent: string
  path: string
  bytes: number
  modifiedAt: string
  /** new: never imported; grown: there is more by now; imported: all of it was; gone: it is in the archive alone. */
  state: 'new' | 'grown' | 'imported' | 'gone'
  /** Bytes of it that the archive holds; of a database, that it holds all of it or nothing. */
  archivedBytes: number
}

export interface TranscriptsAnswer extends Cut {
  /** Latest change first. */
  rows: TranscriptRow[]
  total: number
}

export const transcripts = query({
  summary: 'Transcripts that agents left on this machine, latest first, and whether they were imported',
  params: v.strictObject({ limit: limit(20, 'transcripts') }),
  async run(context, given): Promise<TranscriptsAnswer> {
    const found = await findTranscripts(context.platform, context.user)
    const kept = await readKept(context.platform, context.home)
    const archive = await readArchive(context.platform, context.home)
    const archived = new Map(archive.map((entry) => [entry.source, entry]))
    const here = found.map(({ format, path, bytes, modifiedMs }): TranscriptRow => {
      const known = kept.get(path)
      const isKnown = known !== undefined && known.fileBytes === bytes && known.modifiedMs >= modifiedMs
      return {
        agent: format.agent,
        path,
        bytes,
        modifiedAt: new Date(modifiedMs).toISOString(),
        state: isKnown ? 'imported' : known === undefined ? 'new' : 'grown',
        archivedBytes: bytesIn(archived.get(path)),
      }
    })
    const paths = new Set(here.map(({ path }) => path))
    const gone = [...archived.values()]
      .filter(({ source }) => !paths.has(source))
      .map((entry): TranscriptRow => ({
        agent: entry.agent,
        path: entry.source,
        bytes: entry.fileBytes,
        modifiedAt: new Date(entry.modifiedMs).toISOString(),
        state: 'gone',
        archivedBytes: bytesIn(entry),
      }))
    const rows = [...here, ...gone].toSorted((a, b) => (a.modifiedAt > b.modifiedAt ? -1 : 1))
    return { ...cutAt(rows, given.limit), total: rows.length }
  },
})

const bytesIn = (entry: ArchiveEntry | undefined): number =>
  entry === undefined ? 0 : entry.taken.bytes > 0 ? entry.taken.bytes : entry.lines > 0 ? entry.fileBytes : 0
