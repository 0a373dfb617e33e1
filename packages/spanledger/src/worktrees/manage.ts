import { basename, dirname, join } from 'node:path'
import { GitFailedError, UncommittedWorkError } from './errors.ts'
import { type Git, parts } from './git.ts'
import { readRepository, type Repository, type Worktree } from './repository.ts'

export interface CreateOptions {
  /** The branch to check out, made when there is none. */
  branch: string
  /** Where a new branch begins: HEAD of the first worktree unless told. */
  from?: string | undefined
  /** Its folder: `<repository>.worktrees/<branch>` beside the repository unless told. */
  path?: string | undefined
}

/** Errors  GitFailedError: a branch that is checked out elsewhere, a folder that is not empty, an unknown commit. */
export async function createWorktree(
  git: Git,
  repository: Repository,
  { branch, from, path }: CreateOptions,
): Promise<Worktree> {
  const at = mainOf(repository)
  const folder = path ?? folderFor(repository, branch)
  const exists = await hasBranch(git, at, branch)
  const args = exists ? [folder, branch] : ['-b', branch, folder, ...(from === undefined ? [] : [from])]
  await git(at, ['worktree', 'add', '--quiet', ...args])
  const made = (await readRepository(git, at)).worktrees.find((worktree) => worktree.branch === branch)
  if (made === undefined) throw new GitFailedError(['worktree'], at, 0, `no worktree of ${branch} was made`)
  return made
}

/** A branch may hold slashes: its folder does not, and is numbered where another branch has that name of a folder. */
function folderFor(repository: Repository, branch: string): string {
  const top = mainOf(repository)
  const name = branch.replaceAll(/[^\p{L}\p{M}\p{N}_.-]+/gu, '-')
  const folder = join(dirname(top), `${basename(top)}.worktrees`, name)
  const taken = new Set(repository.worktrees.map(({ path }) => alike(path)))
  for (let number = 1; ; number++) {
    const numbered = number === 1 ? folder : `${folder}-${number}`
    if (!taken.has(alike(numbered))) return numbered
  }
}

/** What some file systems take for one name. */
const alike = (path: string): string => path.normalize().toLowerCase()

const mainOf = ({ worktrees, commonDir }: Repository): string =>
  worktrees.find(({ main }) => main)?.path ?? commonDir

async function hasBranch(git: Git, at: string, branch: string): Promise<boolean> {
  const { code } = await git(at, ['show-ref', '--verify', '--quiet', `refs/heads/${branch}`], {
    answers: [1],
  })
  return code === 0
}

/**
 * Removes the folder; the branch stays, so that no commit is lost.
 *
 * Errors  UncommittedWorkError unless `force`, GitFailedError: the first worktree, a locked one
 */
export async function removeWorktree(
  git: Git,
  repository: Repository,
  worktree: Worktree,
  { force = false }: { force?: boolean } = {},
): Promise<void> {
  if (!force && !worktree.missing) await refuseUncommitted(git, worktree)
  await git(mainOf(repository), ['worktree', 'remove', ...(force ? ['--force'] : []), worktree.path])
}

/**
 * Makes a worktree ready for other work: a new branch, the files as they are there. What git ignores, such as installed packages
 * and build output, stays, which is what makes it faster than a new one.
 *
 * Errors  UncommittedWorkError unless `force`, which throws it away; GitFailedError: the branch exists
 */
export async function recycleWorktree(
  git: Git,
  repository: Repository,
  worktree: Worktree,
  { branch, from, force = false }: { branch: string; from?: string | undefined; force?: boolean },
): Promise<Worktree> {
  if (!force) await refuseUncommitted(git, worktree)
  const start = from ?? (await headOf(git, mainOf(repository)))
  await git(worktree.path, [
    'switch',
    '--quiet',
    ...(force ? ['--discard-changes'] : []),
    '--create',
    branch,
    start,
  ])
  if (force) await git(worktree.path, ['clean', '--quiet', '-d', '--force'])
  return { ...worktree, branch, name: branch, head: await headOf(git, worktree.path) }
}

const headOf = async (git: Git, at: string): Promise<string> =>
  (await git(at, ['rev-parse', '--verify', 'HEAD'])).out.trim()

async function refuseUncommitted(git: Git, { path, name }: Worktree): Promise<void> {
  const files = await uncommittedIn(git, path)
  if (files.length > 0) throw new UncommittedWorkError(name, files)
}

/** Files that differ from HEAD or are new. */
export async function uncommittedIn(git: Git, path: string): Promise<string[]> {
  const { out } = await git(path, ['status', '--porcelain', '-z', '--no-renames', '--untracked-files=all'])
  return parts(out).map((line) => line.slice(3))
}
