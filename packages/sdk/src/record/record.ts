import type { Span } from './span.ts'
import type { SpanOptions, Tracer } from './tracer.ts'

/**
 * Runs `fn` in a span of its own, which ends on every path: when `fn` returns or throws, or when the promise it returned settles.
 * What is thrown is recorded, sets the status to error, and is thrown on. Any other thenable is a value: to wait for it could
 * start what its owner has not started yet.
 *
 * @internal
 */
export function recordWith<T>(tracer: Tracer, name: string, options: SpanOptions, fn: (span: Span) => T): T {
  return tracer.startActiveSpan(name, options, (span) => {
    let result: T
    try {
      result = fn(span)
    } catch (error) {
      endWith(span, error)
      throw error
    }
    if (!(result instanceof Promise)) {
      span.end()
      return result
    }
    return result.then(
      (value: unknown) => {
        span.end()
        return value
      },
      (error: unknown) => {
        endWith(span, error)
        throw error
      },
    ) as T
  })
}

function endWith(span: Span, error: unknown): void {
  span.recordException(error)
  span.setStatus('error', messageOf(error))
  span.end()
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error)
  } catch {
    return ''
  }
}
