import type { AnswerOf, QueryName } from '../query/index.ts'
import { replayHead, replayLines } from './render/time-travel.ts'
import type { Terminal } from './terminal.ts'

export interface PacedLine {
  text: string
  waitMs: number
}

/** The lines of a replay that is to be shown at a multiple of its own time; undefined for every other answer. */
export function pacedLines(query: QueryName, answer: unknown, terminal: Terminal): PacedLine[] | undefined {
  if (query !== 'events.replay') return undefined
  const replay = answer as AnswerOf<'events.replay'>
  const { speed, rows } = replay
  if (speed === null || rows.length === 0) return undefined
  const lines = replayLines(replay, terminal).map((text, i) => ({
    text,
    waitMs: i === 0 ? 0 : (rows[i]!.offsetMs - rows[i - 1]!.offsetMs) / speed,
  }))
  return [{ text: replayHead(replay, terminal), waitMs: 0 }, ...lines]
}
