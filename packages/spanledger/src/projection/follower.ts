import type { Home } from '@spanledger/sdk/ledger'
import type { RecordedEvent } from '@spanledger/sdk/model'
import type { Platform } from '@spanledger/sdk/platform'
import type { EventLineHead, EventLines } from '@spanledger/sdk/store'
import type { EventProjection, EventProjectionKind } from './event-projection.ts'
import type { OnProgress, Progress, Projection, ProjectionCheck, ProjectionStatus } from './projection.ts'
import { Seen, type SeenState } from './seen.ts'
import { readSnapshot, snapshotBytes, writeSnapshot } from './snapshot-file.ts'

/** What of an event store is needed here. */
export interface EventBatches {
  readBatches(options: { fromPosition?: number }): AsyncIterable<RecordedEvent[]>
  readLines?(): AsyncIterable<EventLines>
  position(): Promise<number>
}

/**
 * A snapshot is written again after this many events, and as many more as it has lines: writing a line costs less than
 * evolving an event, so that at most half of the time goes there.
 */
const SNAPSHOT_EVENTS = 20_000
/** At the end of a process: to evolve an event again takes as long as to write eight lines. */
const LINES_PER_EVENT = 8
const DIFFERING_MAX = 100

interface Head {
  projection: string
  version: number
  depends: string
  seen: SeenState
}

interface State<P> {
  projection: P
  seen: Seen
}

/**
 * Keeps one projection up with the events of a home: from its snapshot, where that fits the ledger, to the last event.
 *
 * A snapshot is never needed for truth. One that is damaged, of another form or from another ledger is thrown away, and
 * all events are read again.
 */
export class Follower<P extends EventProjection> implements Projection {
  readonly #platform: Platform
  readonly #home: Home
  readonly #events: EventBatches
  readonly #kind: EventProjectionKind<P>
  #state: State<P> | undefined
  /** Where its snapshot on the disk ends; undefined when there is none that fits. */
  #kept: number | undefined
  #lines = 0
  #turn: Promise<unknown> = Promise.resolve()
  #rebuilding: Progress | null = null

  constructor(platform: Platform, home: Home, events: EventBatches, kind: EventProjectionKind<P>) {
    this.#platform = platform
    this.#home = home
    this.#events = events
    this.#kind = kind
  }

  get name(): string {
    return this.#kind.name
  }

  get version(): number {
    return this.#kind.version
  }

  get answers(): readonly string[] {
    return this.#kind.answers
  }

