import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Config, ConfigError, DEFAULT_CONFIG } from './config.ts'

/**
 * Reads HOME/config.yaml.
 *
 * Errors  ConfigError for YAML that does not parse, unknown keys and wrong values; a missing file is no error
 */
export async function loadConfig(home: string): Promise<Config> {
  const file = join(home, 'config.yaml')
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return DEFAULT_CONFIG
    throw new ConfigError(file, (error as Error).message)
  }
  // YAML and the schema take 20 ms to load: only those who have a file pay.
  const { parseConfig } = await import('./config-schema.ts')
  return parseConfig(file, text)
}
