import type { Attributes, Span, SpanOptions } from '../record/index.ts'
import { live } from './live.ts'
import { NO_SPAN } from './no-span.ts'

/**
 * Runs `fn` in a span of its own, a child of the active one, which ends on every path: when `fn` returns or throws, or when the promise
 * it returned settles. What is thrown is recorded on the span, and thrown on. While recording is off `fn` just runs.
 */
export function record<T>(name: string, fn: (span: Span) => T): T
export function record<T>(name: string, attributes: Attributes, fn: (span: Span) => T): T
export function record<T>(
  name: string,
  second: Attributes | ((span: Span) => T),
  third?: (span: Span) => T,
): T {
  const fn = third ?? (second as (span: Span) => T)
  if (live === undefined) return fn(NO_SPAN)
  return live.recordWith(
    live.tracer,
    name,
    third === undefined ? {} : { attributes: second as Attributes },
    fn,
  )
}

/** As `record`, with everything a span can begin with. Always a promise. */
export async function withSpan<T>(
  name: string,
  options: SpanOptions,
  fn: (span: Span) => T | Promise<T>,
): Promise<T> {
  // Any thenable is waited for: a query that runs when it is asked.
  return live === undefined
    ? fn(NO_SPAN)
    : live.recordWith(live.tracer, name, options, async (span) => fn(span))
}

/** As `withSpan`, for what is done when it returns. */
export function withSpanSync<T>(name: string, options: SpanOptions, fn: (span: Span) => T): T {
  return live === undefined ? fn(NO_SPAN) : live.recordWith(live.tracer, name, options, fn)
}

/** A span that the caller ends; it is not active. */
export function startSpan(name: string, options?: SpanOptions): Span {
  return live === undefined ? NO_SPAN : live.tracer.startSpan(name, options)
}

/** The span that is active here; one that records nothing when there is none. */
export function activeSpan(): Span {
  return (live?.context.active().span as Span | undefined) ?? NO_SPAN
}
