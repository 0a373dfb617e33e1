import { Buffer } from 'node:buffer'
import {
  type Home,
  LINE_BYTES_MAX,
  listSegments,
  readSegmentRange,
  type Segment,
} from '@spanledger/sdk/ledger'
import type { LedgerKind, SignalKind } from '@spanledger/sdk/model'
import type { Platform } from '@spanledger/sdk/platform'
import { type Block, summariseBlock } from './block.ts'
import { readIndexFile, writeIndexFile } from './files.ts'
import { formatIndex, parseIndex } from './index-file.ts'

/** That of a sealed block, cut at the same lines: a block is found in one member of gzip, and unpacked in 4 ms. */
export const BLOCK_BYTES = 1024 * 1024
/** A tail that nobody has written to for so long is made a block although it is short. */
const QUIET_MS = 60_000

export interface IndexedSegment {
  segment: Segment
  /** From the segment's begin on, without a gap. */
  blocks: readonly Block[]
  /** The whole lines after the last block, in memory: what was written lately, less than a block. */
  tail: { block: Block; bytes: Buffer }
  /** Of all of them together. */
  extent: Extent
}

/** Unix microseconds, rounded outwards; absent when no record tells its time. */
type Extent = Pick<Block, 'records' | 'earliestMicros' | 'latestMicros'>

/**
 * Keeps for every signal segment what was learned by reading it once, in memory and in HOME/index, and catches up with
 * what was appended since. Which segments are closed does not matter: a block covers whole lines, and those never change.
 */
export interface SegmentIndexes {
  /** All segments of the kind as they are now, oldest first. */
  of(kind: SignalKind): Promise<IndexedSegment[]>
  /** One that is sealed; `visit` is handed all of its lines, block by block. */
  one(kind: SignalKind, segment: Segment, visit: (lines: Buffer) => void): Promise<IndexedSegment>
  /** One that is sealed, by blocks that somebody made who read all of it. */
  take(kind: SignalKind, segment: Segment, blocks: readonly Block[]): Promise<IndexedSegment>
}

export function createSegmentIndexes(platform: Platform, home: Home): SegmentIndexes {
  const known = new Map<string, readonly Block[]>()
  /** Those whose blocks reach their end; no tail is kept in memory between questions. */
  const whole = new Map<string, IndexedSegment>()
  const running = new Map<SignalKind, Promise<unknown>>()

  const keep = (indexed: IndexedSegment): IndexedSegment => {
    const name = nameOf(indexed.segment)
    known.set(name, indexed.blocks)
    if (indexed.tail.bytes.length === 0) whole.set(name, indexed)
    else whole.delete(name)
    return indexed
  }

  const catchUp = async (
    kind: SignalKind,
    segment: Segment,
    visit?: (lines: Buffer) => void,
  ): Promise<IndexedSegment> => {
    const name = nameOf(segment)
    const last = whole.get(name)
    // Most are sealed and known to their end: adding up 5,000 blocks takes as long as looking at their files.
    if (visit === undefined && last !== undefined && reached(last.blocks) === segment.bytes)
      return { ...last, segment }
    let blocks = known.get(name) ?? parseIndex((await readIndexFile(platform, home, name)) ?? '')
    // Shorter than what was read: a writer took back what never reached the disk.
    if (reached(blocks) > segment.bytes) blocks = []
    const before = blocks.length
    if (visit !== undefined)
      for (const { from, to } of blocks) visit(await readSegmentRange(platform, segment, from, to))
    let rest = await wholeLines(platform, segment, reached(blocks))
    while (rest.lines.length > 0 && (rest.more || segment.sealed || isQuiet(platform, segment))) {
      blocks = [...blocks, summariseBlock(kind, rest.lines, reached(blocks))]
      visit?.(rest.lines)
      rest = await wholeLines(platform, segment, reached(blocks))
    }
    if (blocks.length > before) await writeIndexFile(platform, home, name, formatIndex(blocks))
    return keep(indexedSegment(kind, segment, blocks, rest.lines))
  }

  const take = async (
    kind: SignalKind,
    segment: Segment,
    blocks: readonly Block[],
  ): Promise<IndexedSegment> => {
    await writeIndexFile(platform, home, nameOf(segment), formatIndex(blocks))
    return keep(indexedSegment(kind, segment, blocks, Buffer.alloc(0)))
  }

  const all = async (kind: SignalKind): Promise<IndexedSegment[]> => {
    const indexed: IndexedSegment[] = []
    for (const segment of await listSegments(platform, home, kind)) indexed.push(await catchUp(kind, segment))
    const present = new Set(indexed.map(({ segment }) => nameOf(segment)))
    for (const name of known.keys())
      if (name.startsWith(folderOf(kind)) && !present.has(name)) {
        known.delete(name)
        whole.delete(name)
      }
    return indexed
  }

  // One pass at a time: two questions at once would read the same tail twice and write the same index.
  const inTurn = <T>(kind: SignalKind, pass: () => Promise<T>): Promise<T> => {
    const result = (running.get(kind) ?? Promise.resolve()).then(pass, pass)
    running.set(kind, result)
    return result
  }

  return {
    of: (kind) => inTurn(kind, () => all(kind)),
    one: (kind, segment, visit) => inTurn(kind, () => catchUp(kind, segment, visit)),
    take: (kind, segment, blocks) => inTurn(kind, () => take(kind, segment, blocks)),
  }
}

function indexedSegment(
  kind: SignalKind,
  segment: Segment,
  blocks: readonly Block[],
  bytes: Buffer,
): IndexedSegment {
  const block = summariseBlock(kind, bytes, reached(blocks))
  return { segment, blocks, tail: { block, bytes }, extent: extentOf([...blocks, block]) }
}

function extentOf(blocks: readonly Block[]): Extent {
  let records = 0
  let earliestMicros = Infinity
  let latestMicros = -Infinity
  for (const block of blocks) {
    records += block.records
    earliestMicros = Math.min(earliestMicros, block.earliestMicros ?? Infinity)
    latestMicros = Math.max(latestMicros, block.latestMicros ?? -Infinity)
  }
  return { records, ...(latestMicros === -Infinity ? {} : { earliestMicros, latestMicros }) }
}

const reached = (blocks: readonly Block[]): number => blocks.at(-1)?.to ?? 0

/** The same for a segment before and after it is sealed. */
const nameOf = ({ kind, name }: Segment): string => `${folderOf(kind)}${name}.jsonl`
const folderOf = (kind: LedgerKind): string => `segments/${kind}/`

const isQuiet = (platform: Platform, { modifiedMs }: Segment): boolean =>
  platform.clock.nowMs() - modifiedMs > QUIET_MS

/** Whole lines from an offset on: of BLOCK_BYTES when there is `more` after them, else all that are left. */
async function wholeLines(
  platform: Platform,
  segment: Segment,
  from: number,
): Promise<{ lines: Buffer; more: boolean }> {
  const { bytes } = segment
  // Not even opened: 20 ms for 85 segments, at each question.
  if (from >= bytes) return { lines: Buffer.alloc(0), more: false }
  // A line that is longer than it may be is damage; it stays in the block, so that what follows it is still found.
  for (const size of [BLOCK_BYTES, LINE_BYTES_MAX, bytes]) {
    const read = await readSegmentRange(platform, segment, from, Math.min(bytes, from + size))
    const more = from + size < bytes
    const end = read.lastIndexOf(10) + 1
    if (end > 0 || !more) return { lines: read.subarray(0, end), more }
  }
  return { lines: Buffer.alloc(0), more: false }
}
