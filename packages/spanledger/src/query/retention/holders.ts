import type { Home, LedgerSegment } from '@spanledger/sdk/ledger'
import { findSegment, readSegment } from '@spanledger/sdk/ledger'
import type { Platform } from '@spanledger/sdk/platform'
import type { EventStore } from '@spanledger/sdk/store'
import type { Hold } from './holds.ts'

/** What a hold is found by in a segment's text. */
export interface HeldIds {
  /** `session 73633c63`: as it is told. */
  name: string
  /** 32 hex digits each. */
  traces: ReadonlySet<string>
  /** Quoted, as an attribute's value is. */
  texts: readonly string[]
}

const TRACE_KEY = '"trace":"'
const TRACE_DIGITS = 32

/** A trace is held by its id; a session by its own, which its agent's records carry, and by the traces its events name. */
export async function heldIds(events: EventStore, holds: readonly Hold[]): Promise<HeldIds[]> {
  const ids: HeldIds[] = []
  for (const { kind, id } of holds) {
    const name = `${kind} ${id}`
    if (kind === 'trace') {
      ids.push({ name, traces: new Set([id]), texts: [] })
      continue
    }
    const traces = new Set<string>()
    for await (const { data } of events.readStream(`session-${id}`)) {
      const { trace } = data as { trace?: unknown }
      if (typeof trace === 'string') traces.add(trace)
    }
    ids.push({ name, traces, texts: [JSON.stringify(id)] })
  }
  return ids
}

/**
 * Who holds a segment: reads all of it, once, as Latin-1 text (ids are ASCII; others are searched for as their bytes).
 * A hold whose ids also stand in a link or an attribute holds it too: too much is kept rather than too little.
 */
export async function holdersOf(
  platform: Platform,
  home: Home,
  { kind, segment: name }: LedgerSegment,
  held: readonly HeldIds[],
): Promise<string[]> {
  const segment = await findSegment(platform, home, kind, name)
  const found = new Set<string>()
  if (segment === undefined) return []
  const byTrace = new Map<string, string[]>()
  for (const { name: holder, traces } of held)
    for (const trace of traces) byTrace.set(trace, [...(byTrace.get(trace) ?? []), holder])
  const texts = held.flatMap(({ name: holder, texts: of }) =>
    of.map((text) => ({ holder, text: Buffer.from(text).toString('latin1') })),
  )
  for await (const { lines } of readSegment(platform, segment)) {
    const text = (lines as Buffer).toString('latin1')
    for (const { holder, text: wanted } of texts)
      if (!found.has(holder) && text.includes(wanted)) found.add(holder)
    for (let at = text.indexOf(TRACE_KEY); at !== -1; at = text.indexOf(TRACE_KEY, at + TRACE_DIGITS)) {
      const start = at + TRACE_KEY.length
      for (const holder of byTrace.get(text.slice(start, start + TRACE_DIGITS)) ?? []) found.add(holder)
    }
    if (found.size === held.length) break
  }
  return [...found]
}
