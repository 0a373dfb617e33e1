import * as v from 'valibot'
import { type OriginLine, plainAttributes, type SpanLine } from '@spanledger/sdk/model'
import type { Platform } from '@spanledger/sdk/platform'
import type { QueryContext } from '../context.ts'
import { limit, text } from '../params.ts'
import { query } from '../query.ts'
import { isRefusal, refusal, type Refusal } from '../refusal.ts'
import { TRACE_ID_DIGITS } from '../segments/bloom.ts'
import {
  findTrace,
  findTraceIds,
  type FoundSpan,
  type FoundTrace,
  PREFIX_DIGITS_MIN,
  readSpans,
} from '../trace/find-trace.ts'
import { spanTree, type SpanTree, walk } from '../trace/span-tree.ts'
import { isoNano } from '../times.ts'
import { traces } from './traces.ts'

/** A line of the waterfall; a parent that is not in the ledger has one of its own, with `missing`. */
export interface TraceSpan {
  depth: number
  spanId: string
  parentSpanId: string | null
  missing?: true
  name: string
  service: string | null
  kind: string
  startedAt: string
  /** From the start of the trace. */
  offsetMs: number
  durationMs: number
  status: string
  statusMessage: string | null
  attributes: SpanLine['attrs']
  events: { name: string; time: string; attributes: SpanLine['attrs'] }[]
  links: { traceId: string; spanId: string }[]
}

export interface TraceAnswer {
  traceId: string
  startedAt: string
  durationMs: number
  services: string[]
  /** Spans of the trace, each id once. */
  spanCount: number
  errors: number
  /** Depth first, children by start. */
  spans: TraceSpan[]
  cut: boolean
  limit: number
  /** Spans left out at the limit. */
  omitted: number
  /** Lines left out since a later one told the same span. */
  duplicates: number
  /** Lines of this trace that could not be read: see `verify`. */
  damaged: number
}

export const trace = query({
  summary: 'One trace as a tree of its spans',
  params: v.strictObject({
    id: text('trace id, the beginning of one, or "last"', 'ID', 1),
    limit: limit(500, 'spans'),
  }),
  async run(context, given): Promise<TraceAnswer | Refusal> {
    const id = await resolveTraceId(context, given.id.trim().toLowerCase())
    if (typeof id !== 'string') return id
    const found = await findTrace(context.platform, await context.indexes.of('spans'), id)
    if (found.spans.length === 0) return unknown(id)
    return answer(context.platform, id, found, given.limit)
  },
})

/** A whole trace id of one, of its beginning, or of "last". Not looked for when it is whole. */
export async function resolveTraceId(context: QueryContext, id: string): Promise<string | Refusal> {
  if (id === 'last') return lastTrace(context)
  if (!/^[0-9a-f]+$/.test(id) || id.length > TRACE_ID_DIGITS)
    return refusal(
      'BAD_PARAMETER',
      `"${id}" is no trace id`,
      'a trace id has 32 hexadecimal digits: spanledger traces',
    )
  if (id.length === TRACE_ID_DIGITS) return id
  if (id.length < PREFIX_DIGITS_MIN)
    return refusal(
      'BAD_PARAMETER',
      `"${id}" is too short`,
      `give at least ${PREFIX_DIGITS_MIN} digits of the trace id`,
    )
  const ids = await findTraceIds(context.platform, await context.indexes.of('spans'), id)
  if (ids.length === 0) return unknown(id)
  if (ids.length > 1)
    return refusal('AMBIGUOUS_ID', `${ids.length} or more traces begin with "${id}"`, 'give more digits', ids)
  return ids[0]!
}

async function lastTrace(context: QueryContext): Promise<string | Refusal> {
  const found = await traces.run(context, { limit: 1 })
  if (isRefusal(found)) return found
  return (
    found.rows[0]?.traceId ??
    refusal('UNKNOWN_TRACE', 'no trace was recorded yet', 'record one: spanledger run -- COMMAND')
  )
}

const unknown = (id: string): Refusal =>
  refusal('UNKNOWN_TRACE', `no trace ${id} in this ledger`, 'see which there are: spanledger traces')

