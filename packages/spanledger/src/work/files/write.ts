import { dirname, join } from 'node:path'
import { hexOf, type Platform } from '@spanledger/sdk/platform'

/** For new files; the user's umask takes from it what it takes from any file. */
const NEW_FILE_MODE = 0o666
const NEW_FOLDER_MODE = 0o777

/**
 * Puts text under a name: readers see all of the old or all of the new, also after a power failure.
 *
 * Errors  the system's; then the old is there
 */
export async function writeFile(platform: Platform, path: string, text: string): Promise<void> {
  const { files } = platform
  const folder = dirname(path)
  await files.mkdir(folder, NEW_FOLDER_MODE)
  const mode = (await files.stat(path))?.mode ?? NEW_FILE_MODE
  // A dot, so that nobody takes it for a task should it be left behind.
  const temporary = join(folder, `.spanledger-${hexOf(platform.random(6))}`)
  const file = await files.open(temporary, 'create', mode)
  try {
    try {
      const bytes = new TextEncoder().encode(text)
      if ((await file.write([bytes], 0)) < bytes.length)
        throw Object.assign(new Error(`no space left for ${path}`), { code: 'ENOSPC' })
      await file.datasync()
    } finally {
      await file.close()
    }
    await files.rename(temporary, path)
  } catch (error) {
    await files.unlink(temporary).catch(() => {})
    throw error
  }
  await files.syncDirectory(folder)
}
