import { activeSpan, inject, live, startSpan } from '@spanledger/sdk'
import type { Context, Span, SpanContext, SpanKind } from '@spanledger/sdk/record'
import { getActiveSpan } from './spans.ts'

/** The context that came with a request, on top of the active one; undefined while recording is off. */
export function extractContextFromHeaders(headers: object): Context | undefined {
  return live?.extract(headers)
}

/** Puts a context, the active one by default, into headers of a request that goes out. */
export function injectContextIntoHeaders(headers: object, context?: Context): void {
  if (live !== undefined && context !== undefined) live.inject(headers, context)
  else inject(headers)
}

/** Requests whose contexts are held at once; beyond, the oldest is forgotten. */
const REQUESTS_MAX = 10_000

const requests = new Map<string, Context>()

/** Keeps a request's context under its id, until `clearRequestContext`. */
export function setRequestContext(requestId: string, context: Context | undefined): void {
  if (context === undefined) return
  requests.delete(requestId)
  if (requests.size >= REQUESTS_MAX) requests.delete(requests.keys().next().value!)
  requests.set(requestId, context)
}

export function getRequestContext(requestId: string): Context | undefined {
  return requests.get(requestId)
}

export function clearRequestContext(requestId: string): void {
  requests.delete(requestId)
}

/** Runs `fn` within a context; undefined, as while recording is off, is the active one. */
export function runWithContext<T>(context: Context | undefined, fn: () => T): T {
  return live === undefined || context === undefined ? fn() : live.context.run(context, fn)
}

/** A span under the request's context, or under the active one. The caller ends it. */
export function createChildSpan(name: string, requestId?: string, kind: SpanKind = 'internal'): Span {
  const context = requestId === undefined ? undefined : requests.get(requestId)
  return runWithContext(context, () => startSpan(name, { kind }))
}

/** A link to the active span, for the `links` of another. */
export function createSpanLink(): { context: SpanContext } | undefined {
  const span = getActiveSpan()
  return span && { context: span.spanContext() }
}

export function getCurrentTraceId(): string | undefined {
  return getActiveSpan()?.spanContext().traceId
}

export function getCurrentSpanId(): string | undefined {
  return getActiveSpan()?.spanContext().spanId
}

/** Whether what is recorded here is kept. */
export function isCurrentSpanSampled(): boolean {
  return (activeSpan().spanContext().traceFlags & 1) === 1
}
