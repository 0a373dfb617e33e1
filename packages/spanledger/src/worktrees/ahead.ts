import type { Git } from './git.ts'
import type { Worktree } from './repository.ts'

/** How a worktree's branch stands to another one; all null where there is nothing to compare with. */
export interface Ahead {
  base: string | null
  ahead: number | null
  behind: number | null
}

const UNKNOWN: Ahead = { base: null, ahead: null, behind: null }

/**
 * Counted against its upstream, else against the branch of the first worktree, which is where most branches begin and end.
 *
 * first  the one that `git clone` made; undefined in a bare repository
 */
export async function aheadOf(git: Git, worktree: Worktree, first: Worktree | undefined): Promise<Ahead> {
  const { path, head, missing } = worktree
  if (head === null || missing) return UNKNOWN
  const upstream = (
    await git(path, ['rev-parse', '--abbrev-ref', '--symbolic-full-name', '@{upstream}'], { answers: [128] })
  ).out.trim()
  const base =
    upstream !== '' ? upstream : worktree.main ? undefined : (first?.branch ?? first?.head ?? undefined)
  if (base === undefined) return UNKNOWN
  const counted = await git(path, ['rev-list', '--left-right', '--count', `${base}...HEAD`], {
    answers: [128],
  })
  const [behind, ahead] = counted.out.trim().split('\t').map(Number)
  return behind === undefined || ahead === undefined ? UNKNOWN : { base, ahead, behind }
}
