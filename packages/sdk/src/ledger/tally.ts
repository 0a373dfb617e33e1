import type { LedgerKind } from '../model/index.ts'
import { lineTexts } from './line-texts.ts'

const KEYS = new Set(['ledger', 'origin', 'metric', 'span', 'log', 'point', 'event'])
const TIME_KEY: Record<LedgerKind, string> = {
  spans: '"start":"',
  logs: '{"log":"',
  metrics: '"time":"',
  events: '"time":"',
}

/** Counts the lines of a segment by their first key, and finds the earliest and the latest time of its records. */
export class Tally {
  readonly lines: Record<string, number> = {}
  earliest: string | undefined
  latest: string | undefined
  readonly #kind: LedgerKind

  constructor(kind: LedgerKind) {
    this.#kind = kind
  }

  /** A line that is damaged counts under "". */
  add(bytes: Buffer): void {
    for (const { text } of lineTexts(bytes)) this.#addLines(text)
  }

  #addLines(text: string): void {
    for (let line = 0; line < text.length;) {
      const found = text.indexOf('\n', line)
      const end = found === -1 ? text.length : found
      const key = firstKey(text, line, end)
      this.lines[key] = (this.lines[key] ?? 0) + 1
      if (key === 'span' || key === 'log' || key === 'point' || key === 'event')
        this.#addTime(text, line, end)
      line = end + 1
    }
  }

  #addTime(text: string, line: number, end: number): void {
    let time = digitsAfter(text, TIME_KEY[this.#kind], line, end)
    if (this.#kind === 'logs' && time === '0') time = digitsAfter(text, '"observed":"', line, end)
    if (time === '' || time === '0') return
    if (this.earliest === undefined || isBefore(time, this.earliest)) this.earliest = time
    if (this.latest === undefined || isBefore(this.latest, time)) this.latest = time
  }
}

function firstKey(text: string, line: number, end: number): string {
  if (text[line] !== '{' || text[line + 1] !== '"') return ''
  const close = text.slice(line + 2, Math.min(end, line + 10)).indexOf('"')
  const key = text.slice(line + 2, line + 2 + close)
  return KEYS.has(key) ? key : ''
}

function digitsAfter(text: string, key: string, line: number, end: number): string {
  const found = text.slice(line, end).indexOf(key)
  if (found === -1) return ''
  const start = line + found + key.length
  let stop = start
  while (stop < end && text.charCodeAt(stop) >= 48 && text.charCodeAt(stop) <= 57) stop++
  return text.slice(start, stop)
}

/** Of decimal digits without leading zeros: exact where a double is not. */
function isBefore(a: string, b: string): boolean {
  return a.length === b.length ? a < b : a.length < b.length
}
