import { isNode, LineCounter, parseDocument } from 'yaml'
import type { SettingRow } from '../../cli/index.ts'
import { DEFAULT_REDACTION } from '@spanledger/sdk/redact'
import { parseConfig } from '../config-schema.ts'

/** The settings of the daemon with where each comes from. */
export type DaemonSettings = SettingRow[]

/**
 * Every leaf of the daemon's configuration; what it has no default for appears once somebody sets it.
 *
 * Errors  ConfigError
 */
export function daemonSettings(file: string, text: string): DaemonSettings {
  const { redaction, ...config } = parseConfig(file, text)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, logLevel: 'silent' })
  return leaves({ ...config, redaction: merged(DEFAULT_REDACTION, redaction) }).map(([path, value]) => {
    const node: unknown = document.getIn(path, true)
    const at = isNode(node) ? node.range?.[0] : undefined
    return {
      key: path.join('.'),
      value,
      source: at === undefined ? 'default' : `${file}:${lines.linePos(at).line}`,
      isDefault: at === undefined,
    }
  })
}

function leaves(value: unknown, path: string[] = []): [string[], unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, value]]
  return Object.entries(value).flatMap(([key, member]) =>
    member === undefined ? [] : leaves(member, [...path, key]),
  )
}

/** Defaults, and over them what is set. */
function merged(defaults: object, set: object): object {
  const out: Record<string, unknown> = { ...defaults }
  for (const [key, value] of Object.entries(set)) {
    const before = out[key]
    const deeper = typeof before === 'object' && before !== null && !Array.isArray(before)
    if (value !== undefined) out[key] = deeper ? merged(before, value as object) : value
  }
  return out
}
