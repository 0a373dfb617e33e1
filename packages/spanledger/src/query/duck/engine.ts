import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { Home, Segment } from '@spanledger/sdk/ledger'
import type { LedgerKind } from '@spanledger/sdk/model'
import type { Platform } from '@spanledger/sdk/platform'
import type { Columns } from '../columns/columns.ts'
import type { Definitions } from '../definitions.ts'
import { isRefusal } from '../refusal.ts'
import { createDefinitions } from './duck.ts'
import { holdSegments, type HeldSegments } from './held-segments.ts'
import { AnswerTooLargeError, jsonRows, type Row } from './json-rows.ts'
import { isOutOfMemory, LARGE_ROOM, openSandbox, usualRoom } from './sandbox.ts'
import { type ChosenSources, chooseSources } from './sources.ts'
import { viewSql, VIEWS } from './views.ts'

/** So many questions at once have a connection; others wait their turn. */
const QUESTIONS_MAX = 2
/** An instance that nobody asked for so long is closed, and its memory given back. */
const IDLE_MS = 60_000

export interface EngineInput extends Definitions {
  /** The segments each view reads; a kind that is left out has no view. */
  segments: Partial<Record<LedgerKind, readonly Segment[]>>
  /** The question may read the definitions themselves: they are there even where no view needs them. */
  readsDefinitions?: true
}

/** Answers one question, over views that stand for it alone. */
export interface Engine {
  rows(sql: string): Promise<Row[]>
  connection: DuckDBConnection
  /** All that the views read has columns: reading twice costs little then. */
  hasColumns: boolean
}

export type WithEngine = <T>(input: EngineInput, ask: (engine: Engine) => Promise<T>) => Promise<T>

export interface Engines {
  withEngine: WithEngine
  close(): void
}

/**
 * DuckDB over the given segments, and nothing else. Views and definitions are of a question's own connection, and go with it.
 *
 * One instance is kept warm between questions, since making one takes 25 ms, and it knows the files it read before. A question that does
 * not fit into its memory is asked again in an instance of its own with more, one such question at a time.
 */
export function createEngines(platform: Platform, home: Home, columns: Columns, threads: number): Engines {
  const waiting: (() => void)[] = []
  let running = 0
  let opened: Promise<DuckDBInstance> | undefined
  let idle: AbortController | undefined
  let large: Promise<unknown> = Promise.resolve()

  const open = (): Promise<DuckDBInstance> => {
    idle?.abort()
    opened ??= openSandbox(home, usualRoom(threads)).catch((error: unknown) => {
      opened = undefined
      throw error
    })
    return opened
  }
  const close = (): void => {
    idle?.abort()
    const last = opened
    opened = undefined
    void last?.then((instance) => instance.closeSync()).catch(() => {})
  }
  const closeWhenIdle = async (): Promise<void> => {
    idle?.abort()
    const waits = (idle = new AbortController())
    await platform.clock.sleep(IDLE_MS, waits.signal)
    if (!waits.signal.aborted && running === 0) close()
  }

  const answer = <T>(
    instance: DuckDBInstance,
    input: EngineInput,
    ask: (engine: Engine) => Promise<T>,
  ): Promise<T> =>
    withSegments(platform, home, input, (now) =>
      withColumns(columns, now, (chosen) => withConnection(instance, now, chosen, ask)),
    )
  const answerInLargeRoom = async <T>(
    input: EngineInput,
    ask: (engine: Engine) => Promise<T>,
  ): Promise<T> => {
    const instance = await openSandbox(home, LARGE_ROOM)
    try {
      return await answer(instance, input, ask)
    } catch (error) {
      if (!isOutOfMemory(error)) throw error
      throw new AnswerTooLargeError(`takes more memory than ${LARGE_ROOM.megabytes} MB`)
    } finally {
      instance.closeSync()
    }
  }

  return {
    async withEngine(input, ask) {
      if (running >= QUESTIONS_MAX) await new Promise<void>((resolve) => waiting.push(resolve))
      else running++
      try {
        return await answer(await open(), input, ask)
      } catch (error) {
        if (!isOutOfMemory(error)) throw error
        const asked = large.then(() => answerInLargeRoom(input, ask))
        large = asked.catch(() => {})
        return await asked
      } finally {
        const next = waiting.shift()
        if (next === undefined) running--
        else next()
        void closeWhenIdle()
      }
    },
    close,
  }
}

async function withConnection<T>(
  instance: DuckDBInstance,
  input: EngineInput,
  chosen: ChosenSources,
  ask: (engine: Engine) => Promise<T>,
): Promise<T> {
  const connection = await instance.connect()
  try {
    await prepare(connection, input, chosen)
    const hasColumns = Object.values(chosen.sources).every(({ lines }) => lines.length === 0)
    return await ask({
      connection,
      hasColumns,
      rows: async (sql) => jsonRows(await connection.stream(sql)),
    })
  } finally {
    connection.closeSync()
  }
}

/**
 * Asks again when columns that were whole are not any more; and, should DuckDB fail over columns that seem whole, over the
 * lines, which are the truth.
 */
async function withColumns<T>(
  columns: Columns,
  { segments }: EngineInput,
  ask: (chosen: ChosenSources) => Promise<T>,
): Promise<T> {
  const chosen = await chooseSources(columns, segments)
  const again = async (): Promise<ChosenSources> => chooseSources(columns, segments)
  try {
    const answer = await ask(chosen)
    if (!isRefusal(answer) || chosen.files.length === 0) return answer
    const now = await again()
    return now.files.join() === chosen.files.join() ? answer : await ask(now)
  } catch (error) {
    if (chosen.files.length === 0 || isOutOfMemory(error)) throw error
    return await ask(await chooseSources(undefined, segments))
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

async function prepare(
  connection: DuckDBConnection,
  input: EngineInput,
  { sources }: ChosenSources,
): Promise<void> {
  // Columns have what the definitions tell: making the tables takes 3 ms, of 35 that a question takes over columns.
  const hasLines = Object.values(sources).some(({ lines }) => lines.length > 0)
  if (hasLines || input.readsDefinitions === true) await createDefinitions(connection, input)
  for (const view of VIEWS) {
    const read = sources[view.kind]
    if (read !== undefined) await connection.run(viewSql(view, read))
  }
}
