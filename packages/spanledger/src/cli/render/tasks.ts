import { type AnswerOf, plain, plainLines } from '../../query/index.ts'
import type { Terminal } from '../terminal.ts'
import { formatInteger, formatWhen, plural } from './format.ts'
import { table, type TableColumn } from './table.ts'

type Row = AnswerOf<'tasks'>['rows'][number]
type Finding = AnswerOf<'tasks'>['findings'][number]

export const statusPaint =
  ({ colors }: Terminal) =>
  (text: string, { status }: Pick<Row, 'status'>): string => {
    if (status === 'done') return colors.green(text)
    if (status === 'blocked') return colors.red(text)
    if (status === 'in_progress' || status === 'reviewing') return colors.cyan(text)
    return status === 'archived' ? colors.dim(text) : text
  }

const columns = (terminal: Terminal): TableColumn<Row>[] => [
  { head: 'STATUS', value: (t) => t.status, paint: statusPaint(terminal) },
  { head: 'ID', value: (t) => t.id, shrinkTo: 20 },
  { head: 'TITLE', value: (t) => t.title, shrinkTo: 16 },
  { head: 'PRIORITY', value: (t) => t.priority, drop: 1 },
  { head: 'TYPE', value: (t) => t.type ?? '-', drop: 3 },
  { head: 'ASSIGNEE', value: (t) => t.assignee ?? '-', drop: 2 },
  { head: 'CHANGED', value: (t) => formatWhen(t.changedAt, terminal.nowMs), drop: 4 },
]

export function renderTasks(answer: AnswerOf<'tasks'>, terminal: Terminal): string {
  const rows =
    answer.rows.length === 0
      ? 'No tasks: spanledger task create makes one.\n'
      : table(columns(terminal), answer.rows, terminal)
  return rows + filesNote(answer, terminal)
}

function filesNote(
  { unrecorded, findings }: Pick<AnswerOf<'tasks'>, 'unrecorded' | 'findings'>,
  terminal: Terminal,
): string {
  const edits =
    unrecorded === 0
      ? ''
      : `\n${terminal.colors.yellow('!')} ${plural(unrecorded, 'edit')} of files not recorded yet: spanledger task sync\n`
  return edits + findingLines(findings, terminal)
}

const findingLines = (findings: readonly Finding[], { colors }: Terminal): string =>
  findings
    .map(({ root, path, line, message }) => {
      const place = `${root}/${path}${line === undefined ? '' : `:${line}`}`
      return `${colors.yellow('!')} ${plain(place)} ${plain(message)}\n`
    })
    .join('')

export function renderTask(task: AnswerOf<'task'>, terminal: Terminal): string {
  const { colors } = terminal
  const facts: [string, string | null][] = [
    [
      'status',
      `${task.status}${task.statusWord === undefined ? '' : ` (${task.statusWord})`}${task.reason === null ? '' : `: ${task.reason}`}`,
    ],
    ['type', task.type],
    ['priority', task.priority],
    ['assignee', task.assignee],
    ['team', task.team],
    ['points', task.storyPoints === null ? null : String(task.storyPoints)],
    ['parent', task.parent],
    ['waits for', task.dependsOn.join(', ') || null],
    ['blocks', task.blocks.join(', ') || null],
    ['claim', task.claim === null ? null : claimThen(task.claim, terminal)],
    ['file', task.path === null ? null : `${task.root}/${task.path}`],
    ['created', formatWhen(task.createdAt, terminal.nowMs)],
    ['started', task.startedAt === null ? null : formatWhen(task.startedAt, terminal.nowMs)],
    ['done', task.doneAt === null ? null : formatWhen(task.doneAt, terminal.nowMs)],
  ]
  const head = facts
    .filter((fact): fact is [string, string] => fact[1] !== null)
    .map(([name, value]) => `${colors.dim(name.padEnd(10))}${plain(value)}`)
  const sections = Object.entries(task.sections).map(
    ([name, text]) =>
      `${name === '' ? '' : `${colors.bold(plain(name))}\n`}${plainLines(text)}${text === '' ? '' : '\n'}`,
  )
  const subtasks = task.subtasks.length === 0 ? '' : `\n${table(columns(terminal), task.subtasks, terminal)}`
  return (
    [`${colors.bold(plain(task.title))}  ${colors.dim(task.id)}`, ...head, '', ...sections].join('\n') +
    subtasks
  )
}

