import { type AnswerOf, plain } from '../../query/index.ts'
import type { Terminal } from '../terminal.ts'
import { formatInteger, formatWhen, plural } from './format.ts'
import { table } from './table.ts'
import { claimText, renderChanged, statusPaint } from './tasks.ts'

export function renderWork({ format, ...answer }: AnswerOf<'work'>, terminal: Terminal): string {
  if (format === 'json') return `${JSON.stringify(answer)}\n`
  if (format === 'csv') return csv(answer.rows)
  if (answer.rows.length === 0) return 'No work.\n'
  return table(
    [
      { head: 'STATUS', value: (t) => t.status, paint: statusPaint(terminal) },
      { head: 'ID', value: (t) => t.id, shrinkTo: 20 },
      { head: 'TITLE', value: (t) => t.title, shrinkTo: 16 },
      { head: 'TEAM', value: (t) => t.team ?? '-', drop: 2 },
      { head: 'CLAIM', value: (t) => claimText(t, terminal) },
      { head: '%', align: 'right', value: (t) => formatInteger(t.progress), drop: 4 },
      { head: 'WAITS FOR', value: (t) => t.waitsFor.join(', ') || '-', shrinkTo: 12, drop: 3 },
      ...(answer.rows.some(({ traces }) => traces !== undefined)
        ? [{ head: 'TRACES', value: (t: WorkRow) => t.traces!.map((id) => id.slice(0, 12)).join(' ') || '-' }]
        : []),
    ],
    answer.rows,
    terminal,
  )
}

type WorkRow = AnswerOf<'work'>['rows'][number]

/** Columns that spreadsheets are asked for; the names of --json. */
const CSV_COLUMNS = [
  'id',
  'title',
  'type',
  'status',
  'priority',
  'team',
  'assignee',
  'storyPoints',
  'progress',
  'waitsFor',
  'traces',
  'createdAt',
  'startedAt',
  'doneAt',
] as const satisfies (keyof WorkRow)[]

