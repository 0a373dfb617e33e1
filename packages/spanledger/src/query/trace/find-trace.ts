import { Buffer, isUtf8 } from 'node:buffer'
import type { OriginLine, SpanLine } from '@spanledger/sdk/model'
import { filterKey, mayHold, PREFIX_DIGITS, TRACE_ID_DIGITS, traceKey, traceKeys } from '../segments/bloom.ts'
import { readSegmentRange } from '@spanledger/sdk/ledger'
import type { Platform } from '@spanledger/sdk/platform'
import type { IndexedSegment } from '../segments/segment-index.ts'

/** Fewer digits than this would match half the ledger. */
export const PREFIX_DIGITS_MIN = 4
/** So many trace ids that begin alike are collected before the search stops. */
const CANDIDATES_MAX = 10

/** What places a span in its trace, and where the rest of it is: a trace of 100,000 spans is 20 MB so, and 200 MB as its lines. */
export interface FoundSpan extends Pick<
  SpanLine,
  'span' | 'parent' | 'start' | 'ns' | 'end' | 'status' | 'in'
> {
  line: LinePlace
  /** Of the first SPANS_WHOLE. */
  whole?: SpanLine
}

/** A trace of usual size is read once; of a larger one the lines that are shown are read again. */
const SPANS_WHOLE = 1_000

/** A line by its bytes in a run of lines of a segment; a run that begins where the blocks end is the tail. */
interface LinePlace {
  run: { indexed: IndexedSegment; from: number; to: number }
  from: number
  to: number
}

export interface FoundTrace {
  spans: FoundSpan[]
  /** The definitions the spans refer to by `in`. */
  origins: Map<string, OriginLine>
  /** Lines that hold the id but are not JSON in UTF-8: damage, reported by `verify`. */
  damaged: number
}

/**
 * All spans of one trace. Blocks whose filter says no are not read; the others are searched for the id's bytes with the
 * native indexOf, and only lines that hold it are parsed.
 *
 * @param id 32 lower-case hex digits
 */
export async function findTrace(
  platform: Platform,
  segments: readonly IndexedSegment[],
  id: string,
): Promise<FoundTrace> {
  const digits = Buffer.from(id, 'latin1')
  const keys = traceKeys(id)
  const found: FoundTrace = { spans: [], origins: new Map(), damaged: 0 }
  for (const indexed of segments) {
    const before = found.spans.length
    for (const { from, to, traces } of indexed.blocks) {
      if (!mayHold(traces, keys)) continue
      const run = { indexed, from, to }
      collect(await readSegmentRange(platform, indexed.segment, from, to), run, digits, found)
    }
    const { from, to } = indexed.tail.block
    collect(indexed.tail.bytes, { indexed, from, to }, digits, found)
    if (found.spans.length > before) addOrigins(indexed, found, withoutOrigin(found))
  }
  // One that was lost with its block has the same id, and is the same, in every other segment.
  const lost = withoutOrigin(found)
  for (const indexed of segments) if (lost.size > 0) addOrigins(indexed, found, lost)
  return found
}

/**
 * The trace ids that begin with `prefix`, at most CANDIDATES_MAX of them, in the order of the ledger. Reads every
 * block when the prefix is shorter than the filters know.
 */
export async function findTraceIds(
  platform: Platform,
  segments: readonly IndexedSegment[],
  prefix: string,
): Promise<string[]> {
  const needle = Buffer.from(`"trace":"${prefix}`, 'latin1')
  const ids = new Set<string>()
  const digits = Buffer.from(prefix, 'latin1')
  const keys = prefix.length < PREFIX_DIGITS ? [] : [filterKey(traceKey(digits, 0, PREFIX_DIGITS))]
  for (const { segment, blocks, tail } of segments) {
    for (const { from, to, traces } of blocks) {
      if (ids.size >= CANDIDATES_MAX) return [...ids]
      if (!mayHold(traces, keys)) continue
      collectIds(await readSegmentRange(platform, segment, from, to), needle, prefix.length, ids)
    }
    collectIds(tail.bytes, needle, prefix.length, ids)
  }
  return [...ids]
}

