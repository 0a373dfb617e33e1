import { inspect } from 'node:util'
import type { Fields } from './fields.ts'

/** One line of JSON, whatever the values are: a value that JSON cannot hold is there as text. */
export function jsonLine(line: Fields): string {
  try {
    return `${JSON.stringify(line, withoutBigints)}\n`
  } catch {
    // Cyclic, or it throws when it is read: each value for itself, so that the others stay as they are.
    const parts = Object.entries(line).map(([name, value]) => `${JSON.stringify(name)}:${jsonOf(value)}`)
    return `{${parts.join(',')}}\n`
  }
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value, withoutBigints) ?? 'null'
  } catch {
    try {
      return JSON.stringify(inspect(value))
    } catch {
      return '"[unreadable]"'
    }
  }
}

const withoutBigints = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value
