import type { SignalKind } from '@spanledger/sdk/model'
import { listSegments } from '@spanledger/sdk/ledger'
import type { QueryContext } from './context.ts'
import { definitionsOf } from './definitions.ts'
import type { EngineInput } from './duck/engine.ts'
import type { IndexedSegment } from './segments/segment-index.ts'
import { parseTime } from './times.ts'

/** Unix nanoseconds: at or after `since`, before `until`. */
export interface TimeRange {
  since?: bigint | undefined
  until?: bigint | undefined
}

export function timeRange(
  context: QueryContext,
  params: { since?: string | undefined; until?: string | undefined },
): TimeRange {
  const nowMs = context.platform.clock.nowMs()
  const at = (text: string | undefined): bigint | undefined =>
    text === undefined ? undefined : parseTime(text, nowMs)
  return { since: at(params.since), until: at(params.until) }
}

/** The conditions of a range on a column of unix nanoseconds. */
export const rangeSql = (column: string, { since, until }: TimeRange): string[] => [
  ...(since === undefined ? [] : [`${column} >= ${since}`]),
  ...(until === undefined ? [] : [`${column} < ${until}`]),
]

/** Whether a segment can hold a record of that range: judged by the times in its records, never by its name or mtime. */
export function mayHold({ extent }: IndexedSegment, { since, until }: TimeRange): boolean {
  const { earliestMicros, latestMicros } = extent
  return (
    earliestMicros !== undefined &&
    latestMicros !== undefined &&
    (since === undefined || BigInt(latestMicros) * 1000n >= since) &&
    (until === undefined || BigInt(earliestMicros) * 1000n < until)
  )
}

/** What an engine needs to have the views of these signals. */
export function engineInput(kinds: Partial<Record<SignalKind, readonly IndexedSegment[]>>): EngineInput {
  const segments: EngineInput['segments'] = {}
  for (const [kind, indexed] of Object.entries(kinds) as [SignalKind, readonly IndexedSegment[]][])
    segments[kind] = indexed.map(({ segment }) => segment)
  return { segments, ...definitionsOf(Object.values(kinds).flat()) }
}

/** Everything there is, for questions that may ask for anything. */
export async function wholeLedger(context: QueryContext): Promise<EngineInput> {
  const { indexes, platform, home } = context
  const [spans, logs, metrics] = await Promise.all([
    indexes.of('spans'),
    indexes.of('logs'),
    indexes.of('metrics'),
  ])
  const input = engineInput({ spans, logs, metrics })
  const events = await listSegments(platform, home, 'events')
  return { ...input, segments: { ...input.segments, events }, readsDefinitions: true }
}
