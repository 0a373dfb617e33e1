import type { UnixNano } from '@spanledger/sdk/model'
import type { SessionState } from './state.ts'

/** What can be wrong with a session at work; at most one of a slot at a time. */
export const FINDING_KINDS = {
  'repeated-call': { slot: 'stuck', severity: 'serious' },
  'repeated-error': { slot: 'stuck', severity: 'serious' },
  'no-progress': { slot: 'stuck', severity: 'warning' },
  turns: { slot: 'turns', severity: 'warning' },
  context: { slot: 'context', severity: 'warning' },
  budget: { slot: 'budget', severity: 'serious' },
  runaway: { slot: 'runaway', severity: 'serious' },
} as const

type FindingKind = keyof typeof FINDING_KINDS
export type FindingSlot = (typeof FINDING_KINDS)[FindingKind]['slot']
type FindingSeverity = (typeof FINDING_KINDS)[FindingKind]['severity']

/** The events that tell of a slot: that it was found, and that it is over. */
export const FINDING_EVENTS: Readonly<Record<FindingSlot, readonly [found: string, cleared: string]>> = {
  stuck: ['SessionStuckDetected', 'SessionStuckCleared'],
  turns: ['SessionLimitNeared', 'SessionLimitCleared'],
  context: ['SessionLimitNeared', 'SessionLimitCleared'],
  budget: ['SessionBudgetExceeded', 'SessionBudgetCleared'],
  runaway: ['SessionRunawayDetected', 'SessionRunawayCleared'],
}

const FOUND: ReadonlySet<string> = new Set(Object.values(FINDING_EVENTS).map(([found]) => found))
const CLEARED: ReadonlySet<string> = new Set(Object.values(FINDING_EVENTS).map(([, cleared]) => cleared))

/**
 * Data of an event that says what was found.
 *
 * finding    names it; the event that clears it has the same
 * measured   against `threshold`, both in `unit`; `usual` is what the session's own history has
 * positions  of events in the ledger that show it: the first, and the last ones
 */
export interface FindingData {
  session: string
  finding: string
  kind: FindingKind
  severity: FindingSeverity
  measured: number
  threshold: number
  unit: 'calls' | 'errors' | 'steps' | 'turns' | 'tokens' | 'usd' | 'usd/min' | 'tokens/min'
  usual?: number
  positions: number[]
  sinceUnixNano: UnixNano
  /** Of the call it is about, as its own event tells them. */
  tool?: string
  command?: string
  error?: string
  model?: string
}

/** Why a finding is over. */
export type ClearedBecause = 'progress' | 'prompt' | 'compaction' | 'below'

export interface ClearedData {
  session: string
  finding: string
  kind: FindingKind
  because: ClearedBecause
  positions: number[]
}

/** A finding as answers have it; `session` may be that of a subagent, `clearedAt` is there once it is over. */
export interface Finding extends Omit<FindingData, 'sinceUnixNano'> {
  /** ISO 8601: when it began, and when it was seen to be so. */
  since: string
  foundAt: string
  clearedAt?: string
}

/** What an event of a session tells about findings; undefined for every other event. */
export function findingTold(
  event: string,
  data: unknown,
): { found: FindingData } | { cleared: ClearedData } | undefined {
  const isFound = FOUND.has(event)
  if (!isFound && !CLEARED.has(event)) return undefined
  const told = data as Partial<FindingData> | null
  if (typeof told?.finding !== 'string' || !Object.hasOwn(FINDING_KINDS, told.kind ?? '')) return undefined
  return isFound ? { found: told as FindingData } : { cleared: told as unknown as ClearedData }
}

/** Everything that was found in a session, by time; whatever order its events came in. */
export function findingsOf({ told }: SessionState): Finding[] {
  const found = new Map<string, Finding>()
  const cleared = new Map<string, string>()
  for (const { event, data, happened } of told.values()) {
    const one = findingTold(event, data)
    if (one === undefined) continue
    if ('cleared' in one) cleared.set(one.cleared.finding, isoOf(happened))
    else {
      const { sinceUnixNano, ...rest } = one.found
      found.set(rest.finding, { ...rest, since: isoOf(sinceUnixNano), foundAt: isoOf(happened) })
    }
  }
  for (const [id, clearedAt] of cleared) {
    const finding = found.get(id)
    if (finding) finding.clearedAt = clearedAt
  }
  return [...found.values()].toSorted((a, b) =>
    a.foundAt < b.foundAt ? -1 : a.foundAt > b.foundAt ? 1 : a.finding < b.finding ? -1 : 1,
  )
}

const isoOf = (nano: UnixNano): string => {
  const ms = Number(nano) / 1e6
  return Number.isFinite(ms) && Math.abs(ms) < 8.64e15 ? new Date(ms).toISOString() : 'unknown'
}

const LONGEST = 80
const short = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text)
const count = (value: number): string =>
  value >= 1e6
    ? `${(value / 1e6).toFixed(1)}M`
    : value >= 1e4
      ? `${Math.round(value / 1e3)}k`
      : String(Math.round(value))
const money = (value: number): string => `$${value.toFixed(2)}`

const WORDS: Record<
  FindingKind,
  (finding: Pick<Finding, 'measured' | 'threshold' | 'unit'> & Partial<Finding>) => string
> = {
  'repeated-call': ({ measured }) => `the same call ${measured} times with the same result`,
  'repeated-error': ({ measured }) => `the same error ${measured} times`,
  'no-progress': ({ measured }) => `no new change, result or commit in ${measured} steps`,
  turns: ({ measured, threshold }) => `${measured} turns used, warned at ${threshold}`,
  context: ({ measured, threshold, model }) =>
    `the context of ${model ?? 'the model'} is filling up: ${count(measured)} tokens, warned at ${count(threshold)}`,
  budget: ({ measured, threshold }) => `${money(measured)} spent, the budget is ${money(threshold)}`,
  runaway: ({ measured, usual, unit }) =>
    unit === 'usd/min'
      ? `${money(measured)} a minute${usual === undefined ? '' : `, usually ${money(usual)}`}`
      : `${count(measured)} tokens a minute${usual === undefined ? '' : `, usually ${count(usual)}`}`,
}

/** One line for a person. Untrusted text stays as it was told. */
export function findingWords(
  finding: Pick<Finding, 'kind' | 'measured' | 'threshold' | 'unit'> & Partial<Finding>,
): string {
  const about = [finding.tool, finding.command, finding.error].filter((part) => part !== undefined).map(short)
  const words = WORDS[finding.kind](finding)
  return about.length === 0 ? words : `${words}: ${about.join(' · ')}`
}
