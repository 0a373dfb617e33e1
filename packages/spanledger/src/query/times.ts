import type { UnixNano } from '@spanledger/sdk/model'

const UNIT_NANOS: Record<string, number> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
  d: 86_400e9,
  w: 604_800e9,
}

const DURATION = /^(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d|w)$/
const ISO = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.(\d{1,9}))?(Z|[+-]\d{2}:?\d{2})?)?$/i

export const DURATION_FORMS = '250us, 20ms, 1.5s, 2m, 1h'
export const TIME_FORMS =
  '90s, 2h, 3d, 1w (ago), today, yesterday, 2026-11-21, 2026-11-21T09:30, 2026-11-21T09:30:00Z'

/** Nanoseconds of `1.5s`; undefined when it is none of DURATION_FORMS. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text.trim())
  if (match === null) return undefined
  const nanos = Math.round(Number(match[1]) * UNIT_NANOS[match[2]!]!)
  return Number.isFinite(nanos) ? nanos : undefined
}

/**
 * Unix nanoseconds of one of TIME_FORMS; undefined when it is none. A duration is that long before `nowMs`; a date is its
 * midnight, and a time without an offset is one, where this process runs.
 */
export function parseTime(text: string, nowMs: number): bigint | undefined {
  const word = text.trim().toLowerCase()
  const ago = parseDuration(word)
  if (ago !== undefined) return millis(nowMs) - BigInt(ago)
  if (word === 'now') return millis(nowMs)
  if (word === 'today' || word === 'yesterday') {
    const midnight = new Date(nowMs)
    midnight.setHours(0, 0, 0, 0)
    if (word === 'yesterday') midnight.setDate(midnight.getDate() - 1)
    return millis(midnight.getTime())
  }
  const iso = ISO.exec(text.trim())
  if (iso === null) return undefined
  const [, date, time = '00:00', fraction = '', offset = ''] = iso
  // Date.parse keeps milliseconds only, so the fraction is added by hand: the ledger has nanoseconds.
  const ms = Date.parse(`${date}T${time}${offset.toUpperCase()}`)
  if (Number.isNaN(ms) || !sameDay(date!)) return undefined
  return millis(ms) + BigInt(fraction.padEnd(9, '0'))
}

/** A time that is local here, told so that it is the same one everywhere; all else, also what is none, as it is. */
export function zonedTime(text: string, nowMs: number): string {
  const iso = ISO.exec(text.trim())
  const isLocal = iso === null ? /^(today|yesterday)$/i.test(text.trim()) : iso[4] === undefined
  const at = isLocal ? parseTime(text, nowMs) : undefined
  return at === undefined ? text : isoNano(at)
}

const SECOND = 1_000_000_000n
/** Seconds since 1970 that ISO 8601 can write with four digits of year. */
const YEAR_0 = -62_167_219_200
const YEAR_9999_END = 253_402_300_799

/** ISO 8601 in UTC with all nine digits; what no calendar holds (a clock gone wild) stays as its nanoseconds. */
export function isoNano(nanos: UnixNano | bigint): string {
  const value = typeof nanos === 'bigint' ? nanos : BigInt(nanos)
  const fraction = ((value % SECOND) + SECOND) % SECOND
  const seconds = Number((value - fraction) / SECOND)
  if (seconds < YEAR_0 || seconds > YEAR_9999_END) return `${value}ns`
  return new Date(seconds * 1000).toISOString().slice(0, 20) + fraction.toString().padStart(9, '0') + 'Z'
}

/** `Date.parse` takes February 31 for March 3. */
const sameDay = (date: string): boolean => {
  const parsed = new Date(`${date}T00:00Z`)
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(date)
}

const millis = (ms: number): bigint => BigInt(Math.trunc(ms)) * 1_000_000n
