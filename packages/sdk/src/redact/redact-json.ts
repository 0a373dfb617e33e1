import type { Value } from '../model/index.ts'
import { hashOf, type Redactor } from './redactor.ts'

/** Deeper values are left out: no agent's payload comes near. */
const DEPTH_MAX = 64

/** The same redaction that attributes get on their way in, for JSON that comes in by another way: by key, then by content. */
export function redactJson(redactor: Redactor, value: Value, depth = 0): Value {
  if (typeof value === 'string') return redactor.redact(value).text
  if (typeof value !== 'object' || value === null) return value
  if (depth > DEPTH_MAX) return ''
  if (Array.isArray(value)) return value.map((item) => redactJson(redactor, item, depth + 1))
  const redacted: Record<string, Value> = {}
  for (const [key, item] of Object.entries(value)) {
    const policy = redactor.policyOfKey(key)
    const told = typeof item === 'boolean' || item === '' || item === null
    if (policy.action === 'scan' || told) redacted[key] = redactJson(redactor, item, depth + 1)
    else if (policy.action === 'replace') redacted[key] = policy.mark
    else redacted[key] = hashOf(typeof item === 'string' ? item : JSON.stringify(item))
  }
  return redacted
}
