import type { QueryContext } from '../context.ts'

interface Counted {
  position: number
  to: Map<string, number>
}

/** Kept by the process: events are read once, and from there on only what is new. */
const counts = new WeakMap<QueryContext, Counted>()

/** How often tasks came into each status. Errors  those of the event store */
export async function transitionsOf(context: QueryContext): Promise<ReadonlyMap<string, number>> {
  const store = await context.events()
  const counted = counts.get(context) ?? { position: 0, to: new Map() }
  counts.set(context, counted)
  const until = await store.position()
  const unread = store.readAll({ fromPosition: counted.position + 1, types: ['TaskStatusChanged'] })
  for await (const { position, data } of unread) {
    if (position <= counted.position) continue
    const { to } = data as { to: string }
    counted.to.set(to, (counted.to.get(to) ?? 0) + 1)
    counted.position = position
  }
  counted.position = Math.max(counted.position, until)
  return counted.to
}
