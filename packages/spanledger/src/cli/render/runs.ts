import { type AnswerOf, plain } from '../../query/index.ts'
import type { Terminal } from '../terminal.ts'
import { formatDateTime, formatDuration, formatMoney, formatWhen, plural } from './format.ts'
import { padEnd } from './width.ts'
import { table } from './table.ts'

type Run = AnswerOf<'runs'>['rows'][number]

export function renderRuns({ rows }: AnswerOf<'runs'>, terminal: Terminal): string {
  if (rows.length === 0) return 'No runs. Record one: spanledger run -- COMMAND\n'
  return table(
    [
      { head: 'RUN', value: (run) => run.run.slice(0, 13) },
      { head: 'COMMAND', value: (run) => run.agent ?? run.program, shrinkTo: 8 },
      { head: 'STATUS', value: statusText },
      {
        head: 'STARTED',
        value: (run) => (run.startedAt === null ? '-' : formatWhen(run.startedAt, terminal.nowMs)),
      },
      { head: 'TOOK', align: 'right', value: took },
      { head: 'TASK', value: (run) => run.task ?? '-', shrinkTo: 8, drop: 2 },
      { head: 'BRANCH', value: (run) => run.branch ?? '-', shrinkTo: 8, drop: 1 },
      { head: 'CHANGED', align: 'right', value: changed, drop: 3 },
    ],
    rows,
    terminal,
  )
}

const statusText = ({ status, exitCode, signal }: Run): string =>
  status === 'failed' ? `failed (${signal ?? exitCode})` : status

const took = ({ startedAt, endedAt }: Run): string =>
  startedAt === null || endedAt === null ? '-' : formatDuration(Date.parse(endedAt) - Date.parse(startedAt))

const changed = ({ files, linesAdded, linesRemoved }: Run): string =>
  files === 0 ? '-' : `${plural(files, 'file')} +${linesAdded} -${linesRemoved}`

export function renderRun(run: AnswerOf<'run'>, { colors }: Terminal): string {
  const facts: [string, string | null][] = [
    ['run', run.run],
    ['when', run.startedAt === null ? null : `${formatDateTime(run.startedAt)}, ${took(run)}`],
    ['task', run.task],
    ['where', run.workingDirectory],
    ['git', run.branch === null ? run.repository : `${run.repository}, branch ${run.branch}`],
    ['changed', changed(run) === '-' ? null : `${changed(run)}, ${plural(run.commits, 'commit')}`],
    ['cost', run.costUsd === null ? null : formatMoney(run.costUsd)],
    ['log', run.log],
  ]
  const told = facts
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `  ${colors.dim(padEnd(name, 9))}${plain(value!)}`)
  const tries = run.tries.map(({ attempt, durationMs, exitCode, signal, retryInMs }) => {
    const how =
      durationMs === null
        ? 'no end is recorded'
        : `${signal ?? `exit ${exitCode}`} after ${formatDuration(durationMs)}`
    return `  try ${attempt}  ${how}${retryInMs === null ? '' : `, again in ${formatDuration(retryInMs)}`}`
  })
  const sessions = run.sessions.map(
    ({ id, agent, status, costUsd }) =>
      `  session ${plain(id)}  ${plain(agent)}  ${status}${costUsd === null ? '' : `  ${formatMoney(costUsd)}`}`,
  )
  return `${[`${colors.bold(plain(run.agent ?? run.program))}  ${statusText(run)}`, ...told, ...tries, ...sessions].join('\n')}\n`
}

export const renderRunStopped = (run: AnswerOf<'runs.stop'>): string => `run ${run.run} ${statusText(run)}\n`
