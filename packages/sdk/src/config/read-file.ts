import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { CONFIG_BYTES_MAX, ConfigFileError } from './file.ts'

/**
 * Reads a configuration's file from the disk, at once: it is read before anything is recorded, and takes 50 us.
 *
 * A file of another user is not used, root's aside: whoever can write to a folder above the working directory could otherwise have
 * telemetry sent where they like.
 */
export function readConfigFile(path: string): string | undefined {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    const code = (error as { code?: unknown }).code
    // Deno, where files may not be read: then there is no configuration in files.
    const isForbidden = (error as Error).name === 'NotCapable'
    if (code === 'ENOENT' || code === 'ENOTDIR' || isForbidden) return undefined
    throw error
  }
  try {
    const { size, uid } = fstatSync(file)
    const own = userId()
    if (own !== undefined && own !== 0 && uid !== 0 && uid !== own)
      throw new ConfigFileError(
        'CONFIG_OF_SOMEBODY_ELSE',
        'the file belongs to another user, and is not used',
        'copy it, or let its owner be you',
      )
    if (size > CONFIG_BYTES_MAX)
      throw new ConfigFileError(
        'CONFIG_TOO_LARGE',
        `the file has ${size} bytes, at most ${CONFIG_BYTES_MAX} are read`,
        'remove what is no configuration',
      )
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

/** Undefined on Windows, and on Deno without the permission to know. */
function userId(): number | undefined {
  try {
    return process.getuid?.()
  } catch {
    return undefined
  }
}
