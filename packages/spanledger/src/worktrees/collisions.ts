import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { type Change, changesSince, EMPTY_TREE, linesChanged, type LineRange, overlaps } from './changes.ts'
import { type Git, parts } from './git.ts'
import type { Repository } from './repository.ts'
import { objectsIn, type Snapshot, snapshotOf } from './snapshot.ts'

/**
 * How bad it is, worst last:
 * same-file          both changed it, in different places
 * overlapping-lines  both changed the same lines, or it is no text; git could merge it all the same
 * merge-conflict     git could not merge the two as they are now
 */
const GRADES = ['same-file', 'overlapping-lines', 'merge-conflict'] as const
export type Grade = (typeof GRADES)[number]

export interface CollidingFile {
  path: string
  grade: Grade
  /** Lines of the file as both began with it; none where the whole file is in question. */
  lines: LineRange[]
}

/** Two worktrees that change the same files, committed or not. */
export interface Collision {
  /** Names of worktrees, in order. */
  worktrees: [string, string]
  grade: Grade
  /** Worst first. */
  files: CollidingFile[]
}

export interface Collisions {
  collisions: Collision[]
  /** Worktrees that were compared. */
  compared: number
  /** Those that could not be, and why. */
  skipped: { worktree: string; why: string }[]
  /** Untracked files that were left out because they are many or large. */
  leftOut: number
}

/** Git processes at once. */
const PROCESSES_MAX = 4
/** Files of one worktree that are looked at line by line; the others count as colliding as wholes. */
const LINES_OF_FILES_MAX = 1_000

/**
 * Compares all worktrees of a repository with each other as they are now, uncommitted work included.
 *
 * Same     what both changed in the same way is no collision
 * Errors   GitMissingError, GitFailedError; a worktree that cannot be read is skipped and told
 */
