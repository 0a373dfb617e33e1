import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import { type Git, objectsIn, readRepository, snapshotOf } from '../worktrees/index.ts'

/** How the files around a folder stand: equal when neither a file nor a commit changed. */
export interface Place {
  commit: string | null
  files: string
}

/** Undefined where there is no repository, no git, or no such folder on this machine. */
export async function lookAt(git: Git, folder: string): Promise<Place | undefined> {
  let objects: string | undefined
  try {
    const { worktrees } = await readRepository(git, folder)
    const worktree = worktrees
      .filter(({ path }) => folder === path || folder.startsWith(path + sep))
      .toSorted((a, b) => b.path.length - a.path.length)[0]
    if (worktree === undefined) return undefined
    objects = await mkdtemp(join(tmpdir(), 'spanledger-look-'))
    const { commit } = await snapshotOf(git, worktree, await objectsIn(git, worktree.path, objects))
    return { commit: worktree.head, files: commit }
  } catch {
    return undefined
  } finally {
    if (objects !== undefined) await rm(objects, { recursive: true, force: true })
  }
}
