import { sep } from 'node:path'
import type { SessionReadModel } from '../../projection/index.ts'
import { isoNano } from '../times.ts'
import type { Things } from './changes.ts'
import { present } from './tasks.ts'
import type { WorktreeHistory } from './worktree-history.ts'

/** A worktree at one moment, from events alone. */
export interface WorktreeView {
  id: string
  repository: string
  branch: string | null
  path: string | null
  head: string | null
  status: WorktreeHistory['status']
  previous: string | null
  next: string | null
  began: string
  conflicts: { with: string; grade: string; files: number }[]
  /** Commands that `spanledger run` recorded in it. */
  runs: {
    run: string
    program: string
    agent: string | null
    task: string | null
    started: string
    exitCode: number | null
  }[]
  /** Agents' sessions that had begun in it, latest first. */
  sessions: { id: string; agent: string; startedAt: string }[]
}

const SESSIONS_MAX = 1_000

/** A session belongs to the worktree it ran in, or to the innermost one around its working directory. */
export function worktreeView(
  history: WorktreeHistory,
  all: Iterable<WorktreeHistory>,
  model: SessionReadModel,
  nanos: bigint,
): WorktreeView {
  const { id, repository, branch, path, head, status, previous, next, beganNano, conflicts, runs } = history
  const inward = [...all]
    .filter((one) => one.path !== null)
    .toSorted(
      (a, b) =>
        b.path!.length - a.path!.length || Number(b.status === 'there') - Number(a.status === 'there'),
    )
  const isHere = (run: string | null, folder: string | null): boolean => {
    if (run !== null) return runs.has(run)
    const around = inward.find((one) => folder === one.path || folder?.startsWith(one.path! + sep) === true)
    return around?.id === id
  }
  return {
    id,
    repository,
    branch,
    path,
    head,
    status,
    previous,
    next,
    began: isoNano(beganNano),
    conflicts: [...conflicts].map(([other, conflict]) => ({ with: other, ...conflict })),
    runs: [...runs.values()].map(({ startedNano, ended, ...run }) => ({
      ...run,
      started: isoNano(startedNano),
      exitCode: ended?.exitCode ?? null,
    })),
    sessions: model
      .list({ limit: SESSIONS_MAX })
      .sessions.filter(({ startedAt }) => BigInt(Date.parse(startedAt)) * 1_000_000n <= nanos)
      .filter((session) => isHere(session.run, session.workingDirectory))
      .map(({ id: session, agent, startedAt }) => ({ id: session, agent, startedAt })),
  }
}

export const worktreesAsThings = (
  histories: ReadonlyMap<string, WorktreeHistory>,
  model: SessionReadModel,
  nanos: bigint,
): Things =>
  new Map(
    [...histories].map(([id, history]) => {
      const view = worktreeView(history, histories.values(), model, nanos)
      const { status, path, branch, head, previous, next } = view
      const facts = { path, branch, head, previous, next }
      return [
        id,
        present({
          status,
          ...Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, value ?? undefined])),
          ...Object.fromEntries(view.conflicts.map((one) => [`conflict.${one.with}`, one.grade])),
          ...Object.fromEntries(view.runs.map(({ run, exitCode }) => [`run.${run}`, exitCode ?? 'running'])),
          ...Object.fromEntries(view.sessions.map(({ id: session, agent }) => [`session.${session}`, agent])),
        }),
      ]
    }),
  )
