import { availableParallelism } from 'node:os'
import type { Home, RetentionRules } from '@spanledger/sdk/ledger'
import type { Platform } from '@spanledger/sdk/platform'
import type { EventStore } from '@spanledger/sdk/store'
import type { DaemonInfo, QueryContext } from './context.ts'
import type { Transcoder } from '../otlp/index.ts'
import type { Redactor } from '@spanledger/sdk/redact'
import type { User } from '../transcripts/index.ts'
import { openOutcomes, type SessionReadModel } from '../projection/index.ts'
import type { Work } from '../work/index.ts'
import { createColumns } from './columns/columns.ts'
import { createEngines } from './duck/engine.ts'
import { AnswerTooLargeError } from './duck/json-rows.ts'
import { parseParams } from './params.ts'
import { isWriting } from './query.ts'
import { type AnswerOf, isQueryName, type ParamsOf, QUERIES, type QueryName, queryNamed } from './registry.ts'
import { isRefusal, refusal, type Refusal } from './refusal.ts'
import { columnsProjection } from './columns/projection.ts'
import { createSegmentIndexes } from './segments/segment-index.ts'

/** The parts that questions are answered from; the functions are called at most once, by the first question that needs them. */
export interface QueriesOptions {
  platform: Platform
  home: Home
  /** Of the program, for `status`. */
  version: string
  events: () => Promise<EventStore>
  sessions: () => Promise<SessionReadModel>
  work: () => Promise<Work>
  transcoder: () => Promise<Transcoder>
  redactor: () => Promise<Redactor>
  input: () => AsyncIterable<Buffer>
  user: User
  /** Asked each time: a daemon may come and go. */
  daemon: () => Promise<DaemonInfo | undefined>
  /** Read from the configuration each time. */
  retention: () => Promise<RetentionRules>
}

export interface Queries {
  /**
   * Answers one question.
   *
   * Refuses  unknown names, parameters that do not fit, things that are not in the ledger
   * Errors   those of the disk
   */
  run<Name extends QueryName>(name: Name, params: ParamsOf<Name>): Promise<AnswerOf<Name> | Refusal>
  run(name: string, params: unknown): Promise<unknown>
  /** As `run`, for other processes: queries that write or stream are refused. */
  answer(name: string, params: unknown): Promise<unknown>
  /** Ends what follows the ledger. What was handed in is closed by whoever opened it. */
  close(): void
}

export function openQueries(options: QueriesOptions): Queries {
  const { platform, home } = options
  const stopped = new AbortController()
  const columns = createColumns(platform, home)
  const indexes = createSegmentIndexes(platform, home)
  const engines = createEngines(platform, home, columns, availableParallelism())
  const context: QueryContext = {
    ...options,
    events: once(options.events),
    sessions: once(options.sessions),
    outcomes: once(async () => openOutcomes(platform, home, await context.events())),
    work: once(options.work),
    projections: async () => [
      (await context.sessions()).projection,
      (await context.outcomes()).projection,
      (await context.work()).projection,
      columnsProjection(platform, home, indexes),
    ],
    transcoder: once(options.transcoder),
    redactor: once(options.redactor),
    indexes,
    columns,
    withEngine: engines.withEngine,
    stopped: stopped.signal,
  }
  const run = async (name: string, given: unknown): Promise<unknown> => {
    if (!isQueryName(name)) return unknownQuery(name)
    const query = queryNamed(name)
    const params = parseParams(query.params, given)
    if (isRefusal(params)) return params
    try {
      return await query.run(context, params)
    } catch (error) {
      if (!(error instanceof AnswerTooLargeError)) throw error
      return refusal(
        error.code,
        error.message,
        'ask for less: a lower limit, a time range, fewer columns; or export it',
      )
    }
  }
  return {
    run: run as Queries['run'],
    answer: async (name, given) => (isRemote(name, given) ? run(name, given) : unknownQuery(name)),
    close() {
      stopped.abort()
      engines.close()
    },
  }
}

const isRemote = (name: string, given?: unknown): boolean =>
  isQueryName(name) && queryNamed(name).streams !== true && !isWriting(queryNamed(name), given)

function unknownQuery(name: string): Refusal {
  const names = Object.keys(QUERIES).filter((one) => isRemote(one))
  return refusal('UNKNOWN_QUERY', `there is no query "${name}" to ask`, `take one of: ${names.join(', ')}`)
}

/** A failure is not kept: the next question tries again. */
function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined
  return () => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined
      throw error
    })
    return opened
  }
}
