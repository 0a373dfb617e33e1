import * as fs from 'node:fs'
import { constants } from 'node:fs'
import { dirname } from 'node:path'
import type { Files, FolderEntry, OpenFile, OpenMode } from './files.ts'

const FLAGS: Record<OpenMode, number> = {
  read: constants.O_RDONLY,
  update: constants.O_RDWR,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
}

type Callback<T> = (error: NodeJS.ErrnoException | null, value: T) => void

/** node:fs's callbacks: its promises cost a third more for each small operation, and close files behind one's back. */
function call<T = void>(start: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error === null || error === undefined ? resolve(value) : reject(error)))
  })
}

/**
 * With its parents. Not node:fs's `recursive`: where a file system answers ENOENT for a folder that can never be, as /proc does, that
 * never ends.
 */
async function makeFolder(path: string, mode: number): Promise<void> {
  const make = (): Promise<void> => call((done) => fs.mkdir(path, { mode }, done as fs.NoParamCallback))
  try {
    await make().catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' || dirname(path) === path) throw error
      await makeFolder(dirname(path), mode)
      await make()
    })
  } catch (error) {
    const stat = await call<fs.Stats>((done) => fs.stat(path, done)).catch(() => undefined)
    if (stat?.isDirectory() !== true) throw error
  }
}

export const nodeFiles: Files = {
  async open(path, how, mode = 0o600) {
    return openFile(await call<number>((done) => fs.open(path, FLAGS[how], mode, done)))
  },
  mkdir: makeFolder,
  readdir: (path) => call<string[]>((done) => fs.readdir(path, done)),
  async list(path) {
    const entries = await call<fs.Dirent[]>((done) => fs.readdir(path, { withFileTypes: true }, done))
    return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }))
  },
  async stat(path) {
    const stat = await call<fs.Stats | undefined>((done) => {
      fs.stat(path, (error, value) => (error?.code === 'ENOENT' ? done(null, undefined) : done(error, value)))
    })
    return (
      stat && {
        bytes: stat.size,
        mode: stat.mode & 0o777,
        modifiedMs: stat.mtimeMs,
        changedMs: stat.ctimeMs,
      }
    )
  },
  rename: (from, to) => call((done) => fs.rename(from, to, done as fs.NoParamCallback)),
  link: (existing, path) => call((done) => fs.link(existing, path, done as fs.NoParamCallback)),
  unlink: (path) => call((done) => fs.unlink(path, done as fs.NoParamCallback)),
  async syncDirectory(path) {
    const fd = await call<number>((done) => fs.open(path, constants.O_RDONLY, done)).catch(ignoreOnWindows)
    if (fd === undefined) return
    try {
      await call((done) => fs.fsync(fd, done as fs.NoParamCallback)).catch(ignoreOnWindows)
    } finally {
      await call((done) => fs.close(fd, done as fs.NoParamCallback))
    }
  },
  watch(folder, onChange) {
    try {
      const watcher = fs.watch(folder, { persistent: false }, onChange)
      watcher.on('error', () => watcher.close())
      return () => watcher.close()
    } catch {
      return () => {}
    }
  },
}

function kindOf(entry: fs.Dirent): FolderEntry['kind'] {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'folder'
  return entry.isSymbolicLink() ? 'link' : 'other'
}

/** Windows neither opens nor syncs folders; NTFS journals names by itself. */
function ignoreOnWindows(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'EPERM' && error.code !== 'EISDIR') throw error
  return undefined
}

function openFile(fd: number): OpenFile {
  return {
    async read(into, position) {
      let count = 0
      while (count < into.length) {
        const more = await call<number>((done) =>
          fs.read(fd, into, count, into.length - count, position + count, done),
        )
        if (more === 0) break
        count += more
      }
      return count
    },
    write: (buffers, position) =>
      call<number>((done) => fs.writev(fd, buffers as Uint8Array[], position, done)),
    datasync: () => call((done) => fs.fdatasync(fd, done as fs.NoParamCallback)),
    truncate: (bytes) => call((done) => fs.ftruncate(fd, bytes, done as fs.NoParamCallback)),
    bytes: async () => (await call<fs.Stats>((done) => fs.fstat(fd, done))).size,
    close: () => call((done) => fs.close(fd, done as fs.NoParamCallback)),
  }
}
