import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Git,
  linesBetween,
  NotARepositoryError,
  objectsIn,
  type Objects,
  readRepository,
  type Repository,
  type Snapshot,
  snapshotOf,
  type Worktree,
} from '../worktrees/index.ts'

/** Where git stood. */
export interface GitState {
  repository: string
  worktree: string
  path: string
  branch: string | null
  commit: string | null
}

/** What became of the files between two looks at a worktree, committed or not. */
export interface GitChange {
  before: GitState
  after: GitState
  /** Made since, oldest first; at most COMMITS_MAX. */
  commits: string[]
  files: number
  linesAdded: number
  linesRemoved: number
}

const COMMITS_MAX = 200

/** A look at the worktree that a folder is in, to be compared with a later one. */
export interface GitRecord {
  state: GitState
  /** The repository has other worktrees. */
  hasOthers: boolean
  /** What changed since. Undefined when git can no longer tell: the worktree is gone. */
  finish(): Promise<GitChange | undefined>
}

/**
 * Looks at the worktree around a folder. Undefined where there is none, or no git.
 *
 * What is uncommitted is remembered in a folder of our own: what was there before is not counted as changed.
 */
export async function recordGit(git: Git, folder: string): Promise<GitRecord | undefined> {
  const first = await lookAt(git, folder).catch(() => undefined)
  if (first === undefined) return undefined
  const { repository, worktree } = first
  const objectsFolder = await mkdtemp(join(tmpdir(), 'spanledger-run-'))
  const preparing = objectsIn(git, worktree.path, objectsFolder)
  const before = preparing.then((objects) => snapshotOf(git, worktree, objects))
  before.catch(() => {})
  return {
    state: stateOf(repository, worktree),
    hasOthers: repository.worktrees.length > 1,
    async finish() {
      try {
        const [objects, then] = await Promise.all([preparing, before])
        const now = await lookAt(git, worktree.path)
        return await changeOf(
          git,
          { repository, objects },
          then,
          await snapshotOf(git, now.worktree, objects),
        )
      } catch {
        return undefined
      } finally {
        await rm(objectsFolder, { recursive: true, force: true })
      }
    },
  }
}

async function lookAt(git: Git, folder: string): Promise<{ repository: Repository; worktree: Worktree }> {
  const [repository, shown] = await Promise.all([
    readRepository(git, folder),
    git(folder, ['rev-parse', '--show-toplevel']),
  ])
  const top = shown.out.trimEnd()
  const worktree = repository.worktrees.find(({ path }) => path === top)
  if (worktree === undefined) throw new NotARepositoryError(folder)
  return { repository, worktree }
}

const stateOf = (repository: Repository, { name, path, branch, head }: Worktree): GitState => ({
  repository: repository.id,
  worktree: name,
  path,
  branch,
  commit: head,
})

async function changeOf(
  git: Git,
  { repository, objects }: { repository: Repository; objects: Objects },
  then: Snapshot,
  now: Snapshot,
): Promise<GitChange> {
  const { path, head } = now.worktree
  const { env } = objects
  const since = then.worktree.head === null ? [] : [`^${then.worktree.head}`]
  const commits =
    head === null
      ? []
      : (await git(path, ['rev-list', '--reverse', `--max-count=${COMMITS_MAX}`, head, ...since])).out
          .split('\n')
          .filter((line) => line !== '')
  return {
    before: stateOf(repository, then.worktree),
    after: stateOf(repository, now.worktree),
    commits,
    ...(await linesBetween(git, path, then.commit, now.commit, env)),
  }
}
