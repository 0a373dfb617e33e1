import { dirname } from 'node:path'
import type { Source } from './config.ts'
import { type ConfigWarning, type Layer, readTree } from './layer.ts'
import { nearest } from './nearest.ts'
import { readSection } from './yaml/read.ts'
import { YamlRefusedError } from './yaml/refused.ts'

/** The SDK's part of config.yaml; the others belong to the daemon, which checks them. */
export const SECTION = 'telemetry'

/** A larger file is not read: reading one of this size takes 10 ms, and settings of a person have some kilobytes. */
export const CONFIG_BYTES_MAX = 256 * 1024

/**
 * The text of a file; undefined when there is none.
 *
 * Errors  those of the system; ConfigFileError for a file that must not be used
 */
export type ReadFile = (path: string) => string | undefined

/** A file that is there and must not be used. */
export class ConfigFileError extends Error {
  readonly code: 'CONFIG_TOO_LARGE' | 'CONFIG_OF_SOMEBODY_ELSE'
  readonly next: string
  constructor(code: ConfigFileError['code'], message: string, next: string) {
    super(message)
    this.name = 'ConfigFileError'
    this.code = code
    this.next = next
  }
}

export interface FileOptions {
  kind: 'project' | 'home'
  file: string
  userHome: string | undefined
  warn(warning: ConfigWarning): void
}

/** What one file says. A file that is no YAML says nothing: half of a configuration would be another configuration. */
export function readFileLayer(text: string, { kind, file, userHome, warn }: FileOptions): Layer {
  const layer: Layer = new Map()
  const sourceAt = ({ line }: { line: number }): Source => ({ kind, file, line })
  try {
    const { value, others } = readSection(text, SECTION)
    for (const other of others) {
      if (nearest(other.key, [SECTION]) === undefined) continue
      warn({
        code: 'UNKNOWN_KEY',
        message: `there is no key ${other.key}`,
        next: `did you mean ${SECTION}?`,
        source: sourceAt(other),
      })
    }
    if (value?.kind === 'map') {
      readTree(layer, value, { base: dirname(file), userHome, sourceAt, warn })
    } else if (value !== undefined && !(value.kind === 'scalar' && value.value === null))
      warn({
        code: 'BAD_VALUE',
        message: `${SECTION} takes keys, not a value`,
        next: 'write telemetry.enabled: false to switch it off',
        source: sourceAt(value),
      })
  } catch (error) {
    if (!(error instanceof YamlRefusedError)) throw error
    warn({
      code: 'BAD_FILE',
      message: `column ${error.column}: ${error.message}; nothing of the file is used`,
      next: error.next,
      source: sourceAt(error),
    })
  }
  return layer
}
