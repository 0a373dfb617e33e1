import { isUtf8 } from 'node:buffer'
import { type LogLine, type OriginLine, plainAttributes, type SpanLine } from '@spanledger/sdk/model'
import { isAgentOrigin, type Observed } from '../agents/index.ts'

const LINE_FEED = 0x0a
const ORIGIN_LINE = Buffer.from('{"origin":"')
/** What every span of the gen_ai conventions has; searched for natively, so that other telemetry is never parsed. */
const GEN_AI = Buffer.from('"gen_ai.operation.name"')
const ID_LENGTH = 8
/** A record ends `"in":"<8 characters>"}` and a line feed. */
const ID_FROM_END = ID_LENGTH + 2

/** Origins of agents, by id. The same resource and scope have the same id in every segment, so one map serves all. */
export type Origins = Map<string, OriginLine>

/** Definitions of one segment, by id, as far as they were met or asked for; undefined where there is none. */
export type Met = Map<string, OriginLine | undefined>

/**
 * Finds agents' records in whole lines without parsing the rest: a line is looked at only where its origin's id, its last
 * eight characters, is an agent's, or where it holds a gen_ai attribute.
 *
 * met      of the segment that `lines` are of, from one call to the next.
 * unknown  is asked once for an origin that was defined before `lines` began; undefined when it is nowhere.
 */
export async function scanLines(
  lines: Uint8Array,
  kind: 'spans' | 'logs',
  origins: Origins,
  met: Met,
  unknown: (id: string) => Promise<OriginLine | undefined>,
  onRecord: (observed: Observed) => void,
): Promise<void> {
  const buffer = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength)
  let genAi = buffer.indexOf(GEN_AI)
  for (let start = 0; start < buffer.length;) {
    const end = buffer.indexOf(LINE_FEED, start)
    if (end < 0) return
    if (genAi >= 0 && genAi < start) genAi = buffer.indexOf(GEN_AI, start)
    const inside = genAi >= 0 && genAi < end
    if (
      buffer.compare(ORIGIN_LINE, 0, ORIGIN_LINE.length, start, Math.min(start + ORIGIN_LINE.length, end)) ===
      0
    ) {
      const origin = parse<OriginLine>(buffer, start, end)
      if (origin) {
        met.set(origin.origin, origin)
        if (isAgentOrigin(serviceOf(origin), origin.scope?.name)) origins.set(origin.origin, origin)
      }
    } else if (inside || origins.size > 0) {
      const id = buffer.toString('latin1', Math.max(start, end - ID_FROM_END), Math.max(start, end - 2))
      let origin = origins.get(id)
      if (!origin && inside) {
        if (!met.has(id)) met.set(id, await unknown(id))
        origin = met.get(id)
      }
      if (origin) {
        const observed = recordOf(kind, buffer, start, end, origin)
        if (observed?.record.in === id) onRecord(observed)
      }
    }
    start = end + 1
  }
}

function recordOf(
  kind: 'spans' | 'logs',
  buffer: Buffer,
  start: number,
  end: number,
  origin: OriginLine,
): Observed | undefined {
  if (kind === 'spans') {
    const record = parse<SpanLine>(buffer, start, end)
    return record && { kind: 'span', record, origin }
  }
  const record = parse<LogLine>(buffer, start, end)
  return record && { kind: 'log', record, origin }
}

function serviceOf(origin: OriginLine): string | undefined {
  const service = plainAttributes(origin.resource?.attrs)?.['service.name']
  return typeof service === 'string' ? service : undefined
}

/** A damaged line is the ledger's to report, not ours. */
function parse<T>(buffer: Buffer, start: number, end: number): T | undefined {
  if (!isUtf8(buffer.subarray(start, end))) return undefined
  try {
    return JSON.parse(buffer.toString('utf8', start, end)) as T
  } catch {
    return undefined
  }
}
