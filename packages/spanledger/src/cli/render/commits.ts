import { type AnswerOf, plain } from '../../query/index.ts'
import type { Terminal } from '../terminal.ts'
import { formatWhen } from './format.ts'
import { table } from './table.ts'

const SHA_SHOWN = 9
const ID_SHOWN = 13

export function renderCommits({ repository, rows }: AnswerOf<'commits'>, terminal: Terminal): string {
  if (rows.length === 0)
    return repository === null
      ? 'No commits were recorded, and this is no git repository: --repo DIR names one.\n'
      : 'No commits.\n'
  return table(
    [
      { head: 'COMMIT', value: (r) => r.commit.slice(0, SHA_SHOWN) },
      { head: 'WHEN', value: (r) => formatWhen(r.authoredAt, terminal.nowMs), drop: 3 },
      { head: 'SUBJECT', value: (r) => r.subject ?? '(gone from the repository)', shrinkTo: 16 },
      { head: 'SESSION', value: (r) => r.session?.slice(0, ID_SHOWN) ?? '-' },
      { head: 'TASK', value: (r) => r.task ?? '', shrinkTo: 8, drop: 2 },
      {
        head: 'SCORE',
        align: 'right',
        value: (r) => (r.session === null ? '' : `${r.score.toFixed(2)}${r.uncertain ? ' uncertain' : ''}`),
      },
      { head: 'BECAUSE', value: (r) => r.because.join(', '), shrinkTo: 12, drop: 1 },
    ],
    rows,
    terminal,
  )
}

export function renderPullRequests({ rows }: AnswerOf<'pull-requests'>, terminal: Terminal): string {
  if (rows.length === 0)
    return 'No pull requests are known: spanledger commits finds merged ones in a repository, spanledger pr tie NUMBER --branch BRANCH tells of one.\n'
  return table(
    [
      { head: 'PULL REQUEST', value: (r) => r.pullRequest },
      { head: 'BRANCH', value: (r) => r.branch ?? '', shrinkTo: 8 },
      { head: 'SESSIONS', align: 'right', value: (r) => String(r.sessions.length) },
      { head: 'BECAUSE', value: (r) => r.because, shrinkTo: 8, drop: 1 },
      { head: 'URL', value: (r) => r.url ?? '', shrinkTo: 12, drop: 2 },
    ],
    rows,
    terminal,
  )
}

export const renderPullRequestTied = ({
  pullRequest,
  branch,
  sessions,
}: AnswerOf<'pull-request.tie'>): string =>
  plain(
    `${pullRequest} is made of ${[branch === null ? '' : `branch ${branch}`, ...sessions.map((id) => `session ${id}`)].filter(Boolean).join(' and ')}`,
  ) + '\n'