/** Whole lines of spans that were found, in the order they were asked for; each run of lines is read once. */
export async function readSpans(platform: Platform, spans: readonly FoundSpan[]): Promise<SpanLine[]> {
  const lines = new Map<FoundSpan, SpanLine>()
  const byRun = new Map<LinePlace['run'], FoundSpan[]>()
  for (const span of spans) {
    if (span.whole !== undefined) lines.set(span, span.whole)
    else if (!byRun.get(span.line.run)?.push(span)) byRun.set(span.line.run, [span])
  }
  for (const [{ indexed, from, to }, wanted] of byRun) {
    const isTail = from === indexed.tail.block.from
    const bytes = isTail ? indexed.tail.bytes : await readSegmentRange(platform, indexed.segment, from, to)
    for (const span of wanted) {
      const line = parse(bytes.toString('utf8', span.line.from, span.line.to))
      if (line !== undefined) lines.set(span, line)
    }
  }
  return spans.map((span) => lines.get(span) ?? lost(span))
}

/** The block was damaged since it was found: what places the span is still known. */
const lost = (span: FoundSpan): SpanLine => ({ ...span, trace: '', name: '' })

function collect(bytes: Buffer, run: LinePlace['run'], digits: Buffer, found: FoundTrace): void {
  const id = digits.toString('latin1')
  for (let at = bytes.indexOf(digits); at !== -1;) {
    const start = bytes.lastIndexOf(10, at) + 1
    const end = bytes.indexOf(10, at)
    const line = isUtf8(bytes.subarray(start, end)) ? parse(bytes.toString('utf8', start, end)) : undefined
    // The id may also stand in a link or an attribute of another trace's span.
    if (line === undefined) found.damaged++
    else if (typeof line.span === 'string' && line.trace === id)
      found.spans.push({
        ...placeOf(line, { run, from: start, to: end }),
        ...(found.spans.length < SPANS_WHOLE ? { whole: line } : {}),
      })
    at = bytes.indexOf(digits, end)
  }
}

function placeOf({ span, parent, start, ns, end, status, in: from }: SpanLine, line: LinePlace): FoundSpan {
  return {
    span,
    start,
    in: from,
    ...(parent === undefined ? {} : { parent }),
    ...(ns === undefined ? {} : { ns }),
    ...(end === undefined ? {} : { end }),
    ...(status === undefined ? {} : { status }),
    line,
  }
}

function collectIds(bytes: Buffer, needle: Buffer, prefixDigits: number, ids: Set<string>): void {
  for (
    let at = bytes.indexOf(needle);
    at !== -1 && ids.size < CANDIDATES_MAX;
    at = bytes.indexOf(needle, at + 1)
  ) {
    const from = at + needle.length - prefixDigits
    const id = bytes.toString('latin1', from, from + TRACE_ID_DIGITS)
    if (ids.has(id)) continue
    // It may be the trace of a link: those of spans stand at the top of the line.
    const line = parse(bytes.toString('utf8', bytes.lastIndexOf(10, at) + 1, bytes.indexOf(10, at)))
    if (typeof line?.span === 'string' && line.trace === id) ids.add(id)
  }
}

/** Ids of definitions that were not found yet. */
const withoutOrigin = ({ spans, origins }: FoundTrace): Set<string> =>
  new Set(spans.map((span) => span.in).filter((id) => !origins.has(id)))

function addOrigins({ blocks, tail }: IndexedSegment, found: FoundTrace, wanted: Set<string>): void {
  if (wanted.size === 0) return
  const add = (text: string): void => {
    const line = parse(text) as Partial<OriginLine> | undefined
    if (line?.origin !== undefined && wanted.delete(line.origin))
      found.origins.set(line.origin, line as OriginLine)
  }
  for (const block of blocks) block.definitions.forEach(add)
  tail.block.definitions.forEach(add)
}

function parse(text: string): (SpanLine & Record<string, unknown>) | undefined {
  try {
    return JSON.parse(text) as SpanLine & Record<string, unknown>
  } catch {
    return undefined
  }
}
