/**
 * A question that has no answer, told as a value: what is wrong and what to do next, one line each.
 *
 * `UNKNOWN_*`, `AMBIGUOUS_ID`  there is no such thing in this ledger; `near` holds what may have been meant
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
  | 'UNKNOWN_METRIC'
  | 'UNKNOWN_PROJECTION'
  | 'UNKNOWN_HOLD'
  | 'RETENTION_RECENT'
  | 'AMBIGUOUS_ID'
  | 'PATTERN_ERROR'
  | 'SQL_ERROR'
  | 'SQL_NOT_ALLOWED'
  | 'SQL_TOO_LONG'
  | 'ANSWER_TOO_LARGE'
  | 'UNREADABLE_FILE'
  | 'CONFIG_EDIT'
  | 'UNKNOWN_WORKTREE'
  | 'NOT_A_REPOSITORY'
  | 'UNCOMMITTED_WORK'
  | 'GIT_MISSING'
  | 'GIT_FAILED'

export function refusal(refused: RefusalCode, message: string, next: string, near?: string[]): Refusal {
  return { refused, message, next, ...(near === undefined || near.length === 0 ? {} : { near }) }
}

export const isRefusal = (answer: unknown): answer is Refusal =>
  typeof answer === 'object' && answer !== null && 'refused' in answer
