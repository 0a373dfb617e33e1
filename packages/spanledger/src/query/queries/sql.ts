import type { DuckDBConnection } from '@duckdb/node-api'
import * as v from 'valibot'
import { AnswerTooLargeError, jsonRows, type Row } from '../duck/json-rows.ts'
import { isOutOfMemory } from '../duck/sandbox.ts'
import { wholeLedger } from '../ledger-input.ts'
import { limit, text } from '../params.ts'
import { type Cut, cutAt, query } from '../query.ts'
import { isRefusal, refusal, type Refusal } from '../refusal.ts'

export interface SqlAnswer extends Cut {
  columns: { name: string; type: string }[]
  rows: Row[]
}

/** A statement that runs longer is stopped: an agent's mistake must not keep the machine busy. */
const SQL_SECONDS_MAX = 60

export const sql = query({
  summary: 'One SELECT over the views spans, logs, metrics, events and origins',
  params: v.strictObject({
    query: text(
      'a SELECT, WITH, FROM, DESCRIBE, SUMMARIZE, SHOW or EXPLAIN statement in DuckDB SQL',
      'QUERY',
      1,
    ),
    limit: limit(1000, 'rows'),
  }),
  async run(context, given): Promise<SqlAnswer | Refusal> {
    const input = await wholeLedger(context)
    return context.withEngine(input, async ({ connection }) => {
      const done = new AbortController()
      let late = false
      void context.platform.clock.sleep(SQL_SECONDS_MAX * 1000, done.signal).then(() => {
        if (done.signal.aborted) return
        late = true
        connection.interrupt()
      })
      try {
        return await select(connection, given.query, given.limit)
      } catch (error) {
        if (error instanceof AnswerTooLargeError || isOutOfMemory(error)) throw error
        return late
          ? refusal(
              'SQL_TOO_LONG',
              `the statement ran longer than ${SQL_SECONDS_MAX} s and was stopped`,
              'ask for less: a time range, a service, a LIMIT',
            )
          : sqlError(error)
      } finally {
        done.abort()
      }
    })
  },
})

async function select(
  connection: DuckDBConnection,
  statement: string,
  atMost: number,
): Promise<SqlAnswer | Refusal> {
  const refused = await check(connection, statement)
  if (isRefusal(refused)) return refused
  const result = await connection.stream(statement)
  const types = result.columnTypes()
  const columns = result
    .deduplicatedColumnNames()
    .map((name, i) => ({ name, type: types[i]!.alias ?? String(types[i]) }))
  return { columns, ...cutAt(await jsonRows(result, atMost + 1), atMost) }
}

const EXPLAIN = /^\s*explain(?:\s+analyze)?\s+/i

/**
 * Lets through what only reads. DuckDB's own kind of the statement decides, not its first word; what EXPLAIN explains is
 * looked at by itself, since EXPLAIN ANALYZE runs it.
 */
async function check(connection: DuckDBConnection, statement: string): Promise<Refusal | undefined> {
  const { StatementType } = await import('@duckdb/node-api')
  if (withoutComments(statement).trim() === '') return notAllowed('there is no statement')
  const extracted = await connection.extractStatements(statement)
  if (extracted.count !== 1) {
    const hint = /\bpivot\b/i.test(statement) ? ' (PIVOT needs its values listed: ON column IN (...))' : ''
    return notAllowed(`only one statement is allowed, this is ${extracted.count}${hint}`)
  }
  const prepared = await extracted.prepare(0)
  try {
    if (prepared.parameterCount > 0) return notAllowed('parameters such as $1 have no values here')
    if (prepared.statementType === StatementType.SELECT) return undefined
    if (prepared.statementType === StatementType.EXPLAIN && EXPLAIN.test(statement))
      return await check(connection, statement.replace(EXPLAIN, ''))
    return notAllowed(`only reading is allowed, and this is ${StatementType[prepared.statementType]}`)
  } finally {
    prepared.destroySync()
  }
}

const notAllowed = (what: string): Refusal =>
  refusal('SQL_NOT_ALLOWED', what, 'ask with one SELECT; the ledger is never changed by SQL')

/** DuckDB's parser fails without a message on text that holds comments only. */
const withoutComments = (statement: string): string =>
  statement.replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//g, '').replaceAll(';', '')

/** DuckDB tells the place as an excerpt with a caret under it. */
function sqlError(error: unknown): Refusal {
  const [message = '', ...excerpt] = String((error as Error).message)
    .replace('Failed to extract statements: ', '')
    .split('\n')
  const caret = excerpt.findIndex((line) => /^\s*\^\s*$/.test(line))
  const said = excerpt.slice(0, caret === -1 ? undefined : caret - 1).filter((line) => line.trim() !== '')
  const place = caret === -1 ? [] : [excerpt[caret - 1]!, excerpt[caret]!.trimEnd()]
  return {
    ...refusal('SQL_ERROR', [message, ...said].join(' '), 'see the columns: spanledger sql "DESCRIBE spans"'),
    ...(place.length === 0 ? {} : { place: place.join('\n') }),
  }
}
