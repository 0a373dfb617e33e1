import type { RecordedEvent, UnixNano } from '@spanledger/sdk/model'
import { globbed, keyOf, tested, valueAt } from './condition.ts'
import type { Step } from './pattern.ts'

/** What is kept of an event while a window is open. */
export interface SeenEvent {
  event: string
  stream: string
  version: number
  position: number
  time: UnixNano
}

export interface Match {
  key: string
  /** One of each step that is not a `not`. */
  events: SeenEvent[]
  /** True where an event may still come that `not followed by` forbids. */
  open?: true
}

export interface Counts {
  /** Events of the types asked for. */
  seen: number
  /** Events that fit the first step: each begins one window, and is matched, unmatched or dropped. */
  begun: number
  matched: number
  unmatched: number
  /** Undecided, because more windows were open than are kept. */
  dropped: number
  /** Events that fit a step and have no such key: they take no part. */
  withoutKey: number
}

export interface MatcherOptions {
  steps: readonly Step[]
  /** `stream`: events of one stream belong together; else those whose data has one value at this path. */
  by: 'stream' | readonly string[]
  /** From the first event to the last of a match, in nanoseconds. */
  within?: number
  windowsMax?: number
}

/** 150 bytes each. */
const WINDOWS_MAX = 100_000

interface Window {
  startNs: number
  endNs: number
  events: SeenEvent[]
}

/** Windows of one key: `lanes[n]` wait for step n, in order of the time they began. */
interface Key {
  key: string
  lanes: Window[][]
}

/**
 * Finds matches in one pass over events in order of position.
 *
 * Order     each step takes the first event after the one before, by position, that fits and lies, by its own time, not before
 *           the window's first event and at most `within` after it. What happened before the first event follows it never,
 *           even if recorded later.
 * Ends      a window ends with the first event of its key, of the types asked for, that happened after it. What is recorded
 *           still later and happened within is late, and not looked at.
 * Not       `A not followed by B`: none fits within the window; `A not followed by B followed by C`: none before C.
 * Limit     windowsMax; then those that ended by the latest time seen are decided, and if that is not enough the oldest tenth
 *           is dropped and counted.
 * Times     compared as doubles from the first event's time on: exact to the nanosecond over 104 days.
 */
