import { type AnswerOf, plain } from '../../query/index.ts'
import type { Terminal } from '../terminal.ts'
import { formatDateTime, formatWhen, plural } from './format.ts'
import { table } from './table.ts'

type Team = Extract<AnswerOf<'state'>, { members: unknown }>
type Worktree = Extract<AnswerOf<'state'>, { runs: unknown }>
type Diff = Extract<AnswerOf<'state.diff'>, { kind: unknown }>
type Row = Diff['rows'][number]

const facts = (facets: readonly [string, string | number | null][], { colors }: Terminal): string =>
  facets
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${colors.dim(name.padEnd(10))}${plain(String(value))}\n`)
    .join('')

export function renderTeam(team: Team, terminal: Terminal): string {
  const { wip, wipLimit, capacity, pointsInProgress, week, members, claims } = team
  const head = facts(
    [
      [
        'claimed',
        `${wip}${wipLimit === null ? '' : ` of ${wipLimit}`}, ${pointsInProgress} story points${capacity === null ? '' : ` of ${capacity}`}`,
      ],
      [
        'week',
        `${week.completed} done, ${week.failed} failed, ${week.velocity.toFixed(1)} points, ${week.wipViolations} refused by the limit`,
      ],
    ],
    terminal,
  )
  const held = table(
    [
      { head: 'TASK', value: (t) => t.task, shrinkTo: 16 },
      { head: 'AGENT', value: (t) => t.agent },
      { head: 'SINCE', value: (t) => formatWhen(t.since, terminal.nowMs) },
      { head: 'POINTS', align: 'right', value: (t) => String(t.storyPoints ?? '-'), drop: 1 },
    ],
    claims,
    terminal,
  )
  const agents = table(
    [
      { head: 'MEMBER', value: (m) => m.agent },
      { head: 'CLAIMS', align: 'right', value: (m) => String(m.claims) },
      { head: 'DONE', align: 'right', value: (m) => String(m.completed) },
      { head: 'FAILED', align: 'right', value: (m) => String(m.failed) },
      { head: 'LAST HEARD', value: (m) => formatWhen(m.lastHeard, terminal.nowMs), drop: 1 },
    ],
    members,
    terminal,
  )
  return `${terminal.colors.bold(plain(team.id))}\n${head}${claims.length === 0 ? '' : `\n${held}`}${members.length === 0 ? '' : `\n${agents}`}`
}

export function renderWorktree(worktree: Worktree, terminal: Terminal): string {
  const { id, status, path, branch, head, previous, next, began, conflicts, runs, sessions } = worktree
  const known = facts(
    [
      ['status', next === null ? status : `${status}: ${next}`],
      ['folder', path],
      ['branch', branch],
      ['head', head],
      ['was', previous],
      ['began', formatWhen(began, terminal.nowMs)],
      ...conflicts.map((one): [string, string] => [
        'collides',
        `with ${one.with}: ${one.grade}, ${plural(one.files, 'file')}`,
      ]),
    ],
    terminal,
  )
  const ran = table(
    [
      { head: 'RUN', value: (r) => r.run.slice(0, 13) },
      { head: 'PROGRAM', value: (r) => r.program },
      { head: 'TASK', value: (r) => r.task ?? '-', shrinkTo: 12 },
      { head: 'STARTED', value: (r) => formatWhen(r.started, terminal.nowMs), drop: 1 },
      { head: 'EXIT', align: 'right', value: (r) => String(r.exitCode ?? 'running') },
    ],
    runs,
    terminal,
  )
  const worked = table(
    [
      { head: 'SESSION', value: (s) => s.id.slice(0, 13) },
      { head: 'AGENT', value: (s) => s.agent },
      { head: 'STARTED', value: (s) => formatWhen(s.startedAt, terminal.nowMs) },
    ],
    sessions,
    terminal,
  )
  return `${terminal.colors.bold(plain(id))}\n${known}${runs.length === 0 ? '' : `\n${ran}`}${sessions.length === 0 ? '' : `\n${worked}`}`
}

/** Longer values are sections of a task: only that they changed is told. */
const VALUE_CHARACTERS_MAX = 60

export function renderThingsDiff({ kind, from, to, rows, total }: Diff, terminal: Terminal): string {
  const head = `From ${formatDateTime(from)} to ${formatDateTime(to)}: `
  if (rows.length === 0) return `${head}nothing changed.\n`
  const { colors } = terminal
  const sign = { new: colors.green('+'), gone: colors.red('-'), changed: colors.yellow('~') }
  const lines = rows.map(
    ({ id, what, changes }) => `\n${sign[what]} ${colors.bold(plain(id))}\n${changeLines(changes)}`,
  )
  return `${head}${plural(total, kind)} changed\n${lines.join('')}`
}

const changeLines = (changes: Row['changes']): string =>
  Object.entries(changes)
    .map(([name, change]) => `    ${plain(name)}  ${plain(changeText(change))}\n`)
    .join('')

function changeText({ before, after }: Row['changes'][string]): string {
  const [was, is] = [before, after].map((value) => (value === undefined ? undefined : valueText(value)))
  if ((was?.length ?? 0) + (is?.length ?? 0) > VALUE_CHARACTERS_MAX)
    return was === undefined ? 'written' : is === undefined ? 'taken away' : 'rewritten'
  return was === undefined ? is! : `${was} → ${is ?? '-'}`
}

const valueText = (value: unknown): string =>
  typeof value === 'string' ? value || '""' : JSON.stringify(value)
