import * as v from 'valibot'
import { listSegments } from '@spanledger/sdk/ledger'
import { timeRange } from '../ledger-input.ts'
import { time } from '../params.ts'
import { query } from '../query.ts'
import { isoNano } from '../times.ts'

/** What one agent told by one way. */
interface Arrived {
  events: number
  lastAt: string
}

interface ArrivalRow {
  agent: string
  sessions: number
  /** Null where nothing arrived by this way. */
  telemetry: Arrived | null
  hooks: Arrived | null
  transcripts: Arrived | null
  /** Hooks that ran of which nothing arrived. */
  hooksMissed: number
}

export interface ArrivalsAnswer {
  since: string
  /** By agent. */
  rows: ArrivalRow[]
  /** Of all events, the latest time: later than now where a clock was put back. */
  lastAt: string | null
}

const WAYS = { span: 'telemetry', log: 'telemetry', hook: 'hooks', transcript: 'transcripts' } as const

export const arrivals = query({
  summary: 'What arrived of each agent: by telemetry, by hooks, by transcripts',
  params: v.strictObject({ since: v.optional(time('only what happened since then'), '1d') }),
  async run(context, given): Promise<ArrivalsAnswer> {
    const model = await context.sessions()
    await model.refresh()
    const since = timeRange(context, given).since ?? 0n
    const segments = await listSegments(context.platform, context.home, 'events')
    const found = await context.withEngine(
      { segments: { events: segments }, origins: [], metrics: [] },
      (engine) =>
        engine.rows(`SELECT (data->>'$.agent') AS agent, split_part((data->>'$.source'), ':', 1) AS way, count(*) AS events,
  epoch_ns(max(time)) AS last, list(DISTINCT stream) AS streams, sum(CAST((data->>'$.missed') AS BIGINT)) AS missed
FROM events WHERE stream LIKE 'session-%' AND time IS NOT NULL AND epoch_ns(time) >= ${since} AND (data->>'$.agent') IS NOT NULL
GROUP BY ALL ORDER BY agent, way`),
    )
    const rows = new Map<string, ArrivalRow & { streams: Set<string> }>()
    for (const { agent, way, events, last, streams, missed } of found) {
      const name = String(agent)
      const row = rows.get(name) ?? {
        agent: name,
        sessions: 0,
        telemetry: null,
        hooks: null,
        transcripts: null,
        hooksMissed: 0,
        streams: new Set<string>(),
      }
      rows.set(name, row)
      for (const stream of streams as string[]) row.streams.add(stream)
      row.hooksMissed += Number(missed ?? 0)
      if (!Object.hasOwn(WAYS, String(way))) continue
      const key = WAYS[way as keyof typeof WAYS]
      const before = row[key]
      const lastAt = isoNano(String(last))
      row[key] = {
        events: (before?.events ?? 0) + Number(events),
        lastAt: before !== null && before.lastAt > lastAt ? before.lastAt : lastAt,
      }
    }
    const told = [...rows.values()].map(({ streams, ...row }) => ({ ...row, sessions: streams.size }))
    const times = told
      .flatMap((row) => [row.telemetry, row.hooks, row.transcripts])
      .filter((way) => way !== null)
    return {
      since: isoNano(String(since)),
      rows: told,
      lastAt:
        times
          .map(({ lastAt }) => lastAt)
          .toSorted()
          .at(-1) ?? null,
    }
  },
})
