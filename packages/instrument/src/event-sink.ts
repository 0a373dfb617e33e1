import type { NewEvent } from '@spanledger/sdk/model'
import { uuidFrom } from '@spanledger/sdk/platform'
import { activeSpan } from '@spanledger/sdk'

/** Where domain events go: an EventStore, or anything that keeps them. They are appended whether recording is on or off. */
export interface EventSink {
  append(stream: string, events: readonly NewEvent[]): Promise<unknown>
}

/**
 * Domain events that could not be kept. What they tell has happened, or is about to; append `events` to `stream` again: their ids
 * make a repetition harmless.
 */
export class EventsNotKeptError extends Error {
  readonly code = 'EVENTS_NOT_KEPT'
  readonly stream: string
  readonly events: readonly NewEvent[]

  constructor(stream: string, events: readonly NewEvent[], cause: unknown) {
    const names = events.map(({ event }) => event).join(', ')
    super(`${names} could not be appended to ${stream}; append them again, which is harmless`, { cause })
    this.name = 'EventsNotKeptError'
    this.stream = stream
    this.events = events
  }
}

/**
 * Appends one event, and waits until it is kept. Its id follows from the stream, the event and `occasion`: what is told again, as
 * queues do, is kept once.
 *
 * Errors  EventsNotKeptError
 */
export async function appendEvent(
  sink: EventSink | undefined,
  stream: string,
  event: string,
  occasion: string,
  data: object,
): Promise<void> {
  if (sink === undefined) return
  const { traceId, spanId } = activeSpan().spanContext()
  const meta = /^0*$/.test(traceId) ? undefined : { traceId, spanId }
  const events: NewEvent[] = [{ event, id: uuidFrom(stream, event, occasion), data, ...(meta && { meta }) }]
  try {
    await sink.append(stream, events)
  } catch (cause) {
    throw new EventsNotKeptError(stream, events, cause)
  }
}
