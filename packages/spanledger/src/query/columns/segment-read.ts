import type { Buffer } from 'node:buffer'
import type { Home, Segment, SealWitness } from '@spanledger/sdk/ledger'
import type { SignalKind } from '@spanledger/sdk/model'
import { type Platform, systemCode } from '@spanledger/sdk/platform'
import { type HeldSegments, holdSegments } from '../duck/held-segments.ts'
import { type Block, summariseBlock } from '../segments/block.ts'
import type { IndexedSegment, SegmentIndexes } from '../segments/segment-index.ts'
import { AttributeFilter } from './attribute-filter.ts'
import { scanAttributes } from './attribute-scan.ts'

const LINE_FEED = 0x0a

/** What columns are made of besides DuckDB's reading: of all lines of one sealed segment. */
export interface SegmentRead {
  indexed: IndexedSegment
  /** Spans only; undefined as well when some line is in no form that the filter could vouch for. */
  attributes: AttributeFilter | undefined
  /** Where DuckDB reads the lines. */
  path: string
}

/** The attributes of some lines after the other. */
class AttributeReading {
  readonly #filter: AttributeFilter | undefined
  #complete = true

  constructor(kind: SignalKind) {
    this.#filter = kind === 'spans' ? new AttributeFilter() : undefined
  }

  add(lines: Buffer): void {
    if (this.#filter !== undefined) this.#complete &&= scanAttributes(lines, this.#filter)
  }

  get filter(): AttributeFilter | undefined {
    return this.#complete ? this.#filter : undefined
  }
}

/** From the sealed file, which is unpacked for it, and once more by DuckDB. */
export async function readSealed(segment: Segment, indexes: SegmentIndexes): Promise<SegmentRead> {
  const kind = segment.kind as SignalKind
  const attributes = new AttributeReading(kind)
  const indexed = await indexes.one(kind, segment, (lines) => attributes.add(lines))
  return { indexed, attributes: attributes.filter, path: segment.path }
}

/**
 * Reads a segment along with its sealing, and keeps the plain file by a second name until the columns are made: a third of the CPU that
 * reading the sealed file takes.
 */
export class ReadAlong implements SealWitness {
  readonly #platform: Platform
  readonly #home: Home
  readonly #plain: Segment
  readonly #attributes: AttributeReading
  readonly #blocks: Block[] = []
  #wholeLines = true
  #held: HeldSegments | undefined

  constructor(platform: Platform, home: Home, plain: Segment) {
    this.#platform = platform
    this.#home = home
    this.#plain = plain
    this.#attributes = new AttributeReading(plain.kind as SignalKind)
  }

  block(lines: Buffer, offset: number): void {
    // A line beyond the largest, which is damage, was cut.
    this.#wholeLines &&= lines.at(-1) === LINE_FEED
    this.#attributes.add(lines)
    this.#blocks.push(summariseBlock(this.#plain.kind as SignalKind, lines, offset))
  }

  /** Not every file system has second names: the sealed file serves as well. */
  async durable(): Promise<void> {
    try {
      this.#held = await holdSegments(this.#platform, this.#home, [this.#plain])
    } catch (error) {
      if (systemCode(error) === undefined) throw error
    }
  }

  async of(sealed: Segment, indexes: SegmentIndexes): Promise<SegmentRead> {
    if (!this.#wholeLines) return readSealed(sealed, indexes)
    const path = this.#held?.segments[0]?.path ?? sealed.path
    const indexed = await indexes.take(sealed.kind as SignalKind, sealed, this.#blocks)
    return { indexed, attributes: this.#attributes.filter, path }
  }

  async release(): Promise<void> {
    await this.#held?.release()
  }
}
