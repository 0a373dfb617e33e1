import { segmentPath } from '../ledger/index.ts'
import type { Home } from '../ledger/index.ts'
import type { RecordedEvent } from '../model/index.ts'
import { systemCode } from '../platform/index.ts'
import type { OpenFile, Platform } from '../platform/index.ts'
import type { EventIndex } from './event-index.ts'
import { parseEventLine } from './event-lines.ts'
import type { EventDamage } from './event-store.ts'

/** One read; events further apart than RUN_GAP_BYTES_MAX are read one by one. */
const RUN_BYTES_MAX = 1024 * 1024
const RUN_GAP_BYTES_MAX = 16 * 1024

interface Run {
  segment: number
  start: number
  end: number
  offsets: number[]
}

/** Reads events at ascending positions: no lock, and as few reads as they stand close together. */
export class EventReader {
  readonly #platform: Platform
  readonly #home: Home
  readonly #index: () => EventIndex
  readonly #onDamage: (damage: EventDamage) => void

  constructor(
    platform: Platform,
    home: Home,
    index: () => EventIndex,
    onDamage: (damage: EventDamage) => void,
  ) {
    this.#platform = platform
    this.#home = home
    this.#index = index
    this.#onDamage = onDamage
  }

  async *read(
    positions: Iterable<number>,
    types?: readonly string[],
  ): AsyncGenerator<RecordedEvent, void, void> {
    for await (const batch of this.readBatches(positions, types)) yield* batch
  }

  async *readBatches(
    positions: Iterable<number>,
    types?: readonly string[],
  ): AsyncGenerator<RecordedEvent[], void, void> {
    const index = this.#index()
    const fronts = types?.map((type) => Buffer.from(`{"event":${JSON.stringify(type)},`))
    let open: { segment: number; file: OpenFile } | undefined
    let scratch: Buffer = Buffer.alloc(0)
    try {
      for (const run of runs(index, positions)) {
        const { name, path } = index.segments[run.segment]!
        if (open?.segment !== run.segment) {
          await open?.file.close()
          open = undefined
          const file = await this.#open(segmentPath(this.#home, 'events', name))
          if (file === undefined) continue
          open = { segment: run.segment, file }
        }
        // One for all reads: nothing of an event points into it, and a new one each time costs 100 MB before they are collected.
        if (scratch.length < run.end - run.start) scratch = Buffer.allocUnsafeSlow(run.end - run.start)
        const bytes = scratch.subarray(0, run.end - run.start)
        const count = await open.file.read(bytes, run.start)
        const batch: RecordedEvent[] = []
        for (const offset of run.offsets) {
          const start = offset - run.start
          const line = bytes.subarray(start, bytes.indexOf(0x0a, start) + 1 || count)
          if (fronts !== undefined && !fronts.some((front) => startsWith(line, front))) continue
          const event = parseEventLine(line)
          if (event === undefined) this.#onDamage({ segment: name, path, offset })
          else batch.push(event)
        }
        if (batch.length > 0) yield batch
      }
    } finally {
      await open?.file.close()
    }
  }

  /** Undefined when retention removed the segment since it was indexed. */
  async #open(path: string): Promise<OpenFile | undefined> {
    try {
      return await this.#platform.files.open(path, 'read')
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined
      throw error
    }
  }
}

function* runs(index: EventIndex, positions: Iterable<number>): Generator<Run, void, void> {
  let run: Run | undefined
  for (const position of positions) {
    const place = index.locate(position)
    if (place === undefined) continue
    const { segment, offset } = place
    const end = index.endOf(position, segment)
    const fits =
      run?.segment === segment && offset - run.end <= RUN_GAP_BYTES_MAX && end - run.start <= RUN_BYTES_MAX
    if (run !== undefined && fits) {
      run.end = end
      run.offsets.push(offset)
    } else {
      if (run !== undefined) yield run
      run = { segment, start: offset, end, offsets: [offset] }
    }
  }
  if (run !== undefined) yield run
}

function startsWith(line: Buffer, front: Buffer): boolean {
  return line.length > front.length && line.compare(front, 0, front.length, 0, front.length) === 0
}
