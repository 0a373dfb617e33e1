import * as v from 'valibot'
import { type Finding, FINDING_KINDS, findingWords, type SessionSummary } from '../../projection/index.ts'
import { query } from '../query.ts'

interface StuckRow extends Pick<
  SessionSummary,
  'id' | 'agent' | 'task' | 'branch' | 'workingDirectory' | 'startedAt'
> {
  finding: Finding
  /** The finding in a line. */
  what: string
}

export interface StuckAnswer {
  /** False when a session is stuck, has run away, or is over its budget; a limit that is near is no failure. */
  ok: boolean
  /** Latest finding first. */
  rows: StuckRow[]
  active: number
}

/** More sessions than anybody has at work at a time. */
const SESSIONS_MAX = 100_000
const HEARD_WITHIN_MS = 3_600_000

export const stuck = query({
  summary:
    'Sessions at work that get nowhere, run away, or come near to a limit; exit code 1 when any does not work',
  params: v.strictObject({}),
  async run(context): Promise<StuckAnswer> {
    const model = await context.sessions()
    await model.refresh()
    const sinceMs = context.platform.clock.nowMs() - HEARD_WITHIN_MS
    const active = model
      .list({ limit: SESSIONS_MAX, sinceMs })
      .sessions.filter(({ status }) => status === 'active')
    const rows = active.flatMap(({ id, agent, task, branch, workingDirectory, startedAt, findings = [] }) =>
      findings
        .filter(({ clearedAt }) => clearedAt === undefined)
        .map((finding) => ({
          id,
          agent,
          task,
          branch,
          workingDirectory,
          startedAt,
          finding,
          what: findingWords(finding),
        })),
    )
    return {
      ok: rows.every(({ finding }) => ['turns', 'context'].includes(FINDING_KINDS[finding.kind].slot)),
      rows: rows.toSorted((a, b) => (a.finding.foundAt < b.finding.foundAt ? 1 : -1)),
      active: active.length,
    }
  },
})
