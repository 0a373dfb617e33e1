import { resolve } from 'node:path'
import * as v from 'valibot'
import type { RecordedEvent } from '@spanledger/sdk/model'
import { uuidv7 } from '@spanledger/sdk/platform'
import {
  type Collisions,
  conflictsAfter,
  createWorktree,
  decideConflicts,
  findCollisions,
  git,
  GitFailedError,
  GitMissingError,
  NotARepositoryError,
  placed,
  readRepository,
  recycleWorktree,
  removeWorktree,
  type Repository,
  streamOf,
  UncommittedWorkError,
  uncommittedIn,
  type Worktree,
  type WorktreeEvent,
} from '../../worktrees/index.ts'
import type { QueryContext } from '../context.ts'
import { flag, text } from '../params.ts'
import { query } from '../query.ts'
import { isRefusal, refusal, type Refusal } from '../refusal.ts'
import { runsAtWorkIn, workedIn } from './worked-in.ts'

export interface WorktreeRow extends Worktree {
  /** Files that differ from HEAD or are new; null where the folder is gone. */
  uncommitted: number | null
  /** Sessions of agents that worked in it, latest first. */
  sessions: string[]
}

/** Queries about worktrees run where they are asked, since a daemon's working directory is another. */
export const repo = v.optional(text('any folder of the repository', 'DIR'), '.')
const force = flag('also where a run is at work, and where uncommitted work is lost')
const named = (place: number) => text('a branch, or the folder of a worktree', 'NAME', place)

export const worktreeList = query({
  summary: 'Worktrees of a git repository, and which sessions worked in them',
  params: v.strictObject({ repo }),
  effect: 'writes',
  creates: false,
  run: (context, given): Promise<{ repository: string; rows: WorktreeRow[] } | Refusal> =>
    withRepository(given.repo, async (repository) => {
      const sessions = await workedIn(context, repository)
      const rows: WorktreeRow[] = []
      for (const worktree of repository.worktrees)
        rows.push({
          ...worktree,
          uncommitted: worktree.missing ? null : (await uncommittedIn(git, worktree.path)).length,
          sessions: (sessions.get(worktree) ?? []).map(({ id }) => id),
        })
      return { repository: repository.id, rows }
    }),
})

export const worktreeConflicts = query({
  summary: 'Worktrees that change the same files, committed or not',
  params: v.strictObject({ repo }),
  effect: 'writes',
  creates: false,
  run: (context, given): Promise<(Collisions & { repository: string }) | Refusal> =>
    withRepository(given.repo, async (repository) => {
      const found = await findCollisions(git, repository)
      await recordConflicts(context, repository, found)
      return { repository: repository.id, ...found }
    }),
})

export interface WorktreeChanged {
  done: 'created' | 'removed' | 'recycled'
  worktree: Worktree
}

export const worktreeCreate = query({
  summary: 'Makes a worktree for a branch, new or old',
  params: v.strictObject({
    branch: text('the branch; made when there is none', 'BRANCH', 1),
    from: v.optional(text('where a new branch begins (HEAD of the first worktree unless told)', 'COMMIT')),
    path: v.optional(
      text('its folder (REPOSITORY.worktrees/BRANCH beside the repository unless told)', 'DIR'),
    ),
    repo,
  }),
  effect: 'writes',
  run: (context, { branch, from, path, repo: at }): Promise<WorktreeChanged | Refusal> =>
    withRepository(at, async (repository) => {
      const worktree = await createWorktree(git, repository, {
        branch,
        from,
        path: path === undefined ? undefined : resolve(path),
      })
      await append(context, repository, worktree.name, [
        { event: 'WorktreeCreated', id: uuidv7(context.platform), data: placed(repository, worktree) },
      ])
      return { done: 'created', worktree }
    }),
})

export const worktreeRemove = query({
  summary: 'Removes the folder of a worktree; its branch stays',
  params: v.strictObject({
    name: named(1),
    force,
    repo,
  }),
  effect: 'writes',
  run: (context, { name, force: forced = false, repo: at }): Promise<WorktreeChanged | Refusal> =>
    withWorktree(at, name, async (repository, worktree) => {
      const busy = forced ? undefined : await refuseAtWork(context, repository, worktree)
      if (busy !== undefined) return busy
      await removeWorktree(git, repository, worktree, { force: forced })
      await append(context, repository, worktree.name, [
        { event: 'WorktreeRemoved', id: uuidv7(context.platform), data: placed(repository, worktree) },
      ])
      return { done: 'removed', worktree }
    }),
})

