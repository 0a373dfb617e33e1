import type { Live } from '@spanledger/sdk'
import type { Meter, Span, SpanOptions, Tracer } from '@spanledger/sdk/record'
import { typeOf } from './error-type.ts'
import { aroundRuns, isLazy } from './lazy.ts'

/** What every instrumentation of operations records with. */
export interface OperationTelemetry {
  readonly context: Live['context']
  readonly clock: Live['recorder']['clock']
  readonly tracer: Tracer
  readonly meter: Meter
}

/** `part` names the folder: it is the instrumentation scope of what is recorded. */
export function telemetryOf({ recorder, context }: Live, part: string): OperationTelemetry {
  const scope = `@spanledger/instrument/${part}`
  return { context, clock: recorder.clock, tracer: recorder.tracer(scope), meter: recorder.meter(scope) }
}

/** How an operation ended: with a value, or with an `errorType`. */
interface Outcome<T> {
  readonly seconds: number
  readonly value?: T | undefined
  readonly errorType?: string | undefined
}

export interface Operation<T> extends SpanOptions {
  readonly name: string
  /** What errors say may hold secrets: only their type is recorded. */
  readonly secret?: boolean
  /** It may return a query that runs when it is awaited: then its span is that run's. */
  readonly lazy?: boolean
  /** What it measures and what the value tells; runs before the span ends. What it throws is dropped. */
  readonly done: (span: Span, outcome: Outcome<Awaited<T>>) => void
}

/**
 * Runs `fn` in a span that ends on every path, and measures it. What is thrown is recorded and thrown on. In a context in which
 * recording is suppressed `fn` just runs.
 */
export function runOperation<T>(
  telemetry: OperationTelemetry,
  operation: Operation<T>,
  fn: (span: Span) => T,
): T {
  const { context, clock, tracer } = telemetry
  const parent = context.active()
  const span = tracer.startSpan(operation.name, operation, parent)
  if (parent.suppressed) return fn(span)
  const startedMs = clock.read()
  const end = (value: Awaited<T> | undefined, errorType?: string): void => {
    const seconds = (clock.read() - startedMs) / 1_000
    try {
      operation.done(span, { seconds, value, errorType })
    } catch {
      // A result whose getters throw: what it would have told is missing, the host's answer is not.
    }
    span.end()
  }
  const fail = (error: unknown): void => {
    const type = typeOf(error)
    span.setAttribute('error.type', type)
    if (operation.secret) span.addEvent('exception', { 'exception.type': type }).setStatus('error')
    else {
      span.recordException(error)
      span.setStatus('error', error instanceof Error ? error.message : undefined)
    }
    end(undefined, type)
  }
  let result: T
  try {
    result = context.run(parent.withSpan(span), () => fn(span))
  } catch (error) {
    fail(error)
    throw error
  }
  if (operation.lazy && isLazy(result)) {
    const again = (run: () => Promise<unknown>): Promise<unknown> =>
      runOperation(telemetry, operation as Operation<unknown> as Operation<Promise<unknown>>, run)
    // The span that was begun is forgotten: nothing has been done in it.
    if (aroundRuns(result, again)) return result
  }
  if (!(result instanceof Promise)) {
    end(result as Awaited<T>)
    return result
  }
  return result.then(
    (value: Awaited<T>) => {
      end(value)
      return value
    },
    (error: unknown) => {
      fail(error)
      throw error
    },
  ) as T
}
