import { DEFAULT_LIMITS, attributeList } from '@spanledger/sdk/record'
import type { AttributeList, RecordLimits, Resource, Scope } from '@spanledger/sdk/record'
import type { HrTime, SdkAttributes, SdkResource, SdkScope, SdkSpanContext } from './sdk-types.ts'

/** OpenTelemetry's SDK has applied its own limits, and counted: these only keep what is impossible out of the ledger. */
export const LIMITS: RecordLimits = { ...DEFAULT_LIMITS, attributes: 10_000 }

export const listOf = (attributes: SdkAttributes | undefined): AttributeList =>
  attributeList(attributes as Record<string, unknown> | undefined, LIMITS)

export const resourceOf = (resource: SdkResource): Resource => ({
  attributes: listOf(resource.attributes),
  schemaUrl: resource.schemaUrl ?? '',
})

const scopes = new WeakMap<SdkScope, Scope>()

/** The same object for the same scope: whoever writes it keeps it by identity. */
export function scopeOf(scope: SdkScope): Scope {
  let known = scopes.get(scope)
  if (known === undefined) {
    known = {
      name: scope.name,
      version: scope.version ?? '',
      schemaUrl: scope.schemaUrl ?? '',
      attributes: listOf(scope.attributes),
    }
    scopes.set(scope, known)
  }
  return known
}

/** As processors take it: whole numbers, nanoseconds within the second. OpenTelemetry's SDK hands on what it was given; 1970 for what is no time. */
export function moment([seconds, nanos]: HrTime): { seconds: number; nanos: number } {
  const whole = Math.floor(seconds)
  const beyond = Math.floor(nanos + (seconds - whole) * 1e9)
  const carried = Math.floor(beyond / 1e9)
  const at = { seconds: whole + carried, nanos: beyond - carried * 1e9 }
  return at.seconds >= 0 && Number.isSafeInteger(at.seconds) && at.nanos >= 0 ? at : { seconds: 0, nanos: 0 }
}

/** OTLP's: it is known whether a context came from elsewhere; and it did. */
const REMOTE_KNOWN = 0x100
const REMOTE = 0x200

/** Of a span with its parent's context, or of a link with its own. Source: trace.proto, SpanFlags. */
export const flagsOf = (traceFlags: number, other: SdkSpanContext | undefined): number =>
  (traceFlags & 0xff) | REMOTE_KNOWN | (other?.isRemote === true ? REMOTE : 0)
