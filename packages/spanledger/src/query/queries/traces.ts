import * as v from 'valibot'
import { quoted } from '../duck/literals.ts'
import { mayHold, timeRange } from '../ledger-input.ts'
import { choice, duration, limit, text, texts, time } from '../params.ts'
import { type Cut, cutAt, query } from '../query.ts'
import { isRefusal, type Refusal } from '../refusal.ts'
import {
  type AttributeCondition,
  attributesIn,
  attributeSql,
  isInResources,
  mayMatch,
} from '../trace/attributes.ts'
import { type FilterKey, mayHoldAny, traceKeys } from '../segments/bloom.ts'
import type { IndexedSegment } from '../segments/segment-index.ts'
import { findTraces, type FoundTrace, readTraces, type TraceRow } from '../trace/read-traces.ts'

export interface TracesAnswer extends Cut {
  rows: TraceRow[]
}

const STATUSES = ['ok', 'error', 'unset'] as const

const params = v.strictObject({
  service: v.optional(text('traces with a span of this service; * stands for anything', 'NAME')),
  name: v.optional(text('traces with a span of this name; * stands for anything', 'NAME')),
  status: v.optional(choice('traces with a span of this status', 'STATUS', STATUSES)),
  attr: v.optional(
    texts('traces with a span that has this attribute: key=value, also != >= <= > <', 'KEY=VALUE'),
  ),
  minDuration: v.optional(duration('traces that took at least so long, from first start to last end')),
  maxDuration: v.optional(duration('traces that took at most so long')),
  since: v.optional(time('traces that began since then')),
  until: v.optional(time('traces that began before then')),
  limit: limit(20, 'traces, the latest ones'),
})

type Params = v.InferOutput<typeof params>

/** The newest segment may have just begun. */
const RECORDS_AT_FIRST = 50_000

export const traces = query({
  summary: 'Traces, latest first',
  params,
  async run(context, given): Promise<TracesAnswer | Refusal> {
    const wanted = attributesIn(given.attr ?? [])
    if (isRefusal(wanted)) return wanted
    const all = await context.indexes.of('spans')
    const range = timeRange(context, given)
    const spanConditions = conditions(given, wanted, all)
    const { minDuration, maxDuration } = given
    const matches = spanConditions.length === 0 ? undefined : spanConditions.join(' AND ')
    const inRange = all.filter((segment) => mayHold(segment, range))
    const candidates = await mayMatch(context.columns, inRange, wanted)
    // What most segments do not hold is rare: the latest few are not in the newest, and reading all at once reads each once.
    const few = candidates.length < inRange.length / 2
    const wantedTraces = { ...range, minDuration, maxDuration, matches, few, limit: given.limit + 1 }
    const atFirst = few ? Infinity : RECORDS_AT_FIRST
    const { found, holders } = await latest(all, candidates, atFirst, given.limit, (segments) =>
      findTraces(context, segments, wantedTraces),
    )
    return cutAt(await readTraces(context, holders, found), given.limit)
  },
})

/**
 * The latest traces without reading the whole ledger, and still exactly those.
 *
 * Segments are read from the newest on. A trace that begins at or after a moment has no span before it, so once `limit` traces
 * are found, segments that end before the last of them began cannot hold another one. They can hold the true beginning of one
 * that was found: those whose filters say so are read as well.
 *
 * Which traces is found first; what they are is read of the segments that may hold a span of them, the `holders`.
 *
 * @param candidates the segments that may hold a span that is asked for
 * @param atFirst records to read before anything is known
 */
async function latest(
  all: readonly IndexedSegment[],
  candidates: readonly IndexedSegment[],
  atFirst: number,
  atMost: number,
  find: (segments: readonly IndexedSegment[]) => Promise<FoundTrace[]>,
): Promise<{ found: FoundTrace[]; holders: IndexedSegment[] }> {
  const newestFirst = candidates.toSorted((a, b) => endOf(b) - endOf(a))
  const chosen = new Set<IndexedSegment>()
  let records = 0
  for (const segment of newestFirst) {
    if (records >= atFirst) break
    chosen.add(segment)
    records += segment.extent.records
  }
  for (;;) {
    const found = await find(all.filter((segment) => chosen.has(segment)))
    if (found.length === 0 && chosen.size === newestFirst.length) return { found, holders: [] }
    const enough = found.length > atMost
    const from = enough ? Number(found.at(-1)!.startUnixNano / 1000n) : Number.NEGATIVE_INFINITY
    const before = chosen.size
    const keys = found.map(({ traceId }) => traceKeys(traceId))
    const holders = all.filter((segment) => holdsAny(segment, keys))
    for (const segment of holders) chosen.add(segment)
    const later = newestFirst.filter((segment) => !chosen.has(segment) && endOf(segment) >= from)
    // As many again as were read, so that a rare filter costs at most twice the whole.
    for (const segment of enough ? later : later.slice(0, before)) chosen.add(segment)
    if (chosen.size === before) return { found, holders }
  }
}

/** Unix microseconds of the latest start in it. */
const endOf = ({ extent }: IndexedSegment): number => extent.latestMicros ?? 0

/** Whether a filter says that one of these traces may be there. */
function holdsAny({ blocks, tail }: IndexedSegment, wanted: readonly (readonly FilterKey[])[]): boolean {
  for (const block of blocks) if (block.records > 0 && mayHoldAny(block.traces, wanted)) return true
  return tail.block.records > 0 && mayHoldAny(tail.block.traces, wanted)
}

function conditions(
  given: Params,
  wanted: readonly AttributeCondition[],
  segments: readonly IndexedSegment[],
): string[] {
  return [
    ...(given.service === undefined ? [] : [like('service', given.service)]),
    ...(given.name === undefined ? [] : [like('name', given.name)]),
    ...(given.status === undefined ? [] : [`status = ${quoted(given.status)}`]),
    ...wanted.map((condition) => attributeSql(condition, isInResources(condition.key, segments))),
  ]
}

/** `*` stands for any run of characters; everything else for itself. */
export function like(column: string, pattern: string): string {
  if (!pattern.includes('*')) return `${column} = ${quoted(pattern)}`
  const escaped = pattern.replaceAll(/[\\%_]/g, String.raw`\$&`).replaceAll('*', '%')
  return `${column} LIKE ${quoted(escaped)} ESCAPE '\\'`
}