  /** The projection, once it has seen all events there are now. */
  current(): Promise<P> {
    return this.#exclusive(async () => {
      const state = await this.#caughtUp()
      const since = state.seen.count - (this.#kept ?? 0)
      if (since > 0 && (this.#kept === undefined || since >= SNAPSHOT_EVENTS + this.#lines))
        // What cannot be kept, on a full disk, costs time later and no answer now.
        await this.#keep(state).catch(() => {})
      return state.projection
    })
  }

  /** As `current`, for a caller that adds what no ledger holds: the next call starts from what is kept. */
  handOver(): Promise<P> {
    return this.#exclusive(async () => {
      const { projection } = await this.#caughtUp()
      this.#state = undefined
      return projection
    })
  }

  /** Writes what was not written yet, unless the next process evolves it sooner than this one writes it. */
  close(): Promise<void> {
    return this.#exclusive(async () => {
      const state = this.#state
      if (!state || state.seen.count === 0) return
      const since = state.seen.count - (this.#kept ?? 0)
      if (this.#kept === undefined || since * LINES_PER_EVENT > this.#lines) await this.#keep(state)
    })
  }

  async #caughtUp(): Promise<State<P>> {
    let state = this.#state ?? (await this.#restored())
    if (state.seen.count === 0) state = (await this.#fromLines()) ?? state
    // An error in the midst of it leaves what has seen more than it tells: the next call begins from what is kept.
    this.#state = undefined
    if (!(await this.#read(state))) {
      // Another process failed to sync what it had written, or somebody put another ledger here.
      this.#kept = undefined
      state = (await this.#fromLines()) ?? this.#empty()
      await this.#read(state)
    }
    return (this.#state = state)
  }

  #empty(): State<P> {
    return { projection: this.#kind.create(), seen: new Seen() }
  }

  async #restored(): Promise<State<P>> {
    const state = this.#empty()
    this.#kept = undefined
    let head: Head | undefined
    let lines = 0
    const { name, version, depends } = this.#kind
    const fits = await readSnapshot(this.#platform, this.#home, name, async (line) => {
      if (head !== undefined) {
        lines++
        state.projection.restore(line)
        return true
      }
      head = JSON.parse(line) as Head
      if (head.projection !== name || head.version !== version || head.depends !== depends) return false
      const seen = await Seen.restore(head.seen, (fromPosition) => this.#events.readBatches({ fromPosition }))
      if (seen === undefined) return false
      state.seen = seen
      return true
    })
    if (!fits || head === undefined) return this.#empty()
    this.#kept = state.seen.count
    this.#lines = lines
    return state
  }

  /** False when the event that was seen last is not there any more; nothing was evolved then. */
  async #read({ projection, seen }: State<P>, onProgress?: OnProgress): Promise<boolean> {
    const from = seen.position
    const total = onProgress ? await this.#events.position() : 0
    let joined = from === 0
    for await (const batch of this.#events.readBatches({ fromPosition: Math.max(1, from) })) {
      if (!joined && !seen.endsWith(batch[0]!)) return false
      const events = joined ? batch : batch.slice(1)
      joined = true
      for (const event of events) seen.take(event)
      if (events.length > 0) await projection.evolve(events)
      onProgress?.({ done: seen.position, total })
    }
    if (joined && seen.position > from) await projection.settle()
    return joined
  }

  /** From the lines of all events; undefined where it has to be evolved of the events themselves. */
  async #fromLines(onProgress?: OnProgress): Promise<State<P> | undefined> {
    const total = await this.#events.position()
    if (total === 0 || !this.#events.readLines) return undefined
    const rebuild = this.#kind.rebuild?.(total)
    if (!rebuild) return undefined
    const seen = new Seen()
    try {
      for await (const { bytes, heads } of this.#events.readLines()) {
        if (!(await rebuild.take(bytes, seeing(seen, heads())))) return undefined
        onProgress?.({ done: seen.position, total })
      }
      const projection = await rebuild.finish()
      return projection && { projection, seen }
    } finally {
      await rebuild.close()
    }
  }

  async #keep({ projection, seen }: State<P>): Promise<void> {
    if (this.#home.readOnly) return
    const { name, version, depends } = this.#kind
    const head: Head = { projection: name, version, depends, seen: seen.state() }
    let lines = 0
    const counted = function* (): Generator<string> {
      for (const line of projection.lines()) {
        lines++
        yield line
      }
    }
    await writeSnapshot(this.#platform, this.#home, name, head, counted())
    this.#kept = seen.count
    this.#lines = lines
  }

  async status(): Promise<ProjectionStatus> {
    const [state, last, bytes] = await Promise.all([
      this.#exclusive(async () => (this.#state ??= await this.#restored())),
      this.#events.position(),
      snapshotBytes(this.#platform, this.#home, this.#kind.name),
    ])
    const { seen } = state
    const behind = Math.max(0, last - seen.position)
    return {
      state: behind === 0 ? 'current' : this.#kept === undefined && seen.count === 0 ? 'absent' : 'behind',
      unit: 'events',
      seen: seen.count,
      behind,
      position: seen.position,
      digest: seen.digest(),
      bytes,
      rebuilding: this.#rebuilding,
    }
  }

  async rebuild(onProgress?: OnProgress): Promise<void> {
    const fresh = await this.#anew(onProgress)
    await this.#exclusive(async () => {
      // What came meanwhile; should what was read be gone by now, the next question starts again.
      if (!(await this.#read(fresh))) return
      this.#state = fresh
      await this.#keep(fresh)
    })
  }

  async check(onProgress?: OnProgress): Promise<ProjectionCheck> {
    const fresh = await this.#anew(onProgress)
    return this.#exclusive(async () => {
      const kept = await this.#caughtUp()
      // To the same event, while others append.
      while (fresh.seen.position !== kept.seen.position) {
        if (!(await this.#read(fresh)) || !(await this.#read(kept))) break
      }
      const differing: string[] = kept.seen.digest() === fresh.seen.digest() ? [] : ['the events it has seen']
      const lines = new Set(kept.projection.lines())
      let compared = 1
      for (const line of fresh.projection.lines()) {
        compared++
        if (!lines.delete(line)) differing.push(nameOf(line))
      }
      // Kept, and not in the ledger: of each that differs there is one on both sides.
      for (const line of lines) if (!differing.includes(nameOf(line))) differing.push(nameOf(line))
      return { compared, differing: differing.slice(0, DIFFERING_MAX) }
    })
  }

  async #anew(onProgress?: OnProgress): Promise<State<P>> {
    this.#rebuilding = { done: 0, total: await this.#events.position() }
    const told = (progress: Progress): void => {
      this.#rebuilding = progress
      onProgress?.(progress)
    }
    try {
      const made = await this.#fromLines(told)
      if (made) return made
      const fresh = this.#empty()
      await this.#read(fresh, told)
      return fresh
    } finally {
      this.#rebuilding = null
    }
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => {})
    return result
  }
}

function* seeing(
  seen: Seen,
  heads: Iterable<EventLineHead | undefined>,
): Generator<EventLineHead | undefined, void, void> {
  for (const head of heads) {
    if (head) seen.takeHead(head)
    yield head
  }
}

/** What a line is about: the value of its first key. */
const nameOf = (line: string): string => String(Object.values(JSON.parse(line) as object)[0])