/** End of a span in nanoseconds; not before its start. */
function endOf(span: Pick<SpanLine, 'start' | 'ns' | 'end'>): bigint {
  const start = BigInt(span.start)
  if (span.ns !== undefined) return start + BigInt(span.ns)
  const end = BigInt(span.end ?? span.start)
  return end > start ? end : start
}

async function answer(
  platform: Platform,
  traceId: string,
  found: FoundTrace,
  atMost: number,
): Promise<TraceAnswer> {
  const spans = found.spans.filter((span) => /^\d+$/.test(span.start) && /^\d*$/.test(span.end ?? ''))
  const tree = spanTree(spans)
  const once = [...new Map(spans.map((span) => [span.span, span])).values()]
  let start = BigInt(once[0]?.start ?? 0)
  let end = start
  for (const span of once) {
    const from = BigInt(span.start)
    if (from < start) start = from
    if (endOf(span) > end) end = endOf(span)
  }
  const placed: Placed[] = []
  for (const one of places(tree)) {
    if (placed.length === atMost) break
    placed.push(one)
  }
  const lines = await readSpans(
    platform,
    placed.map(({ span }) => span),
  )
  const rows = placed.map((place, i) => rowAt(place, lines[i]!, found.origins, start))
  const shown = rows.filter((span) => span.missing === undefined).length
  const services = new Set(once.map((span) => serviceOf(span, found.origins)).filter((name) => name !== null))
  return {
    traceId,
    startedAt: isoNano(start),
    durationMs: Number(end - start) / 1e6,
    services: [...services].toSorted(),
    spanCount: once.length,
    errors: once.filter((span) => span.status === 'error').length,
    spans: rows,
    cut: shown < once.length,
    limit: atMost,
    omitted: once.length - shown,
    duplicates: tree.duplicates,
    damaged: found.damaged + found.spans.length - spans.length,
  }
}

/** A line of the answer; `missing` is a parent that is not there, and `span` the first of its children. */
interface Placed {
  span: FoundSpan
  depth: number
  missing?: string
}

function* places(tree: SpanTree<FoundSpan>): Generator<Placed> {
  for (const { node, depth } of walk(tree.roots)) yield { span: node.span, depth }
  for (const { parent, children } of tree.orphans) {
    yield { span: children[0]!.span, depth: 0, missing: parent }
    for (const { node, depth } of walk(children, 1)) yield { span: node.span, depth }
  }
}

function rowAt(
  { depth, missing }: Placed,
  line: SpanLine,
  origins: Map<string, OriginLine>,
  start: bigint,
): TraceSpan {
  const shown = row(line, depth, origins, start)
  if (missing === undefined) return shown
  return {
    ...shown,
    spanId: missing,
    parentSpanId: null,
    missing: true,
    name: '',
    service: null,
    durationMs: 0,
    status: 'unset',
    statusMessage: null,
    attributes: {},
    events: [],
    links: [],
  }
}

function row(span: SpanLine, depth: number, origins: Map<string, OriginLine>, start: bigint): TraceSpan {
  const from = BigInt(span.start)
  return {
    depth,
    spanId: span.span,
    parentSpanId: span.parent ?? null,
    name: span.name,
    service: serviceOf(span, origins),
    kind: String(span.kind ?? 'internal'),
    startedAt: isoNano(from),
    offsetMs: Number(from - start) / 1e6,
    durationMs: Number(endOf(span) - from) / 1e6,
    status: String(span.status ?? 'unset'),
    statusMessage: span.message ?? null,
    attributes: plainAttributes(span.attrs) ?? {},
    events: (span.events ?? []).map(({ name, time, attrs }) => ({
      name,
      time: isoNano(time),
      attributes: plainAttributes(attrs) ?? {},
    })),
    links: (span.links ?? []).map((link) => ({ traceId: link.trace, spanId: link.span })),
  }
}

function serviceOf(span: Pick<SpanLine, 'in'>, origins: Map<string, OriginLine>): string | null {
  const name = plainAttributes(origins.get(span.in)?.resource?.attrs)?.['service.name']
  return typeof name === 'string' ? name : null
}
