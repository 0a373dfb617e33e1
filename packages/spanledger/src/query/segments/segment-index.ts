import { Buffer } from 'node:buffer'
import { type Home, LINE_BYTES_MAX, listSegments, type Segment } from '@spanledger/sdk/ledger'
import type { SignalKind } from '@spanledger/sdk/model'
import type { Platform } from '@spanledger/sdk/platform'
import { type Block, summariseBlock } from './block.ts'
import { readIndexFile, readRange, writeIndexFile } from './files.ts'
import { formatIndex, parseIndex } from './index-file.ts'

/** Small enough to scan one in 2 ms, large enough that a filter for it stays near a kilobyte. */
export const BLOCK_BYTES = 4 * 1024 * 1024
/** A tail that nobody has written to for so long is made a block although it is short. */
const QUIET_MS = 60_000

export interface IndexedSegment {
  segment: Segment
  /** From the segment's begin on, without a gap. */
  blocks: readonly Block[]
  /** The whole lines after the last block, in memory: what was written lately, less than a block. */
  tail: { block: Block; bytes: Buffer }
}

/**
 * Keeps for every signal segment what was learned by reading it once, in memory and in HOME/index, and catches up with
 * what was appended since. Which segments are closed does not matter: a block covers whole lines, and those never change.
 */
export interface SegmentIndexes {
  /** All segments of the kind as they are now, oldest first. */
  of(kind: SignalKind): Promise<IndexedSegment[]>
}

export function createSegmentIndexes(platform: Platform, home: Home): SegmentIndexes {
  const known = new Map<string, Block[]>()
  const running = new Map<SignalKind, Promise<IndexedSegment[]>>()

  const catchUp = async (kind: SignalKind, segment: Segment): Promise<IndexedSegment> => {
    const name = `segments/${kind}/${segment.name}.jsonl`
    let blocks = known.get(segment.path) ?? parseIndex((await readIndexFile(platform, home, name)) ?? '')
    // Shorter than what was read: a writer took back what never reached the disk.
    if (reached(blocks) > segment.bytes) blocks = []
    const before = blocks.length
    let rest = await wholeLines(platform, segment, reached(blocks))
    while (rest.lines.length > 0 && (rest.more || (await isQuiet(platform, segment)))) {
      blocks = [...blocks, summariseBlock(kind, rest.lines, reached(blocks))]
      rest = await wholeLines(platform, segment, reached(blocks))
    }
    known.set(segment.path, blocks)
    if (blocks.length > before) await writeIndexFile(platform, home, name, formatIndex(blocks))
    return {
      segment,
      blocks,
      tail: { block: summariseBlock(kind, rest.lines, reached(blocks)), bytes: rest.lines },
    }
  }

  const all = async (kind: SignalKind): Promise<IndexedSegment[]> => {
    const indexed: IndexedSegment[] = []
    for (const segment of await listSegments(platform, home, kind)) indexed.push(await catchUp(kind, segment))
    const present = new Set(indexed.map(({ segment }) => segment.path))
    for (const path of known.keys())
      if (path.startsWith(home.segments[kind]) && !present.has(path)) known.delete(path)
    return indexed
  }

  return {
    of(kind) {
      // One pass at a time: two questions at once would read the same tail twice and write the same index.
      const pass = (running.get(kind) ?? Promise.resolve()).then(
        () => all(kind),
        () => all(kind),
      )
      running.set(kind, pass)
      return pass
    },
  }
}

const reached = (blocks: readonly Block[]): number => blocks.at(-1)?.to ?? 0

async function isQuiet(platform: Platform, segment: Segment): Promise<boolean> {
  const stat = await platform.files.stat(segment.path)
  return stat !== undefined && platform.clock.nowMs() - stat.modifiedMs > QUIET_MS
}

/** Whole lines from an offset on: of BLOCK_BYTES when there is `more` after them, else all that are left. */
async function wholeLines(
  platform: Platform,
  { path, bytes }: Segment,
  from: number,
): Promise<{ lines: Buffer; more: boolean }> {
  // A line that is longer than it may be is damage; it stays in the block, so that what follows it is still found.
  for (const size of [BLOCK_BYTES, LINE_BYTES_MAX, bytes]) {
    const read = await readRange(platform, path, from, Math.min(bytes, from + size))
    const more = from + size < bytes
    const end = read.lastIndexOf(10) + 1
    if (end > 0 || !more) return { lines: read.subarray(0, end), more }
  }
  return { lines: Buffer.alloc(0), more: false }
}