/** RFC 4180. What a spreadsheet would take for a formula is quoted with an apostrophe. */
function csv(rows: readonly WorkRow[]): string {
  const cell = (value: WorkRow[(typeof CSV_COLUMNS)[number]]): string => {
    const text = Array.isArray(value) ? value.join(' ') : String(value ?? '')
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  const lines = [CSV_COLUMNS, ...rows.map((row) => CSV_COLUMNS.map((name) => cell(row[name])))]
  return lines.map((line) => `${line.join(',')}\r\n`).join('')
}

export const renderWorkAgents = ({ rows }: AnswerOf<'work.agents'>, terminal: Terminal): string =>
  rows.length === 0
    ? 'No agent has claimed anything yet: spanledger work claim TYPE TITLE.\n'
    : table(
        [
          { head: 'AGENT', value: (a) => a.agent, shrinkTo: 12 },
          { head: 'TEAMS', value: (a) => a.teams.join(', ') || '-', shrinkTo: 12 },
          { head: 'CLAIMED', align: 'right', value: (a) => formatInteger(a.claimed) },
          { head: 'CLAIMS', align: 'right', value: (a) => formatInteger(a.claims), drop: 2 },
          { head: 'DONE', align: 'right', value: (a) => formatInteger(a.completed) },
          { head: 'FAILED', align: 'right', value: (a) => formatInteger(a.failed) },
          {
            head: 'LAST HEARD',
            value: (a) => (a.lastHeard === null ? '-' : formatWhen(a.lastHeard, terminal.nowMs)),
            drop: 1,
          },
        ],
        rows,
        terminal,
      )

/** A claim, and what to hand to the agent that goes on with it. */
export function renderHeld(answer: AnswerOf<'work.claim'>, terminal: Terminal): string {
  const { claim, progress } = answer.task
  const held =
    claim === null
      ? ''
      : `  ${plain(claim.agent)} for team ${plain(claim.team)} until ${formatWhen(claim.leaseUntil, terminal.nowMs)}, ${progress}%\n  ${terminal.colors.dim(`carrier ${JSON.stringify(answer.carrier)}`)}\n`
  return renderChanged(answer, terminal) + held
}

type Figures = AnswerOf<'work.stats'>['teams'][number]

const share = (value: number | null): string => (value === null ? '-' : `${Math.round(value * 100)}%`)
const hours = (value: { p50: number; p95: number } | null): string =>
  value === null ? '-' : `${time(value.p50)} / ${time(value.p95)}`
const time = (value: number): string =>
  value >= 48
    ? `${(value / 24).toFixed(1)} d`
    : value >= 1
      ? `${value.toFixed(1)} h`
      : value >= 1 / 60
        ? `${Math.round(value * 60)} min`
        : `${Math.round(value * 3600)} s`

export function renderWorkStats(stats: AnswerOf<'work.stats'>, terminal: Terminal): string {
  const statuses = Object.entries(stats.byStatus)
    .filter(([, count]) => count > 0)
    .map(([status, count]) => `${count} ${status}`)
  const all = { ...stats, team: 'all', wipLimit: null } as Figures
  const refused = Object.entries(stats.refusals).map(([code, count]) => `${count} ${code}`)
  return (
    `${plural(stats.tasks, 'task')}${statuses.length === 0 ? '' : `: ${statuses.join(', ')}`}; ${stats.claimed} claimed\n\n` +
    table<Figures>(
      [
        { head: 'TEAM', value: (t) => t.team, shrinkTo: 8 },
        {
          head: 'CLAIMED',
          align: 'right',
          value: (t) => `${t.claimed}${t.wipLimit === null ? '' : ` of ${t.wipLimit}`}`,
        },
        { head: 'DONE', align: 'right', value: (t) => formatInteger(t.completed) },
        { head: 'FAILED', align: 'right', value: (t) => formatInteger(t.failed) },
        { head: 'SUCCESS', align: 'right', value: (t) => share(t.successRate) },
        { head: 'PER HOUR', align: 'right', value: (t) => t.tasksPerHour.toFixed(2), drop: 2 },
        { head: 'POINTS/WEEK', align: 'right', value: (t) => t.velocity.toFixed(1), drop: 3 },
        { head: 'CYCLE P50 / P95', align: 'right', value: (t) => hours(t.cycleHours), drop: 1 },
        {
          head: 'SCORE',
          align: 'right',
          value: (t) => (t.scoreMean === null ? '-' : t.scoreMean.toFixed(2)),
          drop: 4,
        },
        { head: 'WIP REFUSED', align: 'right', value: (t) => formatInteger(t.wipViolations), drop: 5 },
      ],
      [...stats.teams, all],
      terminal,
    ) +
    (refused.length === 0 ? '' : `\nrefused: ${refused.join(', ')}\n`)
  )
}

export function renderTeams({ rows, policies }: AnswerOf<'teams'>, terminal: Terminal): string {
  const limits = [
    `lease ${policies.leaseMinutes} min`,
    ...(policies.wipLimit === undefined ? [] : [`${policies.wipLimit} tasks a team`]),
    ...(policies.agentWipLimit === undefined ? [] : [`${policies.agentWipLimit} tasks an agent`]),
    ...(policies.storyPointsMax === undefined ? [] : [`at most ${policies.storyPointsMax} story points`]),
    ...(policies.agents.length === 0 ? [] : [`agents ${policies.agents.join(', ')}`]),
  ].join(', ')
  const teams =
    rows.length === 0
      ? 'No teams: spanledger team set NAME --wip-limit N makes one.\n'
      : table(
          [
            { head: 'TEAM', value: (t) => t.team },
            { head: 'CLAIMED', align: 'right', value: (t) => formatInteger(t.claimed) },
            {
              head: 'WIP LIMIT',
              align: 'right',
              value: (t) => (t.wipLimit === null ? '-' : String(t.wipLimit)),
            },
            {
              head: 'POINTS',
              align: 'right',
              value: (t) => `${t.points}${t.capacity === null ? '' : ` of ${t.capacity}`}`,
            },
          ],
          rows,
          terminal,
        )
  return `${teams}\n${terminal.colors.dim(plain(limits))}\n`
}

export const renderTeamSet = ({ team, settings }: AnswerOf<'team.set'>): string =>
  `${plain(team)}: at most ${settings.wipLimit ?? 'any number of'} tasks at a time, ${settings.capacity ?? 'any number of'} story points\n`
