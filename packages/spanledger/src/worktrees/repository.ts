import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { GitFailedError, NotARepositoryError } from './errors.ts'
import { type Git, parts } from './git.ts'

/** A git repository with all its worktrees. */
export interface Repository {
  /** The folder all its worktrees share: `.git` of the first worktree, or the repository itself when it is bare. */
  commonDir: string
  /** Name of its folder, and six hex digits of its path: two clones have two ids. */
  id: string
  worktrees: Worktree[]
}

export interface Worktree {
  path: string
  /** The branch's short name, or the folder's name when none is checked out. */
  name: string
  branch: string | null
  /** Null while nothing was committed. */
  head: string | null
  /** The one that `git init` or `git clone` made. */
  main: boolean
  locked: boolean
  /** Its folder is gone. */
  missing: boolean
}

const NOT_ONE = /not a git repository|cannot change to|does not exist|No such file/

/**
 * The repository that a folder is in, with its worktrees as git lists them; a bare repository's own entry is left out.
 *
 * Errors  NotARepositoryError, GitMissingError, GitFailedError
 */
export async function readRepository(git: Git, folder: string): Promise<Repository> {
  const at = resolve(folder)
  const asked = (args: string[]): Promise<string> =>
    git(at, args).then(
      ({ out }) => out,
      (error: unknown) => {
        throw error instanceof GitFailedError && NOT_ONE.test(error.said)
          ? new NotARepositoryError(at)
          : error
      },
    )
  const [common, out] = await Promise.all([
    asked(['rev-parse', '--git-common-dir']),
    asked(['worktree', 'list', '--porcelain', '-z']),
  ])
  const commonDir = await realpath(resolve(at, common.trimEnd()))
  const top = basename(commonDir) === '.git' ? dirname(commonDir) : commonDir
  return {
    commonDir,
    id: `${basename(top)}-${createHash('sha256').update(commonDir).digest('hex').slice(0, 6)}`,
    worktrees: worktreesIn(out),
  }
}

/** `worktree PATH`, `HEAD SHA`, `branch REF` or `detached`, and `bare`, `locked`, `prunable`: an empty part ends each. */
function worktreesIn(porcelain: string): Worktree[] {
  const found: Worktree[] = []
  let fields = new Map<string, string>()
  const finish = (): void => {
    const path = fields.get('worktree')
    if (path !== undefined && !fields.has('bare')) {
      const branch = fields.get('branch')?.replace(/^refs\/heads\//, '') ?? null
      const head = fields.get('HEAD')
      found.push({
        path,
        name: branch ?? basename(path),
        branch,
        head: head === undefined || /^0+$/.test(head) ? null : head,
        main: first,
        locked: fields.has('locked'),
        missing: fields.has('prunable'),
      })
    }
    if (path !== undefined) first = false
    fields = new Map()
  }
  let first = true
  for (const part of parts(porcelain)) {
    const space = part.indexOf(' ')
    if (part === '') finish()
    else fields.set(space < 0 ? part : part.slice(0, space), space < 0 ? '' : part.slice(space + 1))
  }
  finish()
  return found
}

/** The innermost worktree that a folder is in. */
export const worktreeAround = <T extends Pick<Worktree, 'path'>>(
  worktrees: readonly T[],
  folder: string,
): T | undefined =>
  worktrees
    .filter(({ path }) => folder === path || folder.startsWith(path + sep))
    .toSorted((a, b) => b.path.length - a.path.length)[0]

/** Where a file of one worktree's own, such as its index, or of all, such as the objects, is. */
export async function gitPath(git: Git, worktree: string, name: string): Promise<string> {
  const { out } = await git(worktree, ['rev-parse', '--git-path', name])
  return join(resolve(worktree, out.trimEnd()))
}
