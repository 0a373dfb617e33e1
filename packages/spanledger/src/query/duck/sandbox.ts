import { dirname, join, sep } from 'node:path'
import type { DuckDBInstance } from '@duckdb/node-api'
import type { Home } from '@spanledger/sdk/ledger'
import { GIVE_BACK, openDuck } from './duck.ts'
import { heldFolder } from './held-segments.ts'
import { quoted } from './literals.ts'

/** What an instance may take; what does not fit spills. */
export interface Room {
  threads: number
  megabytes: number
  settings?: Readonly<Record<string, string>>
}

/** For all questions together: with what else a daemon holds it stays below 400 MB. */
export const usualRoom = (threads: number): Room => ({ threads, megabytes: 192 })

/**
 * For one question over large records, as long as it lasts: a thread takes 32 MiB of lines at a time, and holds them several times while
 * it reads them.
 */
export const LARGE_ROOM: Room = { threads: 1, megabytes: 576, settings: GIVE_BACK }

/** As DuckDB tells it. */
export const isOutOfMemory = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith('Out of Memory Error')

/** DuckDB that reaches the ledger and its columns, but no other files and no network, and cannot be configured any further. */
export async function openSandbox(home: Home, { megabytes, ...room }: Room): Promise<DuckDBInstance> {
  const instance = await openDuck(home, { ...room, memoryLimit: `${megabytes}MB` })
  const connection = await instance.connect()
  try {
    const folders = [dirname(home.segments.spans), join(home.index, 'columns'), heldFolder(home)]
    await connection.run(`SET GLOBAL TimeZone = 'UTC'`)
    await connection.run('SET parquet_metadata_cache = true')
    // The system's own cache does as well, and is not the daemon's memory.
    await connection.run('SET enable_external_file_cache = false')
    await connection.run(
      `SET allowed_directories = [${folders.map((folder) => quoted(folder + sep)).join(', ')}]`,
    )
    await connection.run('SET enable_external_access = false')
    await connection.run('SET lock_configuration = true')
    return instance
  } finally {
    connection.closeSync()
  }
}
