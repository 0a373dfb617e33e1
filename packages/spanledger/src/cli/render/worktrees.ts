import { type AnswerOf, plain } from '../../query/index.ts'
import type { Terminal } from '../terminal.ts'
import { formatMoney, plural } from './format.ts'
import { table } from './table.ts'

export function renderWorktrees(answer: AnswerOf<'worktree.list'>, terminal: Terminal): string {
  return table(
    [
      { head: 'WORKTREE', value: (row) => row.name, shrinkTo: 12 },
      { head: 'HEAD', value: (row) => row.head?.slice(0, 8) ?? 'no commit' },
      {
        head: 'UNCOMMITTED',
        align: 'right',
        value: (row) => (row.uncommitted === null ? 'folder gone' : String(row.uncommitted)),
      },
      { head: 'SESSIONS', value: (row) => sessionsOf(row.sessions), shrinkTo: 10, drop: 1 },
      { head: 'FOLDER', value: (row) => row.path, shrinkTo: 16, drop: 2 },
    ],
    answer.rows,
    terminal,
  )
}

export function renderWorktreeStatus({ rows }: AnswerOf<'worktree.status'>, terminal: Terminal): string {
  return table(
    [
      { head: 'WORKTREE', value: (row) => row.name, shrinkTo: 12 },
      { head: 'COMMITS', value: standing },
      {
        head: 'UNCOMMITTED',
        align: 'right',
        value: (row) => (row.uncommitted === null ? 'folder gone' : String(row.uncommitted)),
        drop: 3,
      },
      {
        head: 'AT WORK',
        value: (row) => row.atWork.map(({ agent }) => agent).join(', ') || '-',
        shrinkTo: 8,
      },
      { head: 'TASK', value: (row) => row.tasks.join(', ') || '-', shrinkTo: 8, drop: 2 },
      { head: 'SESSIONS', align: 'right', value: (row) => String(row.sessions), drop: 1 },
      {
        head: 'COST',
        align: 'right',
        value: (row) => (row.costUsd === null ? '-' : formatMoney(row.costUsd)),
      },
      {
        head: 'COLLIDES',
        value: (row) =>
          row.conflicts.map(({ with: other, grade }) => `${other} (${grade})`).join(', ') || '-',
        paint: (text) => (text.trim() === '-' ? text : terminal.colors.yellow(text)),
        shrinkTo: 12,
      },
    ],
    rows,
    terminal,
  )
}

type StatusRow = AnswerOf<'worktree.status'>['rows'][number]

/** As git's own prompts show it. */
function standing({ head, branch, ahead, behind }: StatusRow): string {
  if (head === null) return 'no commit'
  const where = branch === null ? `detached ${head.slice(0, 8)}` : ''
  const counts =
    ahead === null || behind === null ? '' : ahead + behind === 0 ? 'even' : `+${ahead} -${behind}`
  return [where, counts].filter((part) => part !== '').join(' ') || head.slice(0, 8)
}

const sessionsOf = (ids: readonly string[]): string =>
  ids.length > 1 ? `${ids[0]!.slice(0, 13)} and ${ids.length - 1} more` : (ids[0]?.slice(0, 13) ?? '-')

const MEANS = {
  'same-file': 'the same file, in different places',
  'overlapping-lines': 'the same lines',
  'merge-conflict': 'git cannot merge them',
}
const FILES_SHOWN = 20

export function renderConflicts(answer: AnswerOf<'worktree.conflicts'>, { colors }: Terminal): string {
  const { collisions, compared, skipped, leftOut } = answer
  const lines = collisions.flatMap(({ worktrees, grade, files }) => {
    const paint = grade === 'merge-conflict' ? colors.red : colors.yellow
    const shown = files.slice(0, FILES_SHOWN).map((file) => {
      const where = file.lines.filter(({ count }) => count > 0).map(({ from, count }) => span(from, count))
      return `  ${plain(file.path)}${where.length === 0 ? '' : colors.dim(`:${where.join(',')}`)}  ${MEANS[file.grade]}`
    })
    const more =
      files.length > FILES_SHOWN ? [`  and ${plural(files.length - FILES_SHOWN, 'file')} more`] : []
    return [`${paint(grade)}  ${worktrees.map(plain).join(' and ')}`, ...shown, ...more]
  })
  const told = [
    ...(collisions.length === 0
      ? [`${plural(compared, 'worktree')} compared: none change the same file`]
      : lines),
    ...skipped.map(({ worktree, why }) => colors.yellow(`not compared: ${plain(worktree)}: ${plain(why)}`)),
    ...(leftOut === 0 ? [] : [colors.dim(`${plural(leftOut, 'large untracked file')} left out`)]),
  ]
  return `${told.join('\n')}\n`
}

const span = (from: number, count: number): string =>
  count === 1 ? String(from) : `${from}-${from + count - 1}`

export function renderWorktreeChanged({ done, worktree }: AnswerOf<'worktree.create'>): string {
  return done === 'removed'
    ? `removed ${plain(worktree.path)}; the branch ${plain(worktree.branch ?? worktree.name)} stays\n`
    : `${done} ${plain(worktree.path)} on ${plain(worktree.name)}\n`
}