export const worktreeRecycle = query({
  summary:
    'Makes a worktree ready for other work: a new branch; what git ignores, such as installed packages, stays',
  params: v.strictObject({
    name: named(1),
    branch: text('the new branch', 'BRANCH', 2),
    from: v.optional(text('where it begins (HEAD of the first worktree unless told)', 'COMMIT')),
    force,
    repo,
  }),
  effect: 'writes',
  run: (
    context,
    { name, branch, from, force: forced = false, repo: at },
  ): Promise<WorktreeChanged | Refusal> =>
    withWorktree(at, name, async (repository, before) => {
      const busy = forced ? undefined : await refuseAtWork(context, repository, before)
      if (busy !== undefined) return busy
      const worktree = await recycleWorktree(git, repository, before, { branch, from, force: forced })
      await append(context, repository, worktree.name, [
        {
          event: 'WorktreeRecycled',
          id: uuidv7(context.platform),
          data: { ...placed(repository, worktree), branch, previous: before.name },
        },
      ])
      return { done: 'recycled', worktree }
    }),
})

/** Nobody takes the folder away from under a command. */
async function refuseAtWork(
  context: QueryContext,
  repository: Repository,
  worktree: Worktree,
): Promise<Refusal | undefined> {
  const [run] = await runsAtWorkIn(context, repository, worktree)
  return (
    run &&
    refusal(
      'RUN_AT_WORK',
      `a run is at work in ${worktree.name}: ${run.program}`,
      `wait for it, end it (spanledger runs stop ${run.run}), or say --force`,
    )
  )
}

export async function withRepository<T>(
  at: string,
  ask: (repository: Repository) => Promise<T | Refusal>,
): Promise<T | Refusal> {
  try {
    return await ask(await readRepository(git, at))
  } catch (error) {
    return refusalOf(error)
  }
}

/** What git refuses is the answer to a wrong question, not a fault; a fault is thrown again. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof NotARepositoryError)
    return refusal(error.code, error.message, 'go there first, or name one: --repo DIR')
  if (error instanceof GitMissingError)
    return refusal(error.code, error.message, 'git 2.38 or newer is needed')
  if (error instanceof UncommittedWorkError)
    return refusal(error.code, error.message, 'commit it, or throw it away with --force')
  if (error instanceof GitFailedError)
    return refusal(error.code, error.message, 'see what there is: spanledger worktree list')
  throw error
}

const withWorktree = <T>(
  at: string,
  name: string,
  ask: (repository: Repository, worktree: Worktree) => Promise<T | Refusal>,
): Promise<T | Refusal> =>
  withRepository(at, (repository) => {
    const worktree = findWorktree(repository, name)
    return isRefusal(worktree) ? Promise.resolve(worktree) : ask(repository, worktree)
  })

function findWorktree({ worktrees }: Repository, name: string): Worktree | Refusal {
  const found = worktrees.find((worktree) => worktree.name === name || worktree.path === resolve(name))
  return (
    found ??
    refusal(
      'UNKNOWN_WORKTREE',
      `there is no worktree "${name}"`,
      'see which there are: spanledger worktree list',
      worktrees.map((worktree) => worktree.name),
    )
  )
}

/** Tells each worktree's stream what changed since it was told last; nothing when nothing did. */
export async function recordConflicts(
  context: QueryContext,
  repository: Repository,
  { collisions, skipped }: Collisions,
): Promise<void> {
  if (context.home.readOnly) return
  const events = await context.events()
  const unknown = new Set(skipped.map(({ worktree }) => worktree))
  for (const { name } of repository.worktrees) {
    if (unknown.has(name)) continue
    const stream: RecordedEvent[] = []
    for await (const event of events.readStream(streamOf(repository, name))) stream.push(event)
    const decided = decideConflicts(context.platform, repository, name, conflictsAfter(stream), collisions)
    await append(context, repository, name, decided, stream.length)
  }
}

/** A conflict that somebody else tells at the same time is theirs to tell. */
async function append(
  context: QueryContext,
  repository: Repository,
  worktree: string,
  decided: WorktreeEvent[],
  expectedVersion: number | 'any' = 'any',
): Promise<void> {
  if (decided.length === 0) return
  const events = await context.events()
  await events
    .append(streamOf(repository, worktree), decided, { expectedVersion })
    .catch((error: unknown) => {
      if ((error as { code?: string }).code !== 'EXPECTED_VERSION_CONFLICT') throw error
    })
}
