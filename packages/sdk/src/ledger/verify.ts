import type { Platform } from '../platform/index.ts'
import type { LedgerKind } from '../model/index.ts'
import { SegmentNewerError } from './errors.ts'
import { LEDGER_KINDS } from './home.ts'
import type { Home } from './home.ts'
import { errnoOf } from '../platform/index.ts'
import { EventSequence } from './event-sequence.ts'
import { factsOf, keyOf } from './findings.ts'
import type { Finding, Place } from './findings.ts'
import type { ChainEnd } from './manifest.ts'
import { readNotes } from './note.ts'
import { readSegment } from './reader.ts'
import { listSegments, readHeader } from './segment.ts'
import type { Segment } from './segment.ts'
import { verifySeals } from './verify-seals.ts'

/** Comes last; `lines` counts records, neither headers nor definitions. */
export interface VerifySummary {
  finding: 'summary'
  /** That no repair has dealt with. */
  findings: number
  /** That one has. */
  repaired: number
  segments: number
  bytes: number
  /** On the disk, of which sealed segments take less. */
  storedBytes: number
  sealedSegments: number
  /** Segments that retention removed, and their bytes. */
  removed: { segments: number; bytes: number }
  /** Bytes of sealed segments that do not unpack. */
  unreadableBytes: number
  lines: Record<LedgerKind, number>
  /**
   * Where each kind's chain of manifests ends. Kept elsewhere, it shows later that nothing sealed until now was altered, by
   * whoever could write to all of the ledger.
   */
  chains: Record<LedgerKind, ChainEnd>
}

const NO_CHAIN: ChainEnd = { number: 0, sha256: null }
const RECORD: Record<LedgerKind, string> = { spans: 'span', logs: 'log', metrics: 'point', events: 'event' }

/**
 * Reads every line of a ledger and tells what is wrong with it, then what it counted.
 *
 * A torn line or an unfinished append at the end is not a damage while its writer is at work.
 *
 * Errors  none of the system's: what it does not let be read is a finding, and so is a segment of a newer format.
 */
export async function* verifyLedger(
  platform: Platform,
  home: Home,
): AsyncGenerator<Finding | VerifySummary, void, void> {
  const summary: VerifySummary = {
    finding: 'summary',
    findings: 0,
    repaired: 0,
    segments: 0,
    bytes: 0,
    storedBytes: 0,
    sealedSegments: 0,
    removed: { segments: 0, bytes: 0 },
    unreadableBytes: 0,
    lines: { spans: 0, logs: 0, metrics: 0, events: 0 },
    chains: { spans: NO_CHAIN, logs: NO_CHAIN, metrics: NO_CHAIN, events: NO_CHAIN },
  }
  for (const kind of LEDGER_KINDS) {
    let known: Map<string, string> | undefined
    for await (const finding of orUnreadable(verifyKind(platform, home, kind, summary), kind, home)) {
      known ??= await repairsOf(platform, home, kind).catch(() => new Map<string, string>())
      const repairedAt = known.get(keyOf(factsOf(finding)))
      if (repairedAt === undefined) summary.findings++
      else summary.repaired++
      yield repairedAt === undefined ? finding : { ...finding, repairedAt }
    }
  }
  yield summary
}

/** What a repair wrote down, and when. */
async function repairsOf(platform: Platform, home: Home, kind: LedgerKind): Promise<Map<string, string>> {
  const known = new Map<string, string>()
  for (const { note } of await readNotes(platform, home, kind))
    for (const facts of note?.repaired ?? []) known.set(keyOf(facts), note!.at)
  return known
}

/** The folder itself may be one that the system does not let be read. */
async function* orUnreadable(
  findings: AsyncGenerator<Finding, void, void>,
  kind: LedgerKind,
  home: Home,
): AsyncGenerator<Finding, void, void> {
  try {
    yield* findings
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === undefined) throw error
    yield { kind, segment: '', path: home.segments[kind], offset: 0, finding: 'unreadable', errno }
  }
}