export async function findCollisions(git: Git, repository: Repository): Promise<Collisions> {
  const folder = await mkdtemp(join(tmpdir(), 'spanledger-worktrees-'))
  try {
    const skipped: Collisions['skipped'] = []
    const present = repository.worktrees.filter((worktree) => {
      if (worktree.missing) skipped.push({ worktree: worktree.name, why: 'its folder is gone' })
      return !worktree.missing
    })
    if (present.length < 2) return { collisions: [], compared: present.length, skipped, leftOut: 0 }
    const objects = await objectsIn(git, present[0]!.path, folder)
    const snapshots: Snapshot[] = []
    await eachOf(present, async (worktree) => {
      try {
        snapshots.push(await snapshotOf(git, worktree, objects))
      } catch (error) {
        skipped.push({ worktree: worktree.name, why: (error as Error).message })
      }
    })
    snapshots.sort((a, b) => compare(a.worktree.name, b.worktree.name))
    const compareIn = { git, folder: present[0]!.path, env: objects.env }
    return {
      collisions: await collide(compareIn, snapshots),
      compared: snapshots.length,
      skipped,
      leftOut: snapshots.reduce((sum, { leftOut }) => sum + leftOut, 0),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

interface Place {
  git: Git
  folder: string
  env: Readonly<Record<string, string>>
}

/**
 * First the cheap half: what each changed since the one commit that all of them share. Only pairs that left a file with different
 * content are then compared exactly, since what came from upstream is the same in both.
 */
async function collide(place: Place, snapshots: readonly Snapshot[]): Promise<Collision[]> {
  const { git, folder, env } = place
  const baseFor = once((heads: string) => baseOf(place, heads.split(' ')))
  const shared = await baseFor(headsOf(snapshots))
  const changed = new Map<Snapshot, ReadonlyMap<string, Change>>()
  await eachOf(snapshots, async (snapshot) => {
    changed.set(snapshot, await changesSince(git, folder, shared, snapshot.commit, { env }))
  })
  const pairs: Pair[] = []
  await eachOf(pairsOf(snapshots), async ([a, b]) => {
    const candidates = differing(changed.get(a)!, changed.get(b)!)
    if (candidates.length === 0) return
    const base = await baseFor(headsOf([a, b]))
    const since = ({ commit }: Snapshot) =>
      changesSince(git, folder, base, commit, { env, paths: candidates })
    const paths = base === shared ? candidates : differing(await since(a), await since(b))
    if (paths.length > 0) pairs.push({ of: [a, b], base, paths })
  })
  const lines = await linesOf(place, pairs)
  const found: Collision[] = []
  await eachOf(pairs, async (pair) => {
    const [a, b] = pair.of
    const conflicts = await conflictsOf(place, a, b)
    found.push(graded(pair, lines(pair.base, a), lines(pair.base, b), conflicts))
  })
  return found.toSorted((a, b) => byGrade(a, b) || compare(a.worktrees.join('\0'), b.worktrees.join('\0')))
}

interface Pair {
  of: [Snapshot, Snapshot]
  /** What both began with. */
  base: string
  paths: string[]
}

const pairsOf = (snapshots: readonly Snapshot[]): [Snapshot, Snapshot][] =>
  snapshots.flatMap((a, i) => snapshots.slice(i + 1).map((b): [Snapshot, Snapshot] => [a, b]))

const differing = (ours: ReadonlyMap<string, Change>, theirs: ReadonlyMap<string, Change>): string[] =>
  [...ours]
    .filter(([path, { content }]) => theirs.has(path) && theirs.get(path)!.content !== content)
    .map(([path]) => path)

type Lines = ReadonlyMap<string, readonly LineRange[]>

/** Each snapshot is compared once with each base, for all pairs it is in. */
async function linesOf(
  { git, folder, env }: Place,
  pairs: readonly Pair[],
): Promise<(base: string, of: Snapshot) => Lines> {
  const wanted = new Map<string, { base: string; commit: string; paths: Set<string> }>()
  for (const { of, base, paths } of pairs)
    for (const { commit } of of) {
      const key = `${base} ${commit}`
      const entry = wanted.get(key) ?? { base, commit, paths: new Set() }
      for (const path of paths) if (entry.paths.size < LINES_OF_FILES_MAX) entry.paths.add(path)
      wanted.set(key, entry)
    }
  const lines = new Map<string, Lines>()
  await eachOf([...wanted], async ([key, { base, commit, paths }]) => {
    lines.set(key, await linesChanged(git, folder, base, commit, { env, paths: [...paths] }))
  })
  return (base, { commit }) => lines.get(`${base} ${commit}`)!
}

function graded({ of, paths }: Pair, ours: Lines, theirs: Lines, conflicts: ReadonlySet<string>): Collision {
  const files = paths
    .map((path): CollidingFile => {
      const [mine, other] = [ours.get(path) ?? [], theirs.get(path) ?? []]
      const lines = overlaps(mine, other)
      const whole = mine.length === 0 || other.length === 0
      const touching = lines.length > 0 || whole
      return {
        path,
        grade: conflicts.has(path) ? 'merge-conflict' : touching ? 'overlapping-lines' : 'same-file',
        lines,
      }
    })
    .toSorted((a, b) => byGrade(a, b) || compare(a.path, b.path))
  return { worktrees: [of[0].worktree.name, of[1].worktree.name], grade: files[0]!.grade, files }
}

const byGrade = (a: { grade: Grade }, b: { grade: Grade }): number =>
  GRADES.indexOf(b.grade) - GRADES.indexOf(a.grade)

const headsOf = (snapshots: readonly Snapshot[]): string =>
  [...new Set(snapshots.map(({ worktree }) => worktree.head ?? ''))].toSorted(compare).join(' ')

/** The last commit that all of them have in common; without one, nothing. A head without a commit is empty. */
async function baseOf({ git, folder }: Place, heads: readonly string[]): Promise<string> {
  if (heads.includes('')) return EMPTY_TREE
  if (heads.length === 1) return heads[0]!
  const { code, out } = await git(folder, ['merge-base', '--octopus', ...heads], { answers: [1] })
  return code === 0 ? out.trim() : EMPTY_TREE
}

/** Asked once for each key. */
function once<T>(ask: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const asked = new Map<string, Promise<T>>()
  return (key) => {
    const answer = asked.get(key) ?? ask(key)
    asked.set(key, answer)
    return answer
  }
}

/** Files that git could not merge. */
async function conflictsOf({ git, folder, env }: Place, a: Snapshot, b: Snapshot): Promise<Set<string>> {
  const { code, out } = await git(
    folder,
    [
      'merge-tree',
      '--write-tree',
      '-z',
      '--name-only',
      '--no-messages',
      '--allow-unrelated-histories',
      a.commit,
      b.commit,
    ],
    { env, answers: [1] },
  )
  // The tree that was made stands first.
  return new Set(code === 1 ? parts(out).slice(1) : [])
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items]
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: PROCESSES_MAX }, worker))
}
