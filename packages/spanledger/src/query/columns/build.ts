import { Buffer } from 'node:buffer'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Home, Segment } from '@spanledger/sdk/ledger'
import type { SignalKind } from '@spanledger/sdk/model'
import { hexOf, type Platform } from '@spanledger/sdk/platform'
import { checkedText } from '../../projection/index.ts'
import { definitionsOf } from '../definitions.ts'
import { createDefinitions, GIVE_BACK, openDuck } from '../duck/duck.ts'
import { quoted } from '../duck/literals.ts'
import { storedSql, type View, viewOf } from '../duck/views.ts'
import type { IndexedSegment } from '../segments/segment-index.ts'
import type { AttributeFilter } from './attribute-filter.ts'
import {
  COLUMN_PARTS,
  COLUMNS_VERSION,
  type ColumnNote,
  type ColumnPart,
  columnPath,
  columnsFolder,
  markOf,
  notePath,
  removeQuietly,
} from './column-files.ts'
import { histogramsSql } from './histograms.ts'
import type { SegmentRead } from './segment-read.ts'

/** Makes the columns of sealed segments. One at a time: the order is the caller's. */
export interface ColumnBuilder {
  /** Errors  the system's, and DuckDB's when the lines cannot be read: the segment then stays without columns. */
  build(segment: Segment, read: SegmentRead): Promise<void>
  close(): void
}

/** What DuckDB holds at a time for 67 MB of lines stays below; with 128 MB it gives up. */
const MEMORY_LIMIT = '512MB'
export async function openColumnBuilder(
  platform: Platform,
  home: Home,
  threads: number,
): Promise<ColumnBuilder> {
  const instance = await openDuck(home, { threads, memoryLimit: MEMORY_LIMIT, settings: GIVE_BACK })
  return {
    async build(segment, { indexed, attributes, path }) {
      const connection = await instance.connect()
      const attempt = new Attempt(platform, home, segment)
      try {
        await platform.files.mkdir(columnsFolder(home, segment.kind as SignalKind), 0o700)
        const facts = await attempt.rows(connection, indexed, path)
        if (segment.kind === 'spans') await attempt.operations(connection)
        if (attributes !== undefined) await attempt.attributes(attributes)
        await attempt.publish(facts)
      } finally {
        connection.closeSync()
        await attempt.sweep()
      }
    },
    close: () => instance.closeSync(),
  }
}

type Facts = Pick<ColumnNote, 'rows' | 'earliest' | 'latest'>

/** The files of one segment on their way to their names. */
class Attempt {
  readonly #platform: Platform
  readonly #home: Home
  readonly #segment: Segment
  readonly #suffix: string
  readonly #drafts = new Map<ColumnPart, string>()

  constructor(platform: Platform, home: Home, segment: Segment) {
    this.#platform = platform
    this.#home = home
    this.#segment = segment
    this.#suffix = `.${hexOf(platform.random(6))}.draft`
  }

  #draft(part: ColumnPart): string {
    const path = columnPath(this.#home, this.#segment, part) + this.#suffix
    this.#drafts.set(part, path)
    return path
  }

  async rows(connection: DuckDBConnection, indexed: IndexedSegment, lines: string): Promise<Facts> {
    const view = viewOf(this.#segment.kind)
    const path = this.#draft('rows')
    await createDefinitions(connection, definitionsOf([indexed]))
    await connection.run(copySql(storedSql(view, lines), path))
    const facts = await connection.runAndReadAll(
      `SELECT count(*), min(${timeOf(view)}), max(${timeOf(view)}) FROM read_parquet(${quoted(path)})`,
    )
    const [rows, earliest, latest] = facts.getRows()[0] as [bigint, bigint | null, bigint | null]
    return {
      rows: Number(rows),
      ...(earliest === null ? {} : { earliest: String(earliest), latest: String(latest) }),
    }
  }

  async operations(connection: DuckDBConnection): Promise<void> {
    const rows = quoted(this.#drafts.get('rows')!)
    await connection.run(copySql(histogramsSql(`read_parquet(${rows})`), this.#draft('operations')))
  }

  async attributes(filter: AttributeFilter): Promise<void> {
    await writeNew(this.#platform, this.#draft('attributes'), filter.finish())
  }

  /** Each file, then the note that makes them count. Not synced: the checksums tell what a power failure took. */
  async publish(facts: Facts): Promise<void> {
    const { files } = this.#platform
    const note: ColumnNote = {
      columns: COLUMNS_VERSION,
      segmentBytes: this.#segment.bytes,
      storedBytes: this.#segment.storedBytes,
      ...facts,
      files: {},
    }
    const marks: [ColumnPart, string][] = [...this.#drafts]
    for (const [part, draft] of marks) note.files[part] = await markOf(this.#platform, draft)
    for (const [part, draft] of marks) {
      await files.rename(draft, columnPath(this.#home, this.#segment, part))
      this.#drafts.delete(part)
    }
    const draft = notePath(this.#home, this.#segment) + this.#suffix
    await writeNew(this.#platform, draft, Buffer.from(checkedText(`${JSON.stringify(note)}\n`)))
    await files.rename(draft, notePath(this.#home, this.#segment))
  }

  async sweep(): Promise<void> {
    for (const draft of this.#drafts.values()) await removeQuietly(this.#platform, draft)
  }
}

/** The name of every file that columns have, and of one on its way there. */
export const COLUMN_SUFFIXES: readonly string[] = [...Object.values(COLUMN_PARTS), '.json', '.draft']

const timeOf = (view: View): string => (view.kind === 'spans' ? 'start_unix_nano' : 'time_unix_nano')

/**
 * zstd at 8 takes a third more time than at 3 for 7 bytes a span less; 9 takes 5 % more for none. A group of rows is written and read
 * as a whole by each thread: of 20,480 rows sealing peaks at 266 MiB, of 40,960 at 306, for 0.5 bytes a span less.
 */
const copySql = (select: string, path: string): string =>
  `COPY (${select}) TO ${quoted(path)} (FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd, COMPRESSION_LEVEL 8, ` +
  `DICTIONARY_SIZE_LIMIT 5000, ROW_GROUP_SIZE 20480)`

async function writeNew(platform: Platform, path: string, bytes: Uint8Array): Promise<void> {
  const file = await platform.files.open(path, 'create', 0o600)
  try {
    if ((await file.write([bytes], 0)) < bytes.length)
      throw Object.assign(new Error(`no space left for ${path}`), { code: 'ENOSPC' })
  } finally {
    await file.close()
  }
}
