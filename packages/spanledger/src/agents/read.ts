import type { Attributes, Value } from '@spanledger/sdk/model'
import type { From } from './mapping.ts'

const NUMERIC = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/

export function valueOf(attrs: Attributes | undefined, from: From): Value | undefined {
  if (!attrs) return undefined
  if (typeof from === 'string') return attrs[from]
  for (const name of from) if (attrs[name] !== undefined) return attrs[name]
  return undefined
}

/** Redaction markers are no content. Claude Code and Codex write their own, ours reads `[redacted:rule]`. */
const REDACTED = new Set(['<REDACTED>', '[REDACTED]'])

export function textOf(value: Value | undefined): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return textOf(value[0])
  if (typeof value !== 'string' || value === '' || REDACTED.has(value)) return undefined
  return value
}

/** Agents send numbers as text, and 64-bit integers beyond 2^53 stand in `$int`. */
export function numberOf(value: Value | undefined): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value === 'string') return NUMERIC.test(value) ? Number(value) : undefined
  if (value && typeof value === 'object' && !Array.isArray(value)) return numberOf(value['$int'])
  return undefined
}

export function flagOf(value: Value | undefined): boolean | undefined {
  if (typeof value === 'boolean') return value
  if (value === 'true') return true
  if (value === 'false') return false
  return undefined
}

/** The command in the arguments of a shell tool's call; undefined for other tools, and when the arguments are cut or redacted. */
export function commandIn(args: Value | undefined): string | undefined {
  const given = jsonOf(args)
  const command = given?.['command'] ?? given?.['cmd']
  return Array.isArray(command) ? command.map((word) => textOf(word) ?? '').join(' ') : textOf(command)
}

/** JSON inside of an attribute: undefined when it is cut, redacted or not JSON. */
export function jsonOf(value: Value | undefined): Record<string, Value> | undefined {
  if (value && typeof value === 'object' && !Array.isArray(value)) return value
  if (typeof value !== 'string' || value[0] !== '{') return undefined
  try {
    return JSON.parse(value) as Record<string, Value>
  } catch {
    return undefined
  }
}
