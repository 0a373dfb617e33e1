import { randomBytes } from 'node:crypto'
import { mkdir, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Puts a file in place whole, or leaves the old one: nobody ever reads half of it. Where the path is a link, what it leads to is
 * written. A new file is readable by its user only, since it may come to hold a key; an old one keeps its mode.
 */
export async function writeConfigFile(path: string, text: string): Promise<void> {
  const target = await realpath(path).catch(() => path)
  const mode = await stat(target).then(
    (found) => found.mode & 0o777,
    () => 0o600,
  )
  await mkdir(dirname(target), { recursive: true, mode: 0o700 })
  const draft = `${target}.${randomBytes(6).toString('hex')}`
  try {
    const file = await open(draft, 'wx', mode)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, target)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}
