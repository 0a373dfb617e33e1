import { copyFile, lstat, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { type Git, parts } from './git.ts'
import { gitPath, type Worktree } from './repository.ts'

/** A worktree's files as they are at this moment, committed or not, as a commit that only we can see. */
export interface Snapshot {
  worktree: Worktree
  /** Its tree holds tracked files as they are and small untracked ones; its parent is HEAD. HEAD itself where nothing is uncommitted. */
  commit: string
  /** Untracked files that were left out for their size or number. */
  leftOut: number
}

/** Where a snapshot's objects go: nothing is ever written into the repository. */
export interface Objects {
  /** An empty folder. */
  folder: string
  env: Readonly<Record<string, string>>
}

/** A larger untracked file is no source that two agents write by hand. */
const UNTRACKED_BYTES_MAX = 1024 * 1024
const UNTRACKED_FILES_MAX = 5_000

/** Whose commits these are; nobody ever sees them. */
const IDENTITY = {
  GIT_AUTHOR_NAME: 'spanledger',
  GIT_AUTHOR_EMAIL: 'spanledger@localhost',
  GIT_AUTHOR_DATE: '@0 +0000',
  GIT_COMMITTER_NAME: 'spanledger',
  GIT_COMMITTER_EMAIL: 'spanledger@localhost',
  GIT_COMMITTER_DATE: '@0 +0000',
}

export async function objectsIn(git: Git, worktree: string, folder: string): Promise<Objects> {
  const own = await gitPath(git, worktree, 'objects')
  return { folder, env: { GIT_OBJECT_DIRECTORY: folder, GIT_ALTERNATE_OBJECT_DIRECTORIES: own } }
}

/**
 * Takes a snapshot through a copy of the worktree's index: git knows by it which files did not change, and reads only those that
 * did. Neither the index nor the repository is touched, and no lock is taken: an agent at work notices nothing.
 */
export async function snapshotOf(git: Git, worktree: Worktree, objects: Objects): Promise<Snapshot> {
  const { path, head } = worktree
  const { paths, leftOut } = await uncommitted(git, path)
  if (paths.length === 0 && head !== null) return { worktree, commit: head, leftOut }
  const index = join(objects.folder, `index-${encodeURIComponent(path)}`.slice(0, 200))
  await copyIndex(await gitPath(git, path, 'index'), index)
  const env = { ...objects.env, ...IDENTITY, GIT_INDEX_FILE: index }
  if (paths.length > 0)
    await git(path, ['add', '--all', '--ignore-errors', '--pathspec-from-file=-', '--pathspec-file-nul'], {
      env: { ...env, GIT_LITERAL_PATHSPECS: '1' },
      input: paths.join('\0'),
      // A file that vanished since it was listed.
      answers: [1, 128],
    })
  const tree = (await git(path, ['write-tree'], { env })).out.trim()
  const parent = head === null ? [] : ['-p', head]
  const commit = await git(path, ['commit-tree', tree, ...parent, '-m', 'uncommitted'], { env })
  return { worktree, commit: commit.out.trim(), leftOut }
}

/** With its time, by which git knows that a file written in the same instant may have changed since. */
async function copyIndex(from: string, to: string): Promise<void> {
  try {
    const { atime, mtime } = await stat(from)
    await copyFile(from, to)
    await utimes(to, atime, mtime)
  } catch (error) {
    // Nothing was ever added: the copy begins empty as well.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/** What differs from HEAD or is new, but for large untracked files. */
async function uncommitted(git: Git, path: string): Promise<{ paths: string[]; leftOut: number }> {
  const { out } = await git(path, ['status', '--porcelain', '-z', '--no-renames', '--untracked-files=all'])
  const paths: string[] = []
  let [untracked, leftOut] = [0, 0]
  for (const line of parts(out)) {
    const name = line.slice(3)
    if (line.startsWith('??')) {
      // A path with a slash at its end is another repository, or another worktree, inside of this one.
      if (name.endsWith('/')) continue
      const stats =
        untracked < UNTRACKED_FILES_MAX ? await lstat(join(path, name)).catch(() => undefined) : undefined
      if (stats === undefined || stats.size > UNTRACKED_BYTES_MAX) {
        leftOut++
        continue
      }
      untracked++
    }
    paths.push(name)
  }
  return { paths, leftOut }
}