export class Matcher {
  readonly counts: Counts = { seen: 0, begun: 0, matched: 0, unmatched: 0, dropped: 0, withoutKey: 0 }
  readonly #steps: readonly {
    type: (type: string) => boolean
    data: (data: unknown) => boolean
    not: boolean
  }[]
  readonly #by: MatcherOptions['by']
  readonly #within: number
  readonly #windowsMax: number
  readonly #onMatch: (match: Match) => void
  readonly #keys = new Map<string, Key>()
  /** Bits of the steps that a type may fit. */
  readonly #types = new Map<string, number>()
  #open = 0
  #origin: bigint | undefined
  #latestNs = -Infinity

  constructor(
    { steps, by, within = Infinity, windowsMax = WINDOWS_MAX }: MatcherOptions,
    onMatch: (match: Match) => void,
  ) {
    this.#steps = steps.map((step) => ({ type: globbed(step.type), data: tested(step), not: step.not }))
    this.#by = by
    this.#within = within
    this.#windowsMax = windowsMax
    this.#onMatch = onMatch
  }

  /** happened  when it did; told from the event's time, which of a span is its start */
  take(event: RecordedEvent, happened: UnixNano): void {
    const types = this.#typesOf(event.event)
    if (types === 0) return
    this.counts.seen++
    let fits = 0
    for (let i = 0; i < this.#steps.length; i++)
      if ((types & (1 << i)) !== 0 && this.#steps[i]!.data(event.data)) fits |= 1 << i
    const name = this.#by === 'stream' ? event.stream : keyOf(valueAt(event.data, this.#by))
    if (name === undefined) {
      if (fits !== 0) this.counts.withoutKey++
      return
    }
    const atNs = this.#since(happened)
    const seen = fits === 0 ? undefined : seenOf(event, happened)
    if (atNs > this.#latestNs) this.#latestNs = atNs
    const key = this.#keys.get(name)
    if (key) {
      this.#expire(key, atNs)
      if (seen) this.#advance(key, seen, fits, atNs)
    }
    if (seen && (fits & 1) !== 0) this.#begin(name, seen, atNs)
    else if (key && isEmpty(key)) this.#keys.delete(name)
  }

  /** No more events come. Windows that end later than `nowNs` may yet be closed by one. */
  end(now: UnixNano): void {
    const nowNs = this.#since(now)
    for (const key of this.#keys.values())
      for (const [step, lane] of key.lanes.entries())
        for (const window of lane) this.#decide(key, window, step, window.endNs >= nowNs)
    this.#keys.clear()
    this.#open = 0
  }

  #typesOf(type: string): number {
    let bits = this.#types.get(type)
    if (bits === undefined) {
      bits = 0
      for (const [i, step] of this.#steps.entries()) if (step.type(type)) bits |= 1 << i
      this.#types.set(type, bits)
    }
    return bits
  }

  #since(time: UnixNano): number {
    const nanos = BigInt(time)
    this.#origin ??= nanos
    return Number(nanos - this.#origin)
  }

  #begin(name: string, seen: SeenEvent, atNs: number): void {
    this.counts.begun++
    if (this.#steps.length === 1) {
      this.counts.matched++
      this.#onMatch({ key: this.#shown(name), events: [seen] })
      return
    }
    let key = this.#keys.get(name)
    if (!key) this.#keys.set(name, (key = { key: name, lanes: this.#steps.map(() => []) }))
    insert(key.lanes[1]!, { startNs: atNs, endNs: atNs + this.#within, events: [seen] })
    if (++this.#open > this.#windowsMax) this.#relieve()
  }

  /** The last lane first, so that one event is one step at most. */
  #advance(key: Key, seen: SeenEvent, fits: number, atNs: number): void {
    for (let step = this.#steps.length - 1; step > 0; step--) {
      const lane = key.lanes[step]!
      if (lane.length === 0) continue
      // A lane waits for a step, or for the first after some `not`; that one's event comes before theirs.
      let wanted = step
      let forbidden = false
      while (this.#steps[wanted]?.not === true) forbidden = (fits & (1 << wanted++)) !== 0 || forbidden
      const found = wanted < this.#steps.length && (fits & (1 << wanted)) !== 0
      if (!found && !forbidden) continue
      let count = 0
      while (count < lane.length && lane[count]!.startNs <= atNs) count++
      const windows = lane.splice(0, count)
      if (!found || wanted === this.#steps.length - 1) this.#open -= count
      for (const window of windows) {
        if (!found) this.counts.unmatched++
        else {
          window.events.push(seen)
          if (wanted === this.#steps.length - 1) this.#decide(key, window, wanted + 1, false)
          else insert(key.lanes[wanted + 1]!, window)
        }
      }
    }
  }

  #expire(key: Key, atNs: number): void {
    for (let step = 1; step < key.lanes.length; step++) {
      const lane = key.lanes[step]!
      let count = 0
      while (count < lane.length && lane[count]!.endNs < atNs) this.#decide(key, lane[count++]!, step, false)
      if (count > 0) lane.splice(0, count)
      this.#open -= count
    }
  }

  /** What waits only for what must not come is a match when nothing comes any more. */
  #decide({ key }: Key, { events }: Window, step: number, open: boolean): void {
    if (this.#steps.slice(step).every(({ not }) => not)) {
      this.counts.matched++
      this.#onMatch({ key: this.#shown(key), events, ...(open ? { open } : {}) })
    } else this.counts.unmatched++
  }

  #shown(name: string): string {
    return this.#by === 'stream' ? name : String(JSON.parse(name))
  }

  #relieve(): void {
    for (const key of this.#keys.values()) this.#expire(key, this.#latestNs)
    if (this.#open > this.#windowsMax * 0.9) {
      const starts = [...this.#keys.values()].flatMap(({ lanes }) =>
        lanes.flat().map(({ startNs }) => startNs),
      )
      const bound = starts.toSorted((a, b) => a - b)[Math.ceil(this.#windowsMax / 10)]!
      for (const { lanes } of this.#keys.values())
        for (const lane of lanes) {
          let count = 0
          while (count < lane.length && lane[count]!.startNs <= bound) count++
          if (count > 0) lane.splice(0, count)
          this.counts.dropped += count
          this.#open -= count
        }
    }
    for (const key of this.#keys.values()) if (isEmpty(key)) this.#keys.delete(key.key)
  }
}

const isEmpty = ({ lanes }: Key): boolean => lanes.every((lane) => lane.length === 0)

/** Events come nearly in order of time: the place is near the end. */
function insert(lane: Window[], window: Window): void {
  let at = lane.length
  while (at > 0 && lane[at - 1]!.startNs > window.startNs) at--
  if (at === lane.length) lane.push(window)
  else lane.splice(at, 0, window)
}

const seenOf = ({ event, stream, version, position }: RecordedEvent, happened: UnixNano): SeenEvent => ({
  event,
  stream,
  version,
  position,
  time: happened,
})
