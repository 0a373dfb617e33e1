/** Brings the data of one event from one shape to the next. Pure: what it is given stays as it was. */
export type Upcaster = (data: unknown) => unknown

/** Of each type of event its upcasters in a chain: the first from shape 1 to shape 2, the second from 2 to 3. */
export type Upcasters = Readonly<Record<string, readonly Upcaster[]>>

/**
 * Events stay in the ledger as they were written, and every reader knows the newest shape only. Whoever changes the shape of
 * an event adds the step here, has the writer state the new `schema`, and puts events of it beside those in
 * fixtures/events-v1, which hold for ever.
 */
const UPCASTERS: Upcasters = {}

/** The event in its newest shape; one of a newer shape than is known here stays as it is. */
export function upcast<E extends { event: string; schema?: number; data: unknown }>(
  event: E,
  upcasters: Upcasters = UPCASTERS,
): E {
  if (!Object.hasOwn(upcasters, event.event)) return event
  const chain = upcasters[event.event]!
  const steps = chain.slice((event.schema ?? 1) - 1)
  if (steps.length === 0) return event
  const data = steps.reduce((shape, step) => step(shape), event.data)
  return { ...event, schema: chain.length + 1, data }
}
