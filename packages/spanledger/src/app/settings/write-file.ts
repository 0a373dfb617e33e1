import { randomBytes } from 'node:crypto'
import { mkdir, open, readlink, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/**
 * Puts a file in place whole, or leaves the old one: nobody ever reads half of it. Where the path is a link, what it leads to is
 * written. A new file is readable by its user only, since it may come to hold a key; an old one keeps its mode.
 */
export async function writeConfigFile(path: string, text: string): Promise<void> {
  const target = await writtenPath(path)
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

/** A link leads to a folder that is not there. */
class LinkDanglingError extends Error {
  readonly code = 'LINK_DANGLING'
}

/**
 * The file that a path leads to, be it there or not yet.
 *
 * Errors  LinkDanglingError
 */
export async function writtenPath(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const link = await readlink(path).catch(() => undefined)
    if (link === undefined) return path
    const target = resolve(await realpath(dirname(path)), link)
    if (await isThere(dirname(target))) return writtenPath(target)
    throw new LinkDanglingError(`${path} is a link to ${target}, and there is no folder ${dirname(target)}`)
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
