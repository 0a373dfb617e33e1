import { live } from '@spanledger/sdk'
import type { Attributes } from '@spanledger/sdk/record'
import { recordDb } from './db-telemetry.ts'
import { sqlText } from './sql-text.ts'
import { standIn } from './stand-in.ts'
import type { StandIn } from './stand-in.ts'

/** The part of a node-postgres-like client or pool that is needed. */
export interface SqlLike {
  // Method syntax, so that narrower parameters fit.
  query(query: never, ...rest: never[]): unknown
}

export interface SqlOptions {
  /** `db.system.name`: `postgresql` by default, `sqlite`, `mysql`. */
  readonly system?: string
  /** `db.namespace`: the database's name. */
  readonly database?: string
}

type Call = (...args: unknown[]) => unknown

/**
 * A client or pool whose queries are recorded: `query` and `exec`, also on what `connect` and `transaction` hand out. It stands
 * before the given one, which stays as it is: a pool asks its own clients, and those must not record the same query again.
 */
export function instrumentSql<T extends SqlLike>(client: T, options: SqlOptions = {}): T {
  const query: StandIn = (original, args) => queried(original, args, options)
  return standIn(client, {
    query,
    exec: query,
    connect: (original, args) => connected(original, args, options),
    transaction: (original, args) => transacted(original, args, options),
  })
}

function queried(original: Call, args: unknown[], { system = 'postgresql', database }: SqlOptions): unknown {
  const text = textOf(args[0])
  if (live === undefined || text === undefined) return original(...args)
  const sql = sqlText(text, system)
  const db = { system, namespace: database, ...sql }
  const rows = (result: unknown): Attributes => told(sql.operation, result)
  const callback = args.at(-1)
  if (typeof callback !== 'function') return recordDb(db, () => original(...args), rows)
  // Callbacks belong to the caller, not to the query.
  const { context } = live
  const active = context.active()
  let returned: unknown
  let answered!: (error: unknown, result: unknown) => void
  const answer = new Promise<unknown>((resolve, reject) => {
    answered = (error, result) => (error ? reject(error as Error) : resolve(result))
  })
  const called = function (this: unknown, ...all: unknown[]): unknown {
    answered(all[0], all[1])
    return context.run(active, () => Reflect.apply(callback, this, all) as unknown)
  }
  const run = (): Promise<unknown> => {
    returned = original(...args.slice(0, -1), called)
    return answer
  }
  recordDb(db, run, rows).catch(() => {})
  return returned
}

/** A pool's client by promise; by callback it is handed out as it is. */
function connected(original: Call, args: unknown[], options: SqlOptions): unknown {
  const result = original(...args)
  if (!(result instanceof Promise)) return result
  return result.then((client: unknown) => instrumented(client, options))
}

function transacted(original: Call, [fn, ...rest]: unknown[], options: SqlOptions): unknown {
  if (typeof fn !== 'function') return original(fn, ...rest)
  const { system = 'postgresql', database } = options
  return recordDb({ system, namespace: database, operation: 'TRANSACTION' }, () =>
    original((transaction: unknown) => (fn as Call)(instrumented(transaction, options)), ...rest),
  )
}

const instrumented = (found: unknown, options: SqlOptions): unknown =>
  typeof (found as Partial<SqlLike> | undefined)?.query === 'function'
    ? instrumentSql(found as SqlLike, options)
    : found

function textOf(query: unknown): string | undefined {
  const text = typeof query === 'string' ? query : (query as { text?: unknown } | null | undefined)?.text
  return typeof text === 'string' ? text : undefined
}

/** node-postgres says rowCount, PGlite affectedRows; `exec` gives a list of results. */
function told(operation: string, result: unknown): Attributes {
  const last = Array.isArray(result) ? (result as unknown[]).at(-1) : result
  const { rows, rowCount, affectedRows } = (last ?? {}) as Record<string, unknown>
  const returned = Array.isArray(rows) ? rows.length : undefined
  return {
    'db.response.returned_rows': returned,
    'db.result.found': operation === 'SELECT' && returned !== undefined ? returned > 0 : undefined,
    'spanledger.db.affected_rows': returned ? undefined : (affectedRows ?? rowCount) || undefined,
  }
}
