import type { EventLineHead } from '@spanledger/sdk/store'
import type { Clock } from '@spanledger/sdk/platform'
import { parseEventLine } from '@spanledger/sdk/store'
import type { EventRebuild } from './event-projection.ts'
import { HeldLines } from './held-lines.ts'
import type { PartFolder } from './part-folder.ts'
import type { SessionLine, SessionProjection } from './session-projection.ts'
import { STREAM_PREFIX } from './state.ts'

/** Beyond it the session that was not heard of for longest is folded; what comes of it afterwards, has it read again. */
const HELD_BYTES_MAX = 32 * 1024 * 1024
/** As long as this is folded at a time before whatever else waits has its turn. */
const FOLD_MS_MAX = 10
/** Parts on their way, small ones: as many as the other thread is behind by. */
const FOLDING_MAX = 256
const OF_SESSION = Buffer.from('{"event":"Session')

/**
 * All sessions from the lines of all events: their heads are read in order, the rest only once a session is whole. So
 * nothing parsed outlives its session, and sessions can be folded in other threads.
 */
export class SessionRebuild implements EventRebuild<SessionProjection> {
  readonly #projection: SessionProjection
  readonly #folder: PartFolder
  readonly #clock: Clock
  readonly #heldBytesMax: number
  readonly #held = new HeldLines()
  /** In the order of their first events. */
  readonly #sessions = new Set<string>()
  /** Parts are adopted in the order they were handed out, whoever folds them. */
  readonly #folding: Promise<SessionLine | undefined>[] = []
  #isFit = true

  constructor(
    projection: SessionProjection,
    folder: PartFolder,
    clock: Clock,
    heldBytesMax: number = HELD_BYTES_MAX,
  ) {
    this.#heldBytesMax = heldBytesMax
    this.#projection = projection
    this.#folder = folder
    this.#clock = clock
  }

  async take(bytes: Buffer, heads: Iterable<EventLineHead | undefined>): Promise<boolean> {
    // A run of lines of one stream is held as one piece.
    let [stream, from, to] = ['', 0, 0]
    const hold = (): void => {
      if (to === from) return
      const session = stream.slice(STREAM_PREFIX.length)
      this.#sessions.add(session)
      this.#held.hold(session, bytes.subarray(from, to))
    }
    for (const head of heads) {
      if (head === undefined) return false
      const { start, end } = head
      const goesOn = start === to && head.stream === stream
      if (!goesOn && !head.stream.startsWith(STREAM_PREFIX)) {
        // Nobody parses it later: that it can be is part of what was seen.
        if (parseEventLine(bytes.subarray(start, end)) === undefined) return false
        continue
      }
      if (!beginsAt(bytes, start)) return false
      if (!goesOn) {
        hold()
        stream = head.stream
        from = start
      }
      to = end
    }
    hold()
    await this.#foldWhile(() => this.#held.bytes > this.#heldBytesMax)
    return this.#isFit
  }

  async finish(): Promise<SessionProjection | undefined> {
    await this.#foldWhile(() => true)
    await this.#adopt(0)
    if (!this.#isFit) return undefined
    await this.#projection.unite(this.#sessions)
    return this.#projection
  }

  async #foldWhile(isNeeded: () => boolean): Promise<void> {
    let started = this.#clock.monotonicMs()
    for (let id = this.#held.oldest(); id !== undefined && isNeeded(); id = this.#held.oldest()) {
      const folding = this.#folder.fold(id, this.#held.take(id))
      // Whoever adopts it is told.
      folding.catch(() => {})
      this.#folding.push(folding)
      await this.#adopt(FOLDING_MAX)
      if (this.#clock.monotonicMs() - started < FOLD_MS_MAX) continue
      await this.#clock.sleep(0)
      started = this.#clock.monotonicMs()
    }
  }

  /** Until no more than `left` are on their way. */
  async #adopt(left: number): Promise<void> {
    while (this.#folding.length > left) {
      const part = await this.#folding.shift()
      if (part) this.#projection.adopt(part)
      else this.#isFit = false
    }
  }

  close(): Promise<void> {
    return this.#folder.close()
  }
}

/** Byte by byte: a call of `compare` takes 0.1 us. */
function beginsAt(bytes: Buffer, start: number): boolean {
  for (let i = 0; i < OF_SESSION.length; i++) if (bytes[start + i] !== OF_SESSION[i]) return false
  return true
}
