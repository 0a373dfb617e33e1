import type { RefusedCode } from '../work/index.ts'

/**
 * A question that has no answer, told as a value: what is wrong and what to do next, one line each.
 *
 * `UNKNOWN_*`, `AMBIGUOUS_ID`  there is no such thing in this ledger; `near` holds what may have been meant
 * codes of `work`              a task cannot be changed so; see CHANGE_REFUSED
 * others                       the question itself is wrong
 */
export interface Refusal {
  refused: RefusalCode
  message: string
  next: string
  near?: string[]
  /** Lines that show where: an excerpt with a caret under it. */
  place?: string
  /** The parameter that is wrong; the message and what is next may name it, and a face may spell it as its own people do. */
  parameter?: string
}

export type RefusalCode =
  | 'HOME_READ_ONLY'
  | 'UNKNOWN_QUERY'
  | 'BAD_PARAMETER'
  | 'UNKNOWN_SESSION'
  | 'UNKNOWN_TRACE'
  | 'UNKNOWN_RUN'
  | 'NOT_RUNNING'
  | 'STILL_RUNNING'
  | 'NO_LOG'
  | 'UNKNOWN_METRIC'
  | 'UNKNOWN_PROJECTION'
  | 'UNKNOWN_HOLD'
  | 'RETENTION_RECENT'
  | 'AMBIGUOUS_ID'
  | 'TASK_ELSEWHERE'
  | 'PATTERN_ERROR'
  | 'SQL_ERROR'
  | 'SQL_NOT_ALLOWED'
  | 'SQL_TOO_LONG'
  | 'ANSWER_TOO_LARGE'
  | 'UNREADABLE_FILE'
  | 'UNKNOWN_TEMPLATE'
  | 'NO_TASK_FOLDER'
  | RefusedCode
  | 'CONFIG_EDIT'
  | 'SETTINGS_UNREADABLE'
  | 'IN_THE_WAY'
  | 'NO_PORT'
  | 'NOT_CONFIRMED'
  | 'UNKNOWN_WORKTREE'
  | 'UNKNOWN_BUDGET'
  | 'UNKNOWN_TEAM'
  | 'NOT_A_REPOSITORY'
  | 'UNCOMMITTED_WORK'
  | 'RUN_AT_WORK'
  | 'GIT_MISSING'
  | 'GIT_FAILED'
  | 'NOTHING_CONNECTED'
  | 'UNKNOWN_TRANSCRIPT'
  | 'CONTENT_NOT_KEPT'

export function refusal(refused: RefusalCode, message: string, next: string, near?: string[]): Refusal {
  return { refused, message, next, ...(near === undefined || near.length === 0 ? {} : { near }) }
}

export const isRefusal = (answer: unknown): answer is Refusal =>
  typeof answer === 'object' && answer !== null && 'refused' in answer

/** The command was understood, and what it asked for is not to be: the answer is a failure. */
const CHANGE_REFUSED: ReadonlySet<string> = new Set<RefusalCode>([
  'NOT_RUNNING',
  'STILL_RUNNING',
  'NO_LOG',
  'ILLEGAL_STATUS',
  'ALREADY_CLAIMED',
  'NOT_CLAIMABLE',
  'NOT_CLAIMED',
  'NOT_YOURS',
  'LEASE_EXPIRED',
  'BLOCKED',
  'WIP_LIMIT',
  'CAPACITY',
  'STORY_POINTS',
  'CYCLE',
  'NO_FILE',
  'NOT_A_PARENT',
  'NOT_A_SUBTASK',
  'TASK_EXISTS',
  'TASK_UNREADABLE',
])

export const isChangeRefused = (code: RefusalCode): boolean => CHANGE_REFUSED.has(code)
