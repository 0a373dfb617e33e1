import * as v from 'valibot'
import type { RecordedEvent } from '@spanledger/sdk/model'
import type { EventStore } from '@spanledger/sdk/store'
import { byTime, happenedAt, type SessionSummary, upcast, wordsOf } from '../../projection/index.ts'
import { factor, flag, limit, since, until } from '../params.ts'
import { type Cut, query } from '../query.ts'
import { isoNano } from '../times.ts'
import { matcher, stream, type } from './events.ts'

export interface ReplayAnswer extends Cut {
  /** In order of time; the earliest ones, where the answer was cut. */
  rows: ReplayStep[]
  /** All that fitted. */
  total: number
  /** How whoever shows it to a person is asked to; the answer itself comes at once. */
  speed: number | null
  steps: boolean
}

interface ReplayStep {
  /** When it happened: its time, or the end of the call it tells. */
  at: string
  /** Since the first. */
  offsetMs: number
  says: string
  event: RecordedEvent
  /** Of the event's session as it was known right after it; null for events of no session, and for some of a large one's. */
  state: SessionSummary | null
}

export const eventReplay = query({
  summary: 'The story of streams, event by event in the order it happened',
  params: v.strictObject({
    stream,
    type,
    since,
    until,
    speed: v.optional(factor('so many times as fast as it happened; at once unless told')),
    steps: flag('one at a time: Enter shows the next'),
    limit: limit(200, 'events, the earliest ones'),
  }),
  async run(context, given): Promise<ReplayAnswer> {
    const model = await context.sessions()
    await model.refresh()
    const { steps, total } = await earliest(
      source(await context.events(), given.stream),
      matcher(context, given),
      given.limit,
    )
    const states = await model.statesAfter(steps)
    const first = BigInt(steps[0]?.happened ?? 0)
    return {
      rows: steps.map(({ event, happened }, i) => ({
        at: isoNano(happened),
        offsetMs: Number(BigInt(happened) - first) / 1e6,
        says: wordsOf(event.event, upcast(event).data),
        event,
        state: states[i] ?? null,
      })),
      total,
      speed: given.speed ?? null,
      steps: given.steps === true,
      cut: total > steps.length,
      limit: given.limit,
    }
  },
})

/** A stream named whole is read alone. */
const source = (store: EventStore, name: string | undefined): AsyncIterable<RecordedEvent> =>
  name === undefined || name.includes('*') ? store.readAll() : store.readStream(name)

interface Told {
  event: RecordedEvent
  stream: string
  happened: string
  position: number
}

/** Holds at most twice as many as are asked for. */
async function earliest(
  events: AsyncIterable<RecordedEvent>,
  fits: ReturnType<typeof matcher>,
  atMost: number,
): Promise<{ steps: Told[]; total: number }> {
  let held: Told[] = []
  let total = 0
  for await (const event of events) {
    const { stream: of, position } = event
    const happened = happenedAt(event)
    if (!fits({ event: event.event, stream: of, time: happened })) continue
    total++
    held.push({ event, stream: of, happened, position })
    if (held.length >= 2 * atMost) held = held.toSorted(byTime).slice(0, atMost)
  }
  return { steps: held.toSorted(byTime).slice(0, atMost), total }
}
