import type { Platform } from '../platform/index.ts'
import type { LedgerKind } from '../model/index.ts'
import { SegmentNewerError } from './errors.ts'
import { LEDGER_KINDS } from './home.ts'
import type { Home } from './home.ts'
import { EventSequence } from './event-sequence.ts'
import { readSegment } from './reader.ts'
import { listSegments, readHeader } from './segment.ts'
import type { Segment } from './segment.ts'

interface Place {
  kind: LedgerKind
  segment: string
  path: string
  offset: number
}

/** What is not as the format says. Everything else stays readable. */
export type Finding =
  | (Place & { finding: 'tornLine'; bytes: number })
  | (Place & { finding: 'damagedLine'; bytes: number; reason: string })
  | (Place & { finding: 'badHeader'; reason: string })
  | (Place & { finding: 'missingDefinition'; id: string })
  | (Place & { finding: 'positionGap'; expected: number; actual: number })
  | (Place & { finding: 'versionGap'; stream: string; expected: number; actual: number })
  | (Place & { finding: 'unfinishedAppend'; events: number })

/** Comes last; `lines` counts records, neither headers nor definitions. */
export interface VerifySummary {
  finding: 'summary'
  findings: number
  segments: number
  bytes: number
  lines: Record<LedgerKind, number>
}

const RECORD: Record<LedgerKind, string> = { spans: 'span', logs: 'log', metrics: 'point', events: 'event' }

/**
 * Reads every line of a ledger and tells what is wrong with it, then what it counted.
 *
 * A torn line or an unfinished append at the end is not a damage while its writer is at work.
 *
 * Errors  the system's. A segment of a newer format is a finding.
 */
export async function* verifyLedger(
  platform: Platform,
  home: Home,
): AsyncGenerator<Finding | VerifySummary, void, void> {
  const summary: VerifySummary = {
    finding: 'summary',
    findings: 0,
    segments: 0,
    bytes: 0,
    lines: { spans: 0, logs: 0, metrics: 0, events: 0 },
  }
  for (const kind of LEDGER_KINDS) {
    const sequence = new EventSequence()
    for (const segment of await listSegments(platform, home, kind)) {
      summary.segments++
      summary.bytes += segment.bytes
      for await (const finding of verifySegment(platform, segment, sequence, summary)) {
        summary.findings++
        yield finding
      }
    }
  }
  yield summary
}

async function* verifySegment(
  platform: Platform,
  segment: Segment,
  sequence: EventSequence,
  summary: VerifySummary,
) {
  const place = (offset: number): Place => ({
    kind: segment.kind,
    segment: segment.name,
    path: segment.path,
    offset,
  })
  const definitions = new Set<string>()
  let end = 0
  try {
    for await (const chunk of readSegment(platform, segment)) {
      end = chunk.next
      if (chunk.tooLong > 0) {
        yield {
          ...place(chunk.offset),
          finding: 'damagedLine',
          bytes: chunk.tooLong,
          reason: 'longer than 16 MiB',
        } as const
      }
      for (let start = 0; start < chunk.lines.length;) {
        const stop = chunk.lines.indexOf(0x0a, start) + 1
        const line = chunk.lines.subarray(start, stop)
        const offset = chunk.offset + start
        start = stop
        if (offset === 0) {
          const reason = problemOfHeader(line, segment)
          if (reason !== undefined) yield { ...place(0), finding: 'badHeader', reason } as const
          if (reason === undefined || !looksLikeRecord(line, segment.kind)) continue
        }
        const record = parseRecord(line, segment.kind)
        if (typeof record === 'string') {
          sequence.damaged()
          yield { ...place(offset), finding: 'damagedLine', bytes: line.length, reason: record } as const
          continue
        }
        if (record.definition !== undefined) definitions.add(record.definition)
        else summary.lines[segment.kind]++
        for (const id of record.references) {
          if (!definitions.has(id)) yield { ...place(offset), finding: 'missingDefinition', id } as const
        }
        if (segment.kind === 'events') {
          for (const gap of sequence.next(record.line)) yield { ...place(offset), ...gap }
        }
      }
    }
  } catch (error) {
    if (!(error instanceof SegmentNewerError)) throw error
    yield { ...place(0), finding: 'badHeader', reason: error.message } as const
    return
  }
  const size = (await platform.files.stat(segment.path))?.bytes ?? end
  if (size > end && end <= segment.bytes)
    yield { ...place(end), finding: 'tornLine', bytes: size - end } as const
  const unfinished = sequence.endOfSegment()
  if (unfinished > 0) yield { ...place(end), finding: 'unfinishedAppend', events: unfinished } as const
}

function problemOfHeader(line: Uint8Array, segment: Segment): string | undefined {
  const header = readHeader(line, segment.path)
  if (header === undefined) return 'the first line is not a header'
  if (header.kind !== segment.kind) return `the header's kind is ${JSON.stringify(header.kind)}`
  if (header.segment !== segment.name) return `the header's segment is ${JSON.stringify(header.segment)}`
  return undefined
}

function looksLikeRecord(line: Uint8Array, kind: LedgerKind): boolean {
  return typeof parseRecord(line, kind) !== 'string'
}

interface ParsedRecord {
  line: Record<string, unknown>
  /** Id, when the line is a definition. */
  definition: string | undefined
  references: string[]
}

/** The reason, when it is not a line that belongs into a segment of this kind. */
function parseRecord(bytes: Uint8Array, kind: LedgerKind): ParsedRecord | string {
  let line: Record<string, unknown>
  try {
    line = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Record<string, unknown>
  } catch (error) {
    return error instanceof SyntaxError ? 'not JSON' : 'not UTF-8'
  }
  const first = typeof line === 'object' && line !== null ? Object.keys(line)[0] : undefined
  if (first === undefined) return 'not a JSON object'
  const references: string[] = []
  if (first === RECORD[kind]) {
    if (kind === 'metrics' && typeof line['metric'] === 'string') references.push(line['metric'])
    if (kind !== 'events' && typeof line['in'] === 'string') references.push(line['in'])
    return { line, definition: undefined, references }
  }
  const isDefinition = kind !== 'events' && (first === 'origin' || (first === 'metric' && kind === 'metrics'))
  if (isDefinition && typeof line[first] === 'string') return { line, definition: line[first], references }
  return `the first key is ${JSON.stringify(first.slice(0, 40))}`
}
