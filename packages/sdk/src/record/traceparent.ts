import { RANDOM_TRACE_ID, SAMPLED, isValidSpanContext } from './span-context.ts'
import type { SpanContext } from './span-context.ts'

const PATTERN = /^[ \t]*([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[^]*)?[ \t]*$/
/** A header of a later version may be longer; this long it is garbage. */
const LENGTH_MAX = 512

/**
 * The span context of a traceparent header; undefined when it is not valid.
 *
 * Source  https://www.w3.org/TR/trace-context-2/#versioning-of-traceparent: version ff is invalid, 00 ends after the flags, a later
 *         version is read as far as 00 goes. Flags that the specification does not know are not passed on.
 */
export function parseTraceparent(text: string): SpanContext | undefined {
  const match = text.length <= LENGTH_MAX ? PATTERN.exec(text) : null
  if (match === null) return undefined
  const [, version, traceId, spanId, flags, more] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string?,
  ]
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined
  const traceFlags = Number.parseInt(flags, 16) & (SAMPLED | RANDOM_TRACE_ID)
  const context: SpanContext = { traceId, spanId, traceFlags, isRemote: true }
  return isValidSpanContext(context) ? context : undefined
}

export function formatTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-0${traceFlags & (SAMPLED | RANDOM_TRACE_ID)}`
}
