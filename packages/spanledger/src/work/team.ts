import type { Fields } from './document/document.ts'
import type { Draft } from './events.ts'

/** Whose work is that says no team. */
export const DEFAULT_TEAM = 'default'

/** An agent that has claimed work of a team, and what became of it. */
export interface Member {
  /** Its first claim, and when it was last heard of. */
  sinceNano: bigint
  lastNano: bigint
  claims: number
  completed: number
  failed: number
}

/** A team as events tell it. */
export interface Team {
  /** The first event that told of it. */
  sinceNano: bigint
  /** As configured last: `wipLimit`, `capacity`. */
  settings: Fields
  members: Map<string, Member>
}

/** One agent of a team after one of its events; undefined for one that never claimed. Pure. */
export function evolveMember(member: Member | undefined, draft: Draft, atNano: bigint): Member | undefined {
  const isClaim = draft.event === 'TaskClaimed'
  if (member === undefined && !isClaim) return undefined
  const known = member ?? { sinceNano: atNano, lastNano: atNano, claims: 0, completed: 0, failed: 0 }
  const outcome = draft.event === 'TaskCompleted' ? draft.data.outcome : undefined
  return {
    ...known,
    lastNano: atNano > known.lastNano ? atNano : known.lastNano,
    claims: known.claims + Number(isClaim),
    completed: known.completed + Number(outcome === 'done'),
    failed: known.failed + Number(outcome === 'failed'),
  }
}
