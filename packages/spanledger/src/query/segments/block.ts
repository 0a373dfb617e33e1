import type { Buffer } from 'node:buffer'
import { lineTexts } from '@spanledger/sdk/ledger'
import type { SignalKind } from '@spanledger/sdk/model'
import { buildFilter, PREFIX_DIGITS, TRACE_ID_DIGITS, traceKey } from './bloom.ts'

/** What is known of a run of whole lines without reading them again. */
export interface Block {
  /** Byte range in the segment: whole lines. */
  from: number
  to: number
  records: number
  /** Earliest and latest time of a record in unix microseconds, rounded outwards; absent when no record tells one. */
  earliestMicros?: number
  latestMicros?: number
  /** Definition lines that begin in this block. */
  definitions: string[]
  /** Bloom filter of the trace ids; spans only. */
  traces?: Uint8Array
}

const TRACE = '","trace":"'
/** In `{"span":"<16 digits>","trace":"<32 digits>"`: a writer puts both first, so they stand at fixed places. */
const TRACE_KEY_AT = 25
const TRACE_AT = 36
const LOG_TIME_AT = 8

/**
 * Reads a block once, as Latin-1 text, which V8 searches without leaving JavaScript. 4 MiB of
 * spans take about 4 ms; with a native call for each line end and key it took 12, and parsing the lines takes 60.
 *
 * @param bytes whole lines, the last one with its line end
 */
export function summariseBlock(kind: SignalKind, bytes: Buffer, from: number): Block {
  const keys = new Set<number>()
  const definitions: string[] = []
  let records = 0
  let earliest = Infinity
  let latest = -Infinity
  const addLine = (text: string, line: number, end: number, textAt: number): void => {
    const what = lineKind(text, line)
    if (what === 'definition') definitions.push(bytes.toString('utf8', textAt + line, textAt + end))
    if (what !== 'record') return
    records++
    const micros = timeMicros(kind, text, line, end)
    if (micros > 0) {
      if (micros < earliest) earliest = micros
      if (micros + 4 > latest) latest = micros + 4 // a time of more digits than a double has is off by up to 2
    }
    const at = kind === 'spans' ? traceAt(text, line, end) : -1
    if (at === -1) return
    keys.add(traceKey(bytes, textAt + at, TRACE_ID_DIGITS))
    keys.add(traceKey(bytes, textAt + at, PREFIX_DIGITS))
  }
  for (const { from: textAt, text } of lineTexts(bytes)) {
    for (let line = 0, end; (end = text.indexOf('\n', line)) !== -1; line = end + 1)
      addLine(text, line, end, textAt)
  }
  return {
    from,
    to: from + bytes.length,
    records,
    ...(latest === -Infinity ? {} : { earliestMicros: earliest, latestMicros: latest }),
    definitions,
    ...(kind === 'spans' ? { traces: buildFilter(keys) } : {}),
  }
}

/** By the first key: `origin`, `metric` define; `ledger` heads; everything else is a record. */
function lineKind(text: string, line: number): 'definition' | 'record' | 'other' {
  switch (text[line + 2]) {
    case 'o': // origin
    case 'm': // metric
      return 'definition'
    case 's': // span
    case 'p': // point
      return 'record'
    case 'l': // log, or the ledger's head
      return text[line + 4] === 'g' ? 'record' : 'other'
    default:
      return 'other'
  }
}

/** Where the 32 digits of the span's trace id begin; -1 when the line holds none. */
function traceAt(text: string, line: number, end: number): number {
  if (text.startsWith(TRACE, line + TRACE_KEY_AT)) return line + TRACE_AT
  const key = text.indexOf(TRACE, line)
  return key === -1 || key + TRACE.length + 32 > end ? -1 : key + TRACE.length
}

/** The record's time in unix microseconds, 0 when it does not say. Microseconds fit a double exactly, nanoseconds do not. */
function timeMicros(kind: SignalKind, text: string, line: number, end: number): number {
  if (kind === 'logs') return digits(text, line + LOG_TIME_AT, end) || after(text, '"observed":"', line, end)
  return after(text, kind === 'spans' ? '"start":"' : '"time":"', line, end)
}

function after(text: string, key: string, line: number, end: number): number {
  const at = text.indexOf(key, line)
  return at === -1 || at >= end ? 0 : digits(text, at + key.length, end)
}

function digits(text: string, from: number, end: number): number {
  let stop = from
  while (stop < end && text.charCodeAt(stop) >= 48 && text.charCodeAt(stop) <= 57) stop++
  let micros = 0
  for (let i = from; i < stop - 3; i++) micros = micros * 10 + text.charCodeAt(i) - 48
  return micros
}
