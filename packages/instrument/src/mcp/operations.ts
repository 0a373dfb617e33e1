import type { Context, Span } from '@spanledger/sdk/record'
import type { Failure, Operation, Request } from './message.ts'
import { operationOf } from './message.ts'
import type { McpTelemetry } from './telemetry.ts'

/** Requests of one side that wait for their answer; beyond it the oldest is given up as `unanswered`. */
const PENDING_MAX = 10_000

interface Pending {
  readonly telemetry: McpTelemetry
  readonly operation: Operation
  readonly span: Span
  readonly startedMs: number
}

/** The requests that one side of a connection sent, or serves, each until its answer. */
export class Operations {
  readonly #side: 'client' | 'server'
  readonly #pending = new Map<unknown, Pending>()

  constructor(side: 'client' | 'server') {
    this.#side = side
  }

  /** Returns the context within which the request is sent or served. */
  begin(
    telemetry: McpTelemetry,
    request: Request,
    parent: Context,
    connection: { readonly [key: string]: string | undefined },
  ): Context {
    const operation = operationOf(request)
    const startedMs = telemetry.clock.read()
    const span = telemetry.tracer.startSpan(
      operation.name,
      { kind: this.#side, attributes: { ...operation.common, ...operation.own, ...connection } },
      parent,
    )
    // An id that is used again while its request is pending is a fault of the other side's.
    this.end(request.id, UNANSWERED)
    if (this.#pending.size >= PENDING_MAX) this.end(this.#pending.keys().next().value, UNANSWERED)
    this.#pending.set(request.id, { telemetry, operation, span, startedMs })
    return parent.withSpan(span)
  }

  has(id: unknown): boolean {
    return this.#pending.has(id)
  }

  /** For a request that is not pending, nothing. */
  end(id: unknown, failure?: Failure): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    this.#pending.delete(id)
    const { telemetry, operation, span, startedMs } = pending
    if (failure) {
      span.setStatus('error', failure.message)
      span.setAttributes({ 'error.type': failure.type, 'rpc.response.status_code': failure.code })
    }
    span.end()
    telemetry.durations[this.#side].record((telemetry.clock.read() - startedMs) / 1_000, {
      ...operation.common,
      'error.type': failure?.type,
    })
  }

  endAll(failure: Failure): void {
    for (const id of this.#pending.keys()) this.end(id, failure)
  }
}

const failure = (type: string): Failure => ({ type, message: type.replace('_', ' '), code: undefined })
const UNANSWERED = failure('unanswered')
export const CANCELLED = failure('cancelled')
export const CLOSED = failure('connection_closed')
