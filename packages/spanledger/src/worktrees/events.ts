import type { NewEvent, RecordedEvent } from '@spanledger/sdk/model'
import { type Platform, uuidv7 } from '@spanledger/sdk/platform'
import type { CollidingFile, Collision, Grade } from './collisions.ts'
import type { Repository, Worktree } from './repository.ts'

/** `worktree-<branch>@<repository>`: two repositories may have branches of one name. */
export const streamOf = (repository: Repository, worktree: string): string =>
  `worktree-${worktree}@${repository.id}`

interface Place {
  worktree: string
  repository: string
  path: string
}

interface ConflictData {
  worktree: string
  repository: string
  with: string
  grade: Grade
  /** The worst first, at most FILES_MAX. */
  files: CollidingFile[]
  /** Of all. */
  fileCount: number
}

export type WorktreeEvent =
  | NewEvent<'WorktreeCreated' | 'WorktreeRemoved', Place & { branch: string | null; head: string | null }>
  | NewEvent<'WorktreeRecycled', Place & { branch: string; previous: string; head: string | null }>
  | NewEvent<'WorktreeConflictDetected', ConflictData>
  | NewEvent<'WorktreeConflictResolved', { worktree: string; repository: string; with: string }>

const FILES_MAX = 100

export const placed = (repository: Repository, { name, path, branch, head }: Worktree) => ({
  worktree: name,
  repository: repository.id,
  path,
  branch,
  head,
})

/** Which other worktrees a worktree collides with, as its stream told last: name -> what was told. */
export type Conflicts = ReadonlyMap<string, string>

export function conflictsAfter(events: Iterable<RecordedEvent>): Conflicts {
  const conflicts = new Map<string, string>()
  for (const { event, data } of events) {
    if (event === 'WorktreeConflictDetected') {
      const told = data as ConflictData
      conflicts.set(told.with, signatureOf(told))
    } else if (event === 'WorktreeConflictResolved') conflicts.delete((data as { with: string }).with)
    else if (event === 'WorktreeCreated') conflicts.clear()
  }
  return conflicts
}

/** Two collisions are the same while the same files collide as badly: lines move with every keystroke. */
const signatureOf = ({ files, fileCount }: Pick<ConflictData, 'files' | 'fileCount'>): string =>
  JSON.stringify([fileCount, files.map(({ path, grade }) => [path, grade])])

/** What one worktree's stream has to be told, for it to say what was found. Nothing when it says so already. */
export function decideConflicts(
  platform: Pick<Platform, 'clock' | 'random'>,
  repository: Repository,
  worktree: string,
  told: Conflicts,
  found: readonly Collision[],
): WorktreeEvent[] {
  const events: WorktreeEvent[] = []
  const now = new Set<string>()
  for (const { worktrees, grade, files } of found) {
    if (!worktrees.includes(worktree)) continue
    const other = worktrees[0] === worktree ? worktrees[1] : worktrees[0]
    now.add(other)
    const data = {
      worktree,
      repository: repository.id,
      with: other,
      grade,
      files: files.slice(0, FILES_MAX),
      fileCount: files.length,
    }
    if (told.get(other) !== signatureOf(data))
      events.push({ event: 'WorktreeConflictDetected', id: uuidv7(platform), data })
  }
  for (const other of told.keys())
    if (!now.has(other))
      events.push({
        event: 'WorktreeConflictResolved',
        id: uuidv7(platform),
        data: { worktree, repository: repository.id, with: other },
      })
  return events
}
