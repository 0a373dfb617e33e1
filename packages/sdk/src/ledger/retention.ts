import type { LedgerKind } from '../model/index.ts'
import { LEDGER_KINDS } from './home.ts'

/** How long, and how much, of a kind is kept. Neither: for ever, all of it. */
export interface RetentionRule {
  ageMs?: number
  /** On the disk, with what is derived from it. */
  bytes?: number
  /** Said by who means it: the rule may remove what was recorded within RECENT_MS. */
  evenRecent?: boolean
}
export type RetentionRules = Partial<Record<LedgerKind, RetentionRule>>

/** A segment, as far as retention cares. */
export interface RetainedSegment {
  kind: LedgerKind
  segment: string
  /** Sealed, with a manifest: others are never removed. */
  removable: boolean
  /** Of its newest record as its writer's clock had it, and as the record tells it. */
  writtenMs: number
  latestMs?: number
  storedBytes: number
  /** What was derived from it takes beside it: it goes with it, and counts. */
  derivedBytes?: number
}

/** What a segment takes on the disk, with all that goes when it goes. */
export const diskBytesOf = ({ storedBytes, derivedBytes = 0 }: RetainedSegment): number =>
  storedBytes + derivedBytes

export interface Removal<Segment extends RetainedSegment = RetainedSegment> {
  segment: Segment
  /** `age 30d`, `size 20GB`: which rule names it. */
  rule: string
  /** Recorded within RECENT_MS, and the rule does not say that it means it. */
  recent: boolean
}

export interface RetentionPlan<Segment extends RetainedSegment = RetainedSegment> {
  /** Oldest first, a kind after the other. */
  remove: Removal<Segment>[]
  /** What the rules name and a hold keeps. */
  held: (Removal<Segment> & { holds: readonly string[] })[]
  /** The moment that ages are judged by. */
  nowMs: number
  /** The clock says so much more that it is not believed. */
  clockAheadMs: number
}

/** What is younger is not removed unless somebody says that it is meant. */
export const RECENT_MS = 3_600_000
/** No ledger is silent for so long; a clock that jumps is. */
const SILENCE_MS_MAX = 366 * 86_400_000

/**
 * Which segments go. A function of what it is given.
 *
 * Per kind oldest first, sealed ones only, and never the newest one. Ages are judged by the newest time that stands in the
 * ledger and not by the clock alone: a clock that jumped to 2100 makes nothing old. With `believeClock` it does.
 *
 * holds  By `kind/segment`: who holds it.
 */
export function decideRetention<Segment extends RetainedSegment>(
  segments: readonly Segment[],
  rules: RetentionRules,
  holds: ReadonlyMap<string, readonly string[]>,
  clockMs: number,
  options: { believeClock?: boolean } = {},
): RetentionPlan<Segment> {
  const times = segments.map(({ writtenMs }) => writtenMs)
  const nowMs = options.believeClock === true ? clockMs : ledgerNow(times, clockMs)
  const newest = Math.max(...times.filter((time) => time <= clockMs), -Infinity)
  const plan: RetentionPlan<Segment> = {
    remove: [],
    held: [],
    nowMs,
    clockAheadMs: nowMs < newest ? newest - nowMs : 0,
  }
  for (const kind of LEDGER_KINDS) {
    const rule = rules[kind]
    if (rule === undefined) continue
    decideKind(
      segments.filter((segment) => segment.kind === kind),
      rule,
      holds,
      plan,
    )
  }
  return plan
}

function decideKind<Segment extends RetainedSegment>(
  segments: readonly Segment[],
  rule: RetentionRule,
  holds: ReadonlyMap<string, readonly string[]>,
  plan: RetentionPlan<Segment>,
): void {
  const { nowMs } = plan
  const aged = segments
    .map((segment) => ({ segment, timeMs: timeOf(segment, nowMs) }))
    .toSorted((a, b) => a.timeMs - b.timeMs || (a.segment.segment < b.segment.segment ? -1 : 1))
  let diskBytes = segments.reduce((sum, one) => sum + diskBytesOf(one), 0)
  for (const { segment, timeMs } of aged.slice(0, -1)) {
    const why = reason(rule, nowMs - timeMs, diskBytes)
    // Those that follow are younger, and there is no more of them.
    if (why === undefined) return
    if (!segment.removable) continue
    const recent = nowMs - timeMs < RECENT_MS && rule.evenRecent !== true
    const holders = holds.get(`${segment.kind}/${segment.segment}`)
    if (holders !== undefined) plan.held.push({ segment, rule: why, recent, holds: holders })
    else {
      plan.remove.push({ segment, rule: why, recent })
      diskBytes -= diskBytesOf(segment)
    }
  }
}

function reason({ ageMs, bytes }: RetentionRule, age: number, diskBytes: number): string | undefined {
  if (ageMs !== undefined && age > ageMs) return `age ${shown(ageMs, AGES)}`
  if (bytes !== undefined && diskBytes > bytes) return `size ${shown(bytes, SIZES)}`
  return undefined
}

/** When its newest record was written, or happened if that is later; a time ahead of now is a clock's that was wrong. */
function timeOf({ writtenMs, latestMs }: RetainedSegment, nowMs: number): number {
  if (writtenMs > nowMs) return nowMs
  return latestMs !== undefined && latestMs <= nowMs ? Math.max(writtenMs, latestMs) : writtenMs
}

/** The newest time there is, up to the first silence that is none. */
function ledgerNow(times: readonly number[], clockMs: number): number {
  const past = times.filter((time) => time <= clockMs).toSorted((a, b) => a - b)
  let now = past[0] ?? clockMs
  for (const time of past) {
    if (time - now > SILENCE_MS_MAX) break
    now = time
  }
  return now
}

const AGES = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 }
const SIZES = { TB: 1e12, GB: 1e9, MB: 1e6, kB: 1e3, B: 1 }

/** In the largest unit that tells it whole. */
function shown(value: number, units: Readonly<Record<string, number>>): string {
  const [unit, size] = Object.entries(units).find(([, of]) => value % of === 0) ?? ['', 1]
  return `${value / size}${unit}`
}
