/** The words of tasks, and the other words that people and tools use for them. Source: docs/reference/tasks.md. */

export const STATUSES = ['todo', 'in_progress', 'blocked', 'reviewing', 'done', 'archived'] as const
export type Status = (typeof STATUSES)[number]

export const PRIORITIES = ['highest', 'high', 'medium', 'low'] as const
export type Priority = (typeof PRIORITIES)[number]

export const TYPES = ['feature', 'bug', 'chore', 'documentation', 'test', 'spike', 'idea'] as const

/** What may follow what by command. A file that was edited by hand is a fact, and recorded whatever it says. */
const FOLLOWS: Record<Status, readonly Status[]> = {
  todo: ['in_progress', 'blocked', 'done', 'archived'],
  in_progress: ['todo', 'blocked', 'reviewing', 'done', 'archived'],
  blocked: ['todo', 'in_progress', 'archived'],
  reviewing: ['in_progress', 'blocked', 'done', 'archived'],
  done: ['todo', 'in_progress', 'archived'],
  archived: ['todo'],
}

export const mayFollow = (from: Status): readonly Status[] => FOLLOWS[from]

/** Nobody works on it any more. */
export const isOver = (status: Status): boolean => status === 'done' || status === 'archived'

const STATUS_WORDS = new Map<string, Status>([
  ...STATUSES.map((status) => [status.replace('_', ' '), status] as const),
  ...(['to do', 'pending', 'backlog', 'open', 'new', 'not started'] as const).map(
    (word) => [word, 'todo'] as const,
  ),
  ...(['claimed', 'doing', 'started', 'active', 'wip'] as const).map(
    (word) => [word, 'in_progress'] as const,
  ),
  ...(['waiting', 'on hold'] as const).map((word) => [word, 'blocked'] as const),
  ...(['review', 'in review'] as const).map((word) => [word, 'reviewing'] as const),
  ...(['completed', 'complete', 'closed', 'finished'] as const).map((word) => [word, 'done'] as const),
  ...(['skipped', 'cancelled', 'canceled', 'wont do', 'abandoned'] as const).map(
    (word) => [word, 'archived'] as const,
  ),
])

const PRIORITY_WORDS = new Map<string, Priority>([
  ...PRIORITIES.map((priority) => [priority, priority] as const),
  ['critical', 'highest'],
  ['urgent', 'highest'],
  ['normal', 'medium'],
  ['lowest', 'low'],
])

/** `🔵 In-Progress` reads "in progress": letters only, in lower case. */
const plainWord = (word: string): string =>
  word
    .toLowerCase()
    .replaceAll(/['’]/g, '')
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

/** Undefined for a word that nobody knows. */
export const statusOf = (word: unknown): Status | undefined =>
  typeof word === 'string' ? STATUS_WORDS.get(plainWord(word)) : undefined

export const priorityOf = (word: unknown): Priority | undefined =>
  typeof word === 'string' ? PRIORITY_WORDS.get(plainWord(word)) : undefined

/** Why it is archived, where the word itself says it: `cancelled`. */
export function reasonIn(word: string): string | undefined {
  const plain = plainWord(word)
  return STATUS_WORDS.get(plain) === 'archived' && plain !== 'archived' ? plain : undefined
}

/** A status as the file at hand writes its words: `in_progress` or `In Progress`. */
export function wordLike(before: unknown, status: Status): string {
  if (typeof before !== 'string' || !/\p{Lu}/u.test(before)) return status
  return status
    .split('_')
    .map((part) => part[0]!.toUpperCase() + part.slice(1))
    .join(' ')
    .replace(/^Todo$/, 'To Do')
}
