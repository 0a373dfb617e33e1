import * as v from 'valibot'
import { listSegments } from '@spanledger/sdk/ledger'
import type { RecordedEvent } from '@spanledger/sdk/model'
import type { QueryContext } from '../context.ts'
import { globbed } from '../sequence/condition.ts'
import { like } from './traces.ts'
import { rangeSql, timeRange } from '../ledger-input.ts'
import { limit, since, text, texts, until, wholeNumber } from '../params.ts'
import { type Cut, query } from '../query.ts'
import { isoNano } from '../times.ts'

export interface EventsAnswer extends Cut {
  /** The latest events, oldest of them first. */
  rows: RecordedEvent[]
}

export interface EventStatsAnswer {
  events: number
  streams: number
  lastPosition: number
  types: { type: string; events: number; streams: number; firstTime: string; lastTime: string }[]
}

export const type = v.optional(texts('only events of this type; may be given again', 'TYPE'))
export const stream = v.optional(text('only events of this stream; * stands for anything', 'STREAM'))

/** An event without a time that can be read is a damaged line: `verify` names it. */
const HAS_TIME = 'time_unix_nano IS NOT NULL'

export const events = query({
  summary: 'Domain events, the latest ones',
  params: v.strictObject({ type, stream, since, until, limit: limit(50, 'events, the latest ones') }),
  async run(context, given): Promise<EventsAnswer> {
    const conditions = [
      HAS_TIME,
      ...rangeSql('time_unix_nano', timeRange(context, given)),
      ...(given.type === undefined ? [] : [`(${given.type.map((name) => like('type', name)).join(' OR ')})`]),
      ...(given.stream === undefined ? [] : [like('stream', given.stream)]),
    ]
    const rows = await ask(
      context,
      `SELECT type AS event, id, stream, version, position, time_unix_nano AS time, recorded_unix_nano AS recorded, data, meta FROM events
WHERE ${conditions.join(' AND ')} ORDER BY position DESC LIMIT ${given.limit + 1}`,
    )
    const recorded = rows.slice(0, given.limit).map(({ time, recorded: taken, data, meta, ...event }) => ({
      ...event,
      time: String(time),
      ...(taken === null ? {} : { recorded: String(taken) }),
      data,
      ...(meta === null ? {} : { meta }),
    })) as RecordedEvent[]
    return { rows: recorded.toReversed(), cut: rows.length > given.limit, limit: given.limit }
  },
})

export const eventStats = query({
  summary: 'How many events of each type',
  params: v.strictObject({}),
  async run(context): Promise<EventStatsAnswer> {
    const [[total], types] = await Promise.all([
      ask(
        context,
        'SELECT count(*) AS events, count(DISTINCT stream) AS streams, coalesce(max(position), 0) AS last FROM events',
      ),
      ask(
        context,
        `SELECT type, count(*) AS events, count(DISTINCT stream) AS streams, min(time_unix_nano) AS first, max(time_unix_nano) AS last
FROM events WHERE ${HAS_TIME} GROUP BY type ORDER BY events DESC, type`,
      ),
    ])
    return {
      events: Number(total!['events']),
      streams: Number(total!['streams']),
      lastPosition: Number(total!['last']),
      types: types.map((row) => ({
        type: String(row['type']),
        events: Number(row['events']),
        streams: Number(row['streams']),
        firstTime: isoNano(String(row['first'])),
        lastTime: isoNano(String(row['last'])),
      })),
    }
  },
})

/** All events in order of position, as they were recorded. */
export const eventExport = query({
  summary: 'Events as JSON Lines, in the order they were recorded',
  params: v.strictObject({
    type,
    stream,
    since,
    until,
    limit: v.optional(wholeNumber('at most so many events')),
  }),
  streams: true,
  async run(context, given): Promise<AsyncIterable<RecordedEvent>> {
    const store = await context.events()
    return filtered(store.readAll({}), matcher(context, given), given.limit)
  },
})

export const eventFollow = query({
  summary: 'Events as they happen',
  params: v.strictObject({
    type,
    stream,
    fromPosition: v.optional(wholeNumber('first those recorded from this position on')),
  }),
  streams: true,
  async run(context, given): Promise<AsyncIterable<RecordedEvent>> {
    const store = await context.events()
    const fromPosition = given.fromPosition ?? (await store.position()) + 1
    const recorded = store.subscribe({ fromPosition, signal: context.stopped })
    return filtered(recorded, matcher(context, given), undefined)
  },
})

async function ask(context: QueryContext, sql: string): Promise<Record<string, unknown>[]> {
  const segments = await listSegments(context.platform, context.home, 'events')
  return context.withEngine({ segments: { events: segments }, origins: [], metrics: [] }, (engine) =>
    engine.rows(sql),
  )
}

interface Filters {
  type?: string[] | undefined
  stream?: string | undefined
  since?: string | undefined
  until?: string | undefined
}

export function matcher(
  context: QueryContext,
  given: Filters,
): (event: Pick<RecordedEvent, 'event' | 'stream' | 'time'>) => boolean {
  const { since: from, until: to } = timeRange(context, given)
  const types = given.type?.map(globbed)
  const streams = given.stream === undefined ? undefined : globbed(given.stream)
  return ({ event, stream: name, time }) =>
    (types === undefined || types.some((matches) => matches(event))) &&
    (streams === undefined || streams(name)) &&
    (from === undefined || BigInt(time) >= from) &&
    (to === undefined || BigInt(time) < to)
}

async function* filtered(
  recorded: AsyncIterable<RecordedEvent>,
  matches: (event: RecordedEvent) => boolean,
  atMost = Infinity,
): AsyncGenerator<RecordedEvent> {
  let count = 0
  for await (const event of recorded) {
    if (!matches(event)) continue
    yield event
    if (++count >= atMost) return
  }
}
