import type { HeadFields } from './event-head.ts'
import { EventIds } from './event-ids.ts'

/** A number in a line further away than this from where it should be is a damage, not a gap. */
const GAP_MAX = 1_000_000

/** A segment as the index knows it: its first event's position, and where its last whole append ends. */
export interface IndexedSegment {
  name: string
  path: string
  first: number
  end: number
}

interface StreamTail {
  version: number
  /** Position of its last event. */
  last: number
}

/**
 * Where every event is: 8 bytes each for its place and, as a chain backwards, its stream; and the ids.
 *
 * The position of an event is where it stands, not the number in its line, unless the line before agrees with it: so a
 * flipped digit loses nothing, and a lost line is a gap.
 */
export class EventIndex {
  readonly ids = new EventIds()
  readonly segments: IndexedSegment[] = []
  readonly #streams = new Map<string, StreamTail>()
  #offsets = new Uint32Array(1024)
  #previous = new Uint32Array(1024)
  #base = 0
  #last = 0
  #numberBefore = 0

  get last(): number {
    return this.#last
  }

  get streams(): number {
    return this.#streams.size
  }

  version(stream: string): number {
    return this.#streams.get(stream)?.version ?? 0
  }

  /** A first position beyond the last one is a gap: segments before it are gone. */
  openSegment(name: string, path: string, first: number): void {
    if (this.segments.length === 0 && first > 0) this.#base = this.#last = first - 1
    else if (first > this.#last + 1 && first - this.#last <= GAP_MAX) this.#advance(first - 1)
    this.#numberBefore = this.#last
    this.segments.push({ name, path, first: this.#last + 1, end: 0 })
  }

  add(head: HeadFields, offset: number): void {
    const { position } = head
    const agrees =
      position === this.#numberBefore + 1 && position > this.#last && position - this.#last <= GAP_MAX
    this.#numberBefore = position
    this.#advance(agrees ? position : this.#last + 1)
    const slot = this.#last - this.#base - 1
    this.#offsets[slot] = offset
    const tail = this.#streams.get(head.stream)
    this.#previous[slot] = tail?.last ?? 0
    if (tail === undefined) {
      this.#streams.set(head.stream, { version: head.version, last: this.#last })
    } else {
      tail.version = Math.max(tail.version + 1, head.version)
      tail.last = this.#last
    }
    this.ids.add(head.id, head.idStart, head.idEnd)
  }

  /** A line that took a position and tells nothing. */
  addDamaged(): void {
    this.#numberBefore++
    this.#advance(this.#last + 1)
  }

  /** Segment (an index into `segments`) and offset; undefined when the event is lost. */
  locate(position: number): { segment: number; offset: number } | undefined {
    const offset = this.#offset(position)
    if (offset === 0) return undefined
    let low = 0
    let high = this.segments.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.segments[middle]!.first <= position) low = middle
      else high = middle - 1
    }
    return { segment: low, offset }
  }

  /** No byte of the event is behind it. */
  endOf(position: number, segment: number): number {
    const next = this.#offset(position + 1)
    const isLast = position + 1 >= (this.segments[segment + 1]?.first ?? Infinity)
    return next === 0 || isLast ? this.segments[segment]!.end : next
  }

  /** Positions of a stream's last `count` events, oldest first. */
  positionsOf(stream: string, count: number): number[] {
    const positions: number[] = []
    for (let at = this.#streams.get(stream)?.last ?? 0; at > 0 && positions.length < count;) {
      positions.push(at)
      at = this.#previous[at - this.#base - 1]!
    }
    return positions.toReversed()
  }

  /** No event before this position differs in the other index. */
  divergesFrom(other: EventIndex): number {
    return Math.min(this.first, other.first) + this.ids.commonWith(other.ids)
  }

  /** The first position that can be there. */
  get first(): number {
    return this.#base + 1
  }

  #offset(position: number): number {
    return position > this.#base && position <= this.#last ? this.#offsets[position - this.#base - 1]! : 0
  }

  #advance(position: number): void {
    this.#last = position
    const count = position - this.#base
    if (count <= this.#offsets.length) return
    this.#offsets = grown(this.#offsets, count)
    this.#previous = grown(this.#previous, count)
  }
}

function grown(array: Uint32Array<ArrayBuffer>, atLeast: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.max(2 * array.length, atLeast))
  larger.set(array)
  return larger
}
