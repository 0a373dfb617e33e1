import type { Attributes, Span } from '@spanledger/sdk/record'
import { activeSpan } from '@spanledger/sdk'
import { runOperation, telemetryOf } from '../operation.ts'
import { whileLive } from '../while-live.ts'

/** What databases are measured with. Source: semantic conventions, "Database client". */
const dbTelemetry = whileLive((live) => {
  const telemetry = telemetryOf(live, 'kv')
  const { meter } = telemetry
  return {
    ...telemetry,
    duration: meter.createHistogram('db.client.operation.duration', {
      unit: 's',
      description: 'Duration of database client operations.',
    }),
    operations: meter.createCounter('db.client.operations', {
      unit: '{operation}',
      description: 'Database client operations, failed ones included.',
      valueType: 'int',
    }),
  }
})

/** One call of a database. */
export interface DbOperation {
  /** `db.system.name`: `postgresql`, `deno.kv`. */
  readonly system: string
  /** `db.operation.name`: `get`, `SELECT`. */
  readonly operation: string
  readonly collection?: string | undefined
  readonly namespace?: string | undefined
  /** Sanitised. */
  readonly text?: string | undefined
  /** The span's name; `<operation> <collection>` without. */
  readonly summary?: string | undefined
  readonly kind?: 'client' | 'producer'
  readonly attributes?: Attributes
}

/** Runs `fn` as a call of a database; `told` reads attributes from its value. */
export function recordDb<T>(
  db: DbOperation,
  fn: (span: Span) => T,
  told?: (value: Awaited<T>) => Attributes | undefined,
): T {
  const telemetry = dbTelemetry()
  if (telemetry === undefined) return fn(activeSpan())
  const common = {
    'db.system.name': db.system,
    'db.namespace': db.namespace,
    'db.operation.name': db.operation,
    'db.collection.name': db.collection,
  }
  const name = db.summary ?? (db.collection === undefined ? db.operation : `${db.operation} ${db.collection}`)
  return runOperation<T>(
    telemetry,
    {
      name,
      kind: db.kind ?? 'client',
      lazy: true,
      attributes: {
        ...common,
        'db.query.text': db.text,
        'db.query.summary': db.summary,
        ...db.attributes,
      },
      done(span, { seconds, value, errorType }) {
        const measured = errorType === undefined ? common : { ...common, 'error.type': errorType }
        telemetry.duration.record(seconds, measured)
        telemetry.operations.add(1, measured)
        // SQLSTATE, and the codes of other drivers: digits tell them from a class's name.
        if (errorType !== undefined && /\d/.test(errorType))
          span.setAttribute('db.response.status_code', errorType)
        const more = errorType === undefined ? told?.(value as Awaited<T>) : undefined
        if (more) span.setAttributes(more)
      },
    },
    fn,
  )
}
