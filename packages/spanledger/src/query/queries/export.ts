import { Buffer, isUtf8 } from 'node:buffer'
import * as v from 'valibot'
import { readSegment } from '@spanledger/sdk/ledger'
import type { SignalKind } from '@spanledger/sdk/model'
import type { OtlpWriter, Signal } from '../../otlp/index.ts'
import type { QueryContext } from '../context.ts'
import { type TimeRange, timeRange } from '../ledger-input.ts'
import { choice, since, until, wholeNumber } from '../params.ts'
import { query } from '../query.ts'
import { SIGNALS } from './import.ts'

const KINDS: Record<Signal, SignalKind> = { traces: 'spans', logs: 'logs', metrics: 'metrics' }
const LINE_FEED = 10

/**
 * Every record of one signal, in the order of the ledger, as requests of at most 512 records. A line that is damaged is left out,
 * as `verify` tells; everything else is exactly what came in, grouped by resource and scope.
 */
export const exportSignal = query({
  summary: 'One signal as OTLP JSON Lines, as it came in',
  params: v.strictObject({
    signal: choice('what to export', 'SIGNAL', SIGNALS, 1),
    since,
    until,
    limit: v.optional(wholeNumber('at most so many records, the oldest ones (all unless told)')),
  }),
  streams: true,
  async run(context, given): Promise<AsyncIterable<string>> {
    return requests(context, given.signal, timeRange(context, given), given.limit)
  },
})

async function* requests(
  context: QueryContext,
  signal: Signal,
  range: TimeRange,
  limit = Infinity,
): AsyncGenerator<string> {
  let left = limit
  const { createOtlpWriter } = await import('../../otlp/index.ts')
  for (const { segment } of await context.indexes.of(KINDS[signal])) {
    // One writer a segment: definitions stand in the segment that refers to them.
    const writer = createOtlpWriter(signal)
    for await (const { lines } of readSegment(context.platform, segment)) {
      for (const line of textLines(lines)) {
        if (!isWithin(line, range)) continue
        if (RECORD.test(line) && left-- <= 0) break
        const request = addWhole(writer, line)
        if (request !== undefined) yield request
      }
    }
    const rest = writer.end()
    if (rest !== undefined) yield rest
    if (left <= 0) return
  }
}

function* textLines(lines: Uint8Array): Generator<string> {
  const bytes = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength)
  // Decoded as it is, a flipped byte would go out as U+FFFD, as if that had come in.
  const whole = isUtf8(bytes)
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(LINE_FEED, from)
    if (whole || isUtf8(bytes.subarray(from, end))) yield bytes.toString('utf8', from, end)
    from = end + 1
  }
}

/** A line that is no JSON, or whose definition is damaged, is damage: it was told by `verify`, and must not end the export. */
function addWhole(writer: OtlpWriter, line: string): string | undefined {
  try {
    return writer.add(line)
  } catch (error) {
    if (error instanceof SyntaxError || (error as { code?: unknown }).code === 'UNKNOWN_DEFINITION')
      return undefined
    throw error
  }
}

/** A line that is a record, not a header or a definition. */
const RECORD = /^\{"(?:span|log|point)"/

/** By the first time a record tells: a span's start, a log's time, a point's time. Definitions always pass. */
const TIME = /^\{"(?:span|point)".*?"(?:start|time)":"(\d+)"|^\{"log":"(\d+)"(?:,"observed":"(\d+)")?/

function isWithin(line: string, { since: from, until: to }: TimeRange): boolean {
  if (from === undefined && to === undefined) return true
  const match = TIME.exec(line)
  if (match === null) return !RECORD.test(line)
  const [, time, logged, observed] = match
  const at = BigInt(time ?? (logged === '0' ? (observed ?? '0') : logged!))
  return (from === undefined || at >= from) && (to === undefined || at < to)
}
