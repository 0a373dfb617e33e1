import { segmentPath } from '../ledger/index.ts'
import type { Home } from '../ledger/index.ts'
import type { RecordedEvent } from '../model/index.ts'
import { systemCode } from '../platform/index.ts'
import type { OpenFile, Platform } from '../platform/index.ts'
import type { EventIndex } from './event-index.ts'
import { EventHead } from './event-head.ts'
import { parseEventLine } from './event-lines.ts'
import type { EventDamage, EventLineHead, EventLines } from './event-store.ts'

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
    const fronts = types?.map((type) => Buffer.from(`{"event":${JSON.stringify(type)},`))
    for await (const { bytes, run, starts } of this.#reads(positions)) {
      const batch: RecordedEvent[] = []
      for (const start of starts) {
        const line = bytes.subarray(start, bytes.indexOf(0x0a, start) + 1 || bytes.length)
        if (fronts !== undefined && !fronts.some((front) => startsWith(line, front))) continue
        const event = parseEventLine(line)
        if (event === undefined) this.#damaged(run.segment, run.start + start)
        else batch.push(event)
      }
      if (batch.length > 0) yield batch
    }
  }

  async *readLines(positions: Iterable<number>): AsyncGenerator<EventLines, void, void> {
    for await (const { bytes, starts } of this.#reads(positions))
      yield { bytes, heads: () => headsOf(bytes, starts) }
  }

  #damaged(segment: number, offset: number): void {
    const { name, path } = this.#index().segments[segment]!
    this.#onDamage({ segment: name, path, offset })
  }

  /**
   * What was read at a time, and where in it the events start; the next is read meanwhile. The bytes are overwritten by the one after the
   * next.
   */
  async *#reads(positions: Iterable<number>): AsyncGenerator<Read, void, void> {
    const index = this.#index()
    const reading = new RunReading(index, (name) => this.#open(segmentPath(this.#home, 'events', name)))
    let ahead: Promise<Read | undefined> | undefined
    try {
      for (const run of runs(index, positions)) {
        const read = await ahead
        ahead = reading.read(run)
        // Whoever comes by it is told; who stops before is not interested.
        ahead.catch(() => {})
        if (read !== undefined) yield read
      }
      const last = await ahead
      if (last !== undefined) yield last
    } finally {
      await ahead?.catch(() => {})
      await reading.close()
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

interface Read {
  bytes: Buffer
  run: Run
  starts: number[]
}

/** One run after the other, from the file that the last one was in. */
class RunReading {
  readonly #index: EventIndex
  readonly #openFile: (segment: string) => Promise<OpenFile | undefined>
  /** Two for all reads, in turns: nothing of an event points into them, and new ones each time cost 100 MB before they are collected. */
  readonly #scratch: [Buffer, Buffer] = [Buffer.alloc(0), Buffer.alloc(0)]
  #turn: 0 | 1 = 0
  #open: { segment: number; file: OpenFile } | undefined

  constructor(index: EventIndex, openFile: (segment: string) => Promise<OpenFile | undefined>) {
    this.#index = index
    this.#openFile = openFile
  }

  /** Undefined when its segment was removed. */
  async read(run: Run): Promise<Read | undefined> {
    if (this.#open?.segment !== run.segment) {
      await this.close()
      const file = await this.#openFile(this.#index.segments[run.segment]!.name)
      if (file === undefined) return undefined
      this.#open = { segment: run.segment, file }
    }
    const { file } = this.#open!
    const length = run.end - run.start
    this.#turn = this.#turn === 0 ? 1 : 0
    if (this.#scratch[this.#turn].length < length) this.#scratch[this.#turn] = Buffer.allocUnsafeSlow(length)
    const bytes = this.#scratch[this.#turn].subarray(0, length)
    const count = await file.read(bytes, run.start)
    return {
      bytes: bytes.subarray(0, count),
      run,
      starts: run.offsets.map((offset) => offset - run.start),
    }
  }

  async close(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    await open?.file.close()
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

/** Undefined for a line that is not whole or whose first keys are not an event's. */
function* headsOf(
  bytes: Buffer,
  starts: readonly number[],
): Generator<EventLineHead | undefined, void, void> {
  const head = new EventHead()
  for (const start of starts) {
    const end = bytes.indexOf(0x0a, start) + 1
    yield end > 0 && head.parse(bytes, start, end) ? head : undefined
  }
}

function startsWith(line: Buffer, front: Buffer): boolean {
  return line.length > front.length && line.compare(front, 0, front.length, 0, front.length) === 0
}
