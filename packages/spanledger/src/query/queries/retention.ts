import * as v from 'valibot'
import {
  applyRetention,
  diskBytesOf,
  ledgerNotes,
  type LedgerSegment,
  type Note,
  type Removal,
  type RetentionRules,
} from '@spanledger/sdk/ledger'
import type { LedgerKind } from '@spanledger/sdk/model'
import { uuidFrom } from '@spanledger/sdk/platform'
import type { QueryContext } from '../context.ts'
import { flag } from '../params.ts'
import { query } from '../query.ts'
import { refusal, type Refusal } from '../refusal.ts'
import { forgetRemoved } from '../retention/forget.ts'
import { planRetention } from '../retention/plan.ts'
import { isoNano } from '../times.ts'

interface RetainedRow {
  kind: LedgerKind
  segment: string
  /** Which rule names it. */
  rule: string
  records: number
  /** Of its records; null when none tells a time. */
  from: string | null
  to: string | null
  /** Its lines, and what they take on the disk. */
  bytes: number
  storedBytes: number
  /** What its columns and its index take beside it, which go with it. */
  derivedBytes: number
}

export interface RetentionAnswer {
  dryRun: boolean
  rules: RetentionRules
  /** The moment that ages are judged by: the newest that the ledger tells. */
  now: string
  /** Removed, or what would be; oldest first. */
  removed: RetainedRow[]
  /** What the rules name and a hold keeps. */
  held: (RetainedRow & { holds: readonly string[] })[]
  records: number
  /** On the disk, what was derived included. */
  freedBytes: number
  warnings: string[]
}

/** Its events' stream. */
const STREAM = 'retention'
const DAY_MS = 86_400_000

export const retention = query({
  summary: "Removes what config.yaml's retention rules name, as the daemon does by itself; holds keep it",
  params: v.strictObject({
    dryRun: flag('only tells what would be removed'),
    yes: flag('also what was recorded within the last hour, and by the clock even when it is far ahead'),
  }),
  effect: 'writes',
  creates: false,
  async run(context, given): Promise<RetentionAnswer | Refusal> {
    const { platform, home } = context
    const rules = await context.retention()
    const dryRun = given.dryRun === true
    if (home.readOnly && !dryRun)
      return refusal('HOME_READ_ONLY', `${home.dir} cannot be written to`, 'ask with --dry-run')
    const plan = await planRetention(context, rules, { believeClock: given.yes === true })
    const recent = plan.remove.filter((one) => one.recent)
    if (recent.length > 0 && given.yes !== true && !dryRun) return tooRecent(recent)
    if (!dryRun) {
      await applyRetention(platform, home, plan.remove)
      await record(context, await ledgerNotes(platform, home))
      await forgetRemoved(platform, home)
    }
    const removed = plan.remove.map(rowOf)
    return {
      dryRun,
      rules,
      now: new Date(plan.nowMs).toISOString(),
      removed,
      held: plan.held.map((one) => ({ ...rowOf(one), holds: one.holds })),
      records: removed.reduce((sum, { records }) => sum + records, 0),
      freedBytes: plan.remove.reduce((sum, { segment }) => sum + diskBytesOf(segment), 0),
      warnings: [
        ...(plan.clockAheadMs > 0
          ? [
              `the clock is ${Math.round(plan.clockAheadMs / DAY_MS)} days ahead of the rest of the ledger, and not believed: check it; --yes believes it`,
            ]
          : []),
        ...(dryRun && recent.length > 0 ? [tooRecent(recent).message] : []),
      ],
    }
  },
})

function tooRecent(recent: readonly Removal<LedgerSegment>[]): Refusal {
  const { segment, rule } = recent[0]!
  return refusal(
    'RETENTION_RECENT',
    `the rule ${segment.kind} ${rule} would remove what was recorded within the last hour, in ${recent.length} segment${recent.length === 1 ? '' : 's'}`,
    'see spanledger retention --dry-run; if it is meant, --yes, or evenRecent: true beside the rule',
  )
}

function rowOf({ segment, rule }: Removal<LedgerSegment>): RetainedRow {
  const { kind, segment: name, records, earliest, latest, bytes, storedBytes, derivedBytes = 0 } = segment
  return {
    kind,
    segment: name,
    rule,
    records,
    from: timeAt(earliest),
    to: timeAt(latest),
    bytes,
    storedBytes,
    derivedBytes,
  }
}

const timeAt = (nanos: string | undefined): string | null => (nanos === undefined ? null : isoNano(nanos))

/** Of every note, as far as it is not there: one that a process was killed before telling is told by the next. */
async function record(context: QueryContext, notes: readonly Note[]): Promise<void> {
  const removals = notes.filter(({ removed }) => removed !== undefined)
  if (removals.length === 0) return
  const events = await context.events()
  await events.appendMany(
    removals.map(({ kind, number, at, removed = [] }) => ({
      stream: STREAM,
      events: [
        {
          event: 'RetentionApplied',
          id: uuidFrom(`retention ${kind} ${number} ${at}`),
          time: at,
          data: {
            kind,
            note: number,
            segments: removed.length,
            records: removed.reduce((sum, { records }) => sum + records, 0),
            storedBytes: removed.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
            removed: removed.map(({ segment, rule }) => ({ segment, rule })),
          },
        },
      ],
    })),
  )
}
