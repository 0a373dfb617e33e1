import { SILENT_AFTER_MS } from './view.ts'
import type { SessionFigures } from './session-projection.ts'
import type { SessionDetail, SessionSummary } from './session-view.ts'

export interface ListOptions {
  /** Only sessions heard of since. */
  sinceMs?: number
  agent?: string
  limit?: number
}

/** Newest first, subagents' sessions inside of their parents'; `total` counts what the filters let through, before the limit. */
export interface SessionList {
  sessions: SessionSummary[]
  total: number
}

export type SessionAnswer =
  | { found: true; session: SessionDetail }
  /** Nobody, or more than one, has this id or prefix: `near` are ids that may have been meant. */
  | { found: false; ambiguous: boolean; near: string[] }

const LIST_LIMIT_DEFAULT = 50
/** Ids told when a session is not found. */
const NEAR_MAX = 5

export function listOf(
  figures: Iterable<SessionFigures>,
  { sinceMs, agent, limit = LIST_LIMIT_DEFAULT }: ListOptions,
  nowMs: number,
): SessionList {
  const fitting: SessionSummary[] = []
  for (const { summary } of figures)
    if (
      (agent === undefined || summary.agent === agent) &&
      (sinceMs === undefined || lastHeard(summary) >= sinceMs)
    )
      fitting.push(summary)
  const sessions = fitting.toSorted(latestFirst).slice(0, limit)
  return { sessions: sessions.map((summary) => asOf(summary, nowMs)), total: fitting.length }
}

export const latestFirst = (
  a: { startedAt: string; id: string },
  b: { startedAt: string; id: string },
): number => (a.startedAt < b.startedAt ? 1 : a.startedAt > b.startedAt ? -1 : order(a.id, b.id))

const lastHeard = ({ startedAt, endedAt }: SessionSummary): number => Date.parse(endedAt ?? startedAt)

/** Time alone turns active into silent. */
export const asOf = (summary: SessionSummary, nowMs: number): SessionSummary =>
  summary.status === 'active' && nowMs - lastHeard(summary) > SILENT_AFTER_MS
    ? { ...summary, status: 'silent' }
    : summary

const order = <T>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0)

/** Ids that share the longest beginning, or hold what was asked for. */
export function nearest(asked: string, ids: readonly string[]): string[] {
  const shared = (id: string): number => {
    let i = 0
    while (i < id.length && id[i] === asked[i]) i++
    return id.includes(asked) ? Infinity : i
  }
  return ids
    .filter((id) => shared(id) > 1 || ids.length <= NEAR_MAX)
    .toSorted((a, b) => order(shared(b), shared(a)) || order(a, b))
    .slice(0, NEAR_MAX)
}