async function* verifyKind(
  platform: Platform,
  home: Home,
  kind: LedgerKind,
  summary: VerifySummary,
): AsyncGenerator<Finding, void, void> {
  const sequence = new EventSequence()
  const segments = await listSegments(platform, home, kind)
  const unreadable = new Set<string>()
  for (const segment of segments) {
    summary.segments++
    summary.bytes += segment.bytes
    summary.storedBytes += segment.storedBytes
    if (segment.sealed) summary.sealedSegments++
    for await (const finding of verifySegment(platform, segment, sequence, summary)) {
      if (finding.finding === 'unreadable') unreadable.add(segment.name)
      yield finding
    }
  }
  const seals = verifySeals(platform, home, kind, segments, unreadable)
  for (let next = await seals.next(); ; next = await seals.next()) {
    if (next.done === true) {
      summary.chains[kind] = next.value.end
      summary.removed.segments += next.value.removed.segments
      summary.removed.bytes += next.value.removed.bytes
      return
    }
    yield next.value
  }
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
      const bytes = chunk.next - chunk.offset
      if (chunk.damage === 'block') {
        summary.unreadableBytes += bytes
        yield { ...place(chunk.offset), finding: 'damagedBlock', bytes } as const
      } else if (chunk.damage === 'longLine') {
        yield {
          ...place(chunk.offset),
          finding: 'damagedLine',
          bytes,
          reason: 'longer than 16 MiB',
        } as const
      }
      for (let start = 0; start < chunk.lines.length;) {
        const stop = chunk.lines.indexOf(0x0a, start) + 1
        const line = chunk.lines.subarray(start, stop)
        const offset = chunk.offset + start
        start = stop
        if (isBlank(line)) {
          sequence.damaged()
          yield { ...place(offset), finding: 'isolatedLine', bytes: line.length } as const
          continue
        }
        if (offset === 0) {
          const reason = problemOfHeader(line, segment)
          const { length } = line
          if (reason !== undefined)
            yield { ...place(0), finding: 'badHeader', reason, bytes: length } as const
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
          if (definitions.has(id)) continue
          definitions.add(id)
          yield { ...place(offset), finding: 'missingDefinition', id } as const
        }
        if (segment.kind === 'events') {
          for (const gap of sequence.next(record.line)) yield { ...place(offset), ...gap }
        }
      }
    }
  } catch (error) {
    const errno = errnoOf(error)
    if (error instanceof SegmentNewerError)
      yield { ...place(0), finding: 'badHeader', reason: error.message, bytes: 0 } as const
    else if (errno !== undefined) yield { ...place(end), finding: 'unreadable', errno } as const
    else throw error
    return
  }
  // A sealed one has no torn line, nor one that was sealed since it was listed.
  const size = segment.sealed ? end : ((await platform.files.stat(segment.path))?.bytes ?? end)
  if (size > end && end <= segment.bytes)
    yield { ...place(end), finding: 'tornLine', bytes: size - end } as const
  const unfinished = sequence.endOfSegment()
  if (unfinished > 0) yield { ...place(end), finding: 'unfinishedAppend', events: unfinished } as const
}

const SPACE = 0x20

/** What a repair leaves. */
function isBlank(line: Uint8Array): boolean {
  return line[0] === SPACE && line.subarray(0, -1).every((byte) => byte === SPACE)
}

/** The reason when a segment's first line is not its header. */
export const NO_HEADER = 'the first line is not a header'

function problemOfHeader(line: Uint8Array, segment: Segment): string | undefined {
  const header = readHeader(line, segment.path)
  if (header === undefined) return NO_HEADER
  if (header.kind !== segment.kind) return `the header's kind is ${JSON.stringify(header.kind)}`
  if (header.segment !== segment.name) return `the header's segment is ${JSON.stringify(header.segment)}`
  return undefined
}

function looksLikeRecord(line: Uint8Array, kind: LedgerKind): boolean {
  return typeof parseRecord(line, kind) !== 'string'
}

/** What a reader of events cannot do without. */
function problemOfEvent({
  id,
  stream,
  version,
  position,
  time,
}: Record<string, unknown>): string | undefined {
  if (typeof id !== 'string' || typeof stream !== 'string') return 'no id or no stream'
  if (!isCount(version) || !isCount(position)) return 'no version or no position'
  return /^-?\d{1,19}$/.test(String(time))
    ? undefined
    : `the time is ${(JSON.stringify(time) ?? 'missing').slice(0, 40)}`
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0

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
    const problem = kind === 'events' ? problemOfEvent(line) : undefined
    if (problem !== undefined) return problem
    if (kind === 'metrics' && typeof line['metric'] === 'string') references.push(line['metric'])
    if (kind !== 'events' && typeof line['in'] === 'string') references.push(line['in'])
    return { line, definition: undefined, references }
  }
  const isDefinition = kind !== 'events' && (first === 'origin' || (first === 'metric' && kind === 'metrics'))
  if (isDefinition && typeof line[first] === 'string') return { line, definition: line[first], references }
  return `the first key is ${JSON.stringify(first.slice(0, 40))}`
}
