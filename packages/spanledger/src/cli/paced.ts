import type { AnswerOf, QueryName } from '../query/index.ts'
import { replayHead, replayLines } from './render/time-travel.ts'
import type { Terminal } from './terminal.ts'

export interface PacedLine {
  text: string
  /** `press`: until Enter is pressed. */
  wait: number | 'press'
}

/** The lines of a replay that is to be shown at a multiple of its own time, or step by step; undefined for every other answer. */
export function pacedLines(query: QueryName, answer: unknown, terminal: Terminal): PacedLine[] | undefined {
  if (query !== 'events.replay') return undefined
  const replay = answer as AnswerOf<'events.replay'>
  const { speed, steps, rows } = replay
  if ((speed === null && !steps) || rows.length === 0) return undefined
  const lines = replayLines(replay, terminal).map((text, i) => ({
    text,
    wait:
      i === 0 ? 0 : steps ? ('press' as const) : (rows[i]!.offsetMs - rows[i - 1]!.offsetMs) / (speed ?? 1),
  }))
  return [{ text: replayHead(replay, terminal), wait: 0 }, ...lines]
}
