import { createHash } from 'node:crypto'

/** `fix-login-11A`. Ids become file names and stream names, so nothing that a path could be made of passes. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

const SHORT_TITLE_CHARACTERS_MAX = 32

export const isTaskId = (text: string): boolean => ID.test(text) && !text.includes('..')

const STREAM_PREFIX = 'task-'
export const streamOf = (task: string): string => STREAM_PREFIX + task
export const taskOf = (stream: string): string | undefined =>
  stream.startsWith(STREAM_PREFIX) ? stream.slice(STREAM_PREFIX.length) : undefined

/** The first words of a title, in what every file system and shell takes: `fix-the-login`. */
function shortTitle(title: string): string {
  const words = title
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
  let short = ''
  for (const word of words) {
    if (short !== '' && short.length + word.length + 1 > SHORT_TITLE_CHARACTERS_MAX) break
    short += (short === '' ? '' : '-') + word
  }
  return short.slice(0, SHORT_TITLE_CHARACTERS_MAX) || 'task'
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'

/**
 * `{short-title}-{MM}{A-Z}`, the first letter from `random` on that is free; `{short-title}-2-...` when none is.
 *
 * @param random 0 to 255
 */
export function newTaskId(
  title: string,
  nowMs: number,
  random: number,
  isTaken: (id: string) => boolean,
): string {
  const month = String(new Date(nowMs).getUTCMonth() + 1).padStart(2, '0')
  for (let round = 1; ; round++) {
    const short = round === 1 ? shortTitle(title) : `${shortTitle(title)}-${round}`
    for (let i = 0; i < LETTERS.length; i++) {
      const id = `${short}-${month}${LETTERS[(random + i) % LETTERS.length]}`
      if (!isTaken(id)) return id
    }
  }
}

/** The id of work that has no file: two agents that claim the same type and title mean the same item. */
export function workItemId(type: string, title: string, isTaken: (id: string) => boolean): string {
  const digest = createHash('sha256').update(`${type.length}:${type}${title}`).digest('hex').slice(0, 6)
  const id = `${shortTitle(title)}-${digest}`
  for (let round = 1; ; round++) {
    const numbered = round === 1 ? id : `${id}-${round}`
    if (!isTaken(numbered)) return numbered
  }
}