export function claimText({ claim }: Pick<Row, 'claim'>, { nowMs }: Terminal): string {
  if (claim === null) return '-'
  const minutes = Math.round((Date.parse(claim.leaseUntil) - nowMs) / 60_000)
  return claim.expired ? `${claim.agent}, lease ran out` : `${claim.agent}, ${minutes} min left`
}

/** Of a task as it was at some moment: what is left of the lease by now says nothing of it. */
const claimThen = ({ agent, leaseUntil, expired }: NonNullable<Row['claim']>, { nowMs }: Terminal): string =>
  expired ? `${agent}, lease ran out` : `${agent}, until ${formatWhen(leaseUntil, nowMs)}`

export const renderParents = (answer: AnswerOf<'tasks.parents'>, terminal: Terminal): string =>
  answer.rows.length === 0
    ? 'No parent tasks: spanledger task parent create makes one.\n'
    : table(
        [
          ...columns(terminal).slice(0, 3),
          { head: 'DONE', align: 'right', value: (t) => `${t.done}/${t.subtasks}` },
        ] as TableColumn<AnswerOf<'tasks.parents'>['rows'][number]>[],
        answer.rows,
        terminal,
      )

export const renderSearch = (answer: AnswerOf<'tasks.search'>, terminal: Terminal): string =>
  answer.rows.length === 0
    ? 'No task holds all of these words.\n'
    : table(
        [
          ...columns(terminal).slice(0, 3),
          { head: 'WHERE', value: (t) => t.where || 'text', drop: 1 },
          { head: 'LINE', value: (t) => t.line, shrinkTo: 16, drop: 2 },
        ] as TableColumn<AnswerOf<'tasks.search'>['rows'][number]>[],
        answer.rows,
        terminal,
      )

export const renderReindex = (answer: AnswerOf<'tasks.reindex'>, terminal: Terminal): string =>
  `${plural(answer.tasks, 'task')} from ${plural(answer.events, 'event')}, in ${plural(answer.roots.length, 'folder')}\n${filesNote(answer, terminal)}`

export const renderTemplates = (answer: AnswerOf<'tasks.templates'>, terminal: Terminal): string =>
  answer.rows.length === 0
    ? 'No templates: .tasks/.templates/NAME.md is one.\n'
    : table(
        [
          { head: 'NAME', value: (t) => t.name },
          { head: 'TYPE', value: (t) => t.type ?? '-' },
          { head: 'FILE', value: (t) => t.path, shrinkTo: 20 },
        ],
        answer.rows,
        terminal,
      )

export function renderChanged({ task, events }: AnswerOf<'task.create'>, terminal: Terminal): string {
  const { colors } = terminal
  const what = events.length === 0 ? 'it was so already' : events.map(({ event }) => event).join(', ')
  const place = task.path === null ? '' : `\n  ${colors.dim(plain(`${task.root}/${task.path}`))}`
  return `${task.id}  ${statusPaint(terminal)(task.status, task)}  ${plain(task.title)}\n  ${colors.dim(what)}${place}\n`
}

export function renderSync(answer: AnswerOf<'task.sync'>, terminal: Terminal): string {
  const counts = new Map<string, number>()
  for (const { event } of answer.events) counts.set(event, (counts.get(event) ?? 0) + 1)
  const recorded =
    counts.size === 0
      ? 'nothing new'
      : [...counts].map(([event, count]) => `${formatInteger(count)} ${event}`).join(', ')
  return `${plural(answer.tasks, 'task')} in ${plural(answer.roots.length, 'folder')}: ${recorded}\n${findingLines(answer.findings, terminal)}`
}
