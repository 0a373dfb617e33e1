import { createHash } from 'node:crypto'
import type { Value } from '@spanledger/sdk/model'
import { commandIn, jsonOf } from './read.ts'

/** Longer texts are told apart by their beginning and end. */
const TEXT_MAX = 64 * 1024

/** What a model words anew each time it asks for the same. */
const WORDED_ANEW = new Set(['description', 'explanation', 'justification', 'reason', 'thought'])

/**
 * Equal for calls of a tool that ask for the same: 16 hex digits. Of a shell its command, of other tools all arguments but those
 * that only explain the call.
 */
export function inputHash(args: Value | undefined): string | undefined {
  const command = commandIn(args)
  if (command !== undefined) return hashOf(command.trim())
  const given = jsonOf(args)
  if (given === undefined) return typeof args === 'string' && args !== '' ? hashOf(args) : undefined
  const asked = Object.entries(given).filter(([name]) => !WORDED_ANEW.has(name))
  return hashOf(JSON.stringify(asked.toSorted(([a], [b]) => (a < b ? -1 : 1))))
}

/** Equal for results that say the same, at whatever time and however long it took. */
export function outputHash(result: Value | undefined): string | undefined {
  if (result === undefined || result === null || result === '') return undefined
  const text = typeof result === 'string' ? result : JSON.stringify(result)
  return hashOf(
    steady(text.length > TEXT_MAX ? text.slice(0, TEXT_MAX / 2) + text.slice(-TEXT_MAX / 2) : text),
  )
}

/**
 * A text without what differs each time although it says the same: times, durations, ids, addresses. Other numbers stay: three
 * failures are not two.
 */
export function steady(text: string): string {
  return text
    .replaceAll(ESCAPES, '')
    .replaceAll(STAMPS, '<time>')
    .replaceAll(DURATIONS, '<duration>')
    .replaceAll(TEMPORARY, '<temporary>')
    .replaceAll(IDS, '<id>')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

// oxlint-disable-next-line no-control-regex -- terminals' colours
const ESCAPES = /\u001b\[[0-9;?]*[A-Za-z]/g
const STAMPS =
  /\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2})?|\b\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?\b/g
const UNIT = '(?:ns|[uµ]s|ms|msecs?|milliseconds?|s|secs?|seconds?|min|mins|minutes?)\\b'
const DURATIONS = new RegExp(
  [
    `\\b\\w*duration\\w*["']?[ \\t:=]+\\d+(?:[.,]\\d+)? ?(?:${UNIT})?`,
    `\\b\\d+(?:[.,]\\d+)? ?${UNIT}`,
    '\\b(?:took|in|after|real|user|sys|time)[ \\t:=]+\\d+\\.\\d+',
  ].join('|'),
  'gi',
)
/** Hexadecimal of six digits and more that holds a digit, and what begins with 0x; Codex numbers its outputs. */
const IDS =
  /\bchunk id: \w+|\b(?:req|msg|call|toolu|resp)_\w+|\b0x[0-9a-f]+\b|\b(?=[0-9a-f-]*\d)(?=[0-9a-f-]*[a-f])[0-9a-f]{6,}(?:-[0-9a-f]{4,})*\b/gi
/** A folder made anew for each try; what is in it keeps its name. */
const TEMPORARY = /\/(?:tmp|T)\/[^\s/'"]*[-._][A-Za-z0-9]{6,}/g

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)
