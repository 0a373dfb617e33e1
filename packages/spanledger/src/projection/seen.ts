import { createHash } from 'node:crypto'
import type { RecordedEvent } from '@spanledger/sdk/model'

/** Events of a link of the chain: as many are read again to know that a checkpoint is of this ledger, in 5 ms. */
const LINK_EVENTS = 1_000

/** A place in the chain. */
interface Anchor {
  position: number
  count: number
  digest: string
}

/** What a checkpoint states of the events behind it. */
export interface SeenState extends Anchor {
  /** The first event there was: when retention takes it, what was derived from it has to go too. */
  first: { position: number; id: string } | undefined
  /** The last place that lies before `position`, at most LINK_EVENTS events. */
  anchor: Anchor
}

const START: Anchor = { position: 0, count: 0, digest: '' }

/**
 * Which events a projection has seen, as a proof: SHA-256 over their positions and ids, in a chain of links of LINK_EVENTS
 * events. Two that have seen the same have the same digest; one left out, or one more, and it is another.
 */
export class Seen {
  position = 0
  count = 0
  #first: SeenState['first']
  #anchor = START
  #link: string[] = []

  take({ position, id }: Pick<RecordedEvent, 'position' | 'id'>): void {
    this.#first ??= { position, id }
    if (this.#link.length === LINK_EVENTS) {
      this.#anchor = { position: this.position, count: this.count, digest: this.digest() }
      this.#link = []
    }
    this.#link.push(wordOf(position, id))
    this.position = position
    this.count++
  }

  digest(): string {
    return createHash('sha256').update(this.#anchor.digest).update(this.#link.join('')).digest('hex')
  }

  /** Whether this is the event that was seen last. */
  endsWith({ position, id }: Pick<RecordedEvent, 'position' | 'id'>): boolean {
    return this.#link.at(-1) === wordOf(position, id)
  }

  state(): SeenState {
    const { position, count } = this
    return { position, count, digest: this.digest(), first: this.#first, anchor: this.#anchor }
  }

  /** Undefined where the ledger's events are not those that were seen. */
  static async restore(
    { position, count, digest, first, anchor }: SeenState,
    batches: (fromPosition: number) => AsyncIterable<readonly RecordedEvent[]>,
  ): Promise<Seen | undefined> {
    const seen = new Seen()
    if (count === 0) return seen
    for await (const [event] of batches(1)) {
      if (event?.position !== first?.position || event?.id !== first?.id) return undefined
      break
    }
    Object.assign(seen, { position: anchor.position, count: anchor.count })
    seen.#anchor = anchor
    seen.#first = first
    reading: for await (const batch of batches(anchor.position + 1))
      for (const event of batch) {
        if (event.position > position || seen.count === count) break reading
        seen.take(event)
      }
    return seen.position === position && seen.count === count && seen.digest() === digest ? seen : undefined
  }
}

const wordOf = (position: number, id: string): string => `${position} ${id}\n`
