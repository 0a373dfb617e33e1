import type { NewEvent, RecordedEvent } from '@spanledger/sdk/model'

/** What can be held. A kind of thing that is to be joins here, and in `needles.ts`. */
export const HELD_KINDS = ['session', 'trace'] as const
export type HeldKind = (typeof HELD_KINDS)[number]

/** Something whose signals outlive the rules of retention. */
export interface Hold {
  kind: HeldKind
  /** Whole: of the session, of the trace. */
  id: string
  reason?: string
  /** Unix nanoseconds. */
  placedAt: string
}

/** The stream of all holds: few, and placed by people. */
export const HOLDS_STREAM = 'holds'

type HoldEvent = Omit<NewEvent, 'id'>

/** Placing what is placed changes nothing, except its reason. */
export function placeHold(holds: readonly Hold[], { kind, id, reason }: Omit<Hold, 'placedAt'>): HoldEvent[] {
  const held = holds.find((hold) => hold.kind === kind && hold.id === id)
  if (held !== undefined && (reason === undefined || held.reason === reason)) return []
  return [{ event: 'HoldPlaced', data: { kind, id, ...(reason === undefined ? {} : { reason }) } }]
}

export const releaseHold = ({ kind, id }: Pick<Hold, 'kind' | 'id'>): HoldEvent[] => [
  { event: 'HoldReleased', data: { kind, id } },
]

/** Those in force, in the order they were placed. */
export async function foldHolds(events: AsyncIterable<RecordedEvent>): Promise<Hold[]> {
  const holds = new Map<string, Hold>()
  for await (const { event, data, time } of events) {
    const { kind, id, reason } = data as Omit<Hold, 'placedAt'>
    const key = `${kind} ${id}`
    if (event === 'HoldReleased') holds.delete(key)
    else if (event === 'HoldPlaced')
      holds.set(key, { kind, id, ...(reason === undefined ? {} : { reason }), placedAt: time })
  }
  return [...holds.values()]
}
