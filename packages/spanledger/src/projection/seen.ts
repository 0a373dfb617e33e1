import { createHash } from 'node:crypto'
import type { RecordedEvent } from '@spanledger/sdk/model'
import type { EventLineHead } from '@spanledger/sdk/store'

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
  readonly #link = new Link()

  take({ position, id }: Pick<RecordedEvent, 'position' | 'id'>): void {
    const bytes = Buffer.from(id)
    this.takeHead({ position, id: bytes, idStart: 0, idEnd: bytes.length })
  }

  /** The same, of an event whose id nobody made a string of. */
  takeHead({
    position,
    id,
    idStart,
    idEnd,
  }: Pick<EventLineHead, 'position' | 'id' | 'idStart' | 'idEnd'>): void {
    this.#first ??= { position, id: (id as Buffer).toString('utf8', idStart, idEnd) }
    if (this.#link.words === LINK_EVENTS) {
      this.#anchor = { position: this.position, count: this.count, digest: this.digest() }
      this.#link.clear()
    }
    this.#link.add(position, id, idStart, idEnd)
    this.position = position
    this.count++
  }

  digest(): string {
    return createHash('sha256').update(this.#anchor.digest).update(this.#link.bytes()).digest('hex')
  }

  /** Whether this is the event that was seen last. */
  endsWith({ position, id }: Pick<RecordedEvent, 'position' | 'id'>): boolean {
    return this.#link.last() === `${position} ${id}\n`
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

/** Room for a word with an id of the usual length. */
const WORD_BYTES = 64
/** Of a position, and the two characters beside the id. */
const DIGITS_MAX = 16
const [SPACE, LINE_FEED, ZERO] = [0x20, 0x0a, 0x30]

/** `position id`, a line each. Bytes, since a string for each of a million events is what the garbage collector copies most. */
class Link {
  words = 0
  #bytes = Buffer.allocUnsafe(LINK_EVENTS * WORD_BYTES)
  #length = 0
  /** Where the last word begins. */
  #last = 0

  add(position: number, id: Uint8Array, idStart: number, idEnd: number): void {
    const needed = this.#length + DIGITS_MAX + 2 + idEnd - idStart
    if (needed > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], needed * 2)
    const bytes = this.#bytes
    this.#last = this.#length
    let at = this.#length
    let unit = 1
    while (unit * 10 <= position) unit *= 10
    for (; unit >= 1; unit /= 10) bytes[at++] = ZERO + (Math.trunc(position / unit) % 10)
    bytes[at++] = SPACE
    // Byte by byte: a call that copies takes longer for so few.
    for (let i = idStart; i < idEnd; i++) bytes[at++] = id[i]!
    bytes[at++] = LINE_FEED
    this.#length = at
    this.words++
  }

  clear(): void {
    this.words = this.#length = this.#last = 0
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  last(): string {
    return this.#bytes.toString('utf8', this.#last, this.#length)
  }
}
