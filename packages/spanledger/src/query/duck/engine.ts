import { join } from 'node:path'
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { Home, Segment } from '@spanledger/sdk/ledger'
import type { LedgerKind } from '@spanledger/sdk/model'
import type { Platform } from '@spanledger/sdk/platform'
import { isRefusal } from '../refusal.ts'
import { holdSegments, type HeldSegments } from './held-segments.ts'
import { jsonRows, type Row } from './json-rows.ts'
import { quoted, TABLES, viewSql, VIEWS } from './views.ts'

/** Of the machine's memory, for one question; what does not fit spills to HOME/index/tmp. */
const MEMORY_LIMIT = '512MB'
/** So many questions at once have an engine; others wait their turn. */
const ENGINES_MAX = 2

export interface EngineInput {
  /** The segments each view reads; a kind that is left out has no view. */
  segments: Partial<Record<LedgerKind, readonly Segment[]>>
  /** Definition lines, one for each id. */
  origins: readonly string[]
  metrics: readonly string[]
}

/** Answers one question; every question has an engine of its own, so that none leaves anything behind in memory (25 ms to make). */
interface Engine {
  rows(sql: string): Promise<Row[]>
  connection: DuckDBConnection
}

export type WithEngine = <T>(input: EngineInput, ask: (engine: Engine) => Promise<T>) => Promise<T>

/**
 * DuckDB in memory over the given segments, and nothing else: once the views stand it can neither reach other files nor
 * the network, nor be configured any further.
 *
 * DuckDB is imported with the first question that needs it: it costs 60 ms and 60 MB.
 */
export function createEngines(platform: Platform, home: Home, threads: number): WithEngine {
  const waiting: (() => void)[] = []
  let running = 0
  return async (input, ask) => {
    if (running >= ENGINES_MAX) await new Promise<void>((resolve) => waiting.push(resolve))
    else running++
    try {
      return await withSegments(platform, home, input, (now) => withInstance(home, threads, now, ask))
    } finally {
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
}

/**
 * Asks again, with the segments held, when one was sealed or removed between being listed and being opened, which DuckDB tells as an error: what
 * is open is read to its end. Not held from the start, as it is rare; in a home that cannot be written to, neither happens.
 */
async function withSegments<T>(
  platform: Platform,
  home: Home,
  input: EngineInput,
  ask: (input: EngineInput) => Promise<T>,
): Promise<T> {
  try {
    const answer = await ask(input)
    if (!isRefusal(answer) || home.readOnly || !(await anyGone(platform, input))) return answer
  } catch (error) {
    if (home.readOnly || !(await anyGone(platform, input))) throw error
  }
  const segments: EngineInput['segments'] = {}
  const held: HeldSegments[] = []
  try {
    for (const [kind, listed] of Object.entries(input.segments) as [LedgerKind, readonly Segment[]][]) {
      held.push(await holdSegments(platform, home, listed))
      segments[kind] = held.at(-1)!.segments
    }
    return await ask({ ...input, segments })
  } finally {
    for (const { release } of held) await release()
  }
}

async function anyGone(platform: Platform, input: EngineInput): Promise<boolean> {
  for (const { path } of Object.values(input.segments).flat())
    if ((await platform.files.stat(path)) === undefined) return true
  return false
}

async function withInstance<T>(
  home: Home,
  threads: number,
  input: EngineInput,
  ask: (engine: Engine) => Promise<T>,
): Promise<T> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance: DuckDBInstance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    threads: String(threads),
    memory_limit: MEMORY_LIMIT,
    temp_directory: home.readOnly ? '' : join(home.index, 'tmp'),
  })
  const connection = await instance.connect()
  try {
    await prepare(connection, input)
    return await ask({ connection, rows: async (sql) => jsonRows(await connection.stream(sql)) })
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

async function prepare(connection: DuckDBConnection, input: EngineInput): Promise<void> {
  const [origins, schema, metrics] = TABLES
  await connection.run(origins, [`[${input.origins.join(',')}]`])
  await connection.run(schema)
  await connection.run(metrics, [`[${input.metrics.join(',')}]`])
  const allowed: string[] = []
  for (const view of VIEWS) {
    const paths = input.segments[view.kind]?.map((segment) => segment.path)
    if (paths === undefined) continue
    allowed.push(...paths)
    await connection.run(viewSql(view, paths))
  }
  await connection.run(`SET TimeZone = 'UTC'`)
  await connection.run(`SET allowed_paths = [${allowed.map(quoted).join(', ')}]`)
  await connection.run('SET enable_external_access = false')
  await connection.run('SET lock_configuration = true')
}
