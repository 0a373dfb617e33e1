import type { RecordedEvent } from '@spanledger/sdk/model'
import type { EventLineHead } from '@spanledger/sdk/store'

/**
 * What is derived from events alone, in the order of their positions. Its state is whatever `lines` tell of it:
 *
 *     evolve(all)  ==  restore(lines after some), evolve(the others)
 *
 * which `testing/event-projection-contract.ts` tries for each of them, with crashes in between.
 */
export interface EventProjection {
  /** The next events, each once and none left out. */
  evolve(events: readonly RecordedEvent[]): Promise<void>

  /** Called when there is nothing more to evolve for now, and before `lines`: what was put off is done here. */
  settle(): Promise<void>

  /** Its whole state, a JSON value a line, the first character a brace; the same state gives the same lines in the same order. */
  lines(): Iterable<string>

  /** Takes what `lines` gave, line by line, before anything else is asked of it. Throws on a line that was not given so. */
  restore(line: string): void
}

/**
 * A projection that is made of all events at once, from their lines: to the same lines as `evolve` comes to. It may refuse
 * what only a reader of whole events can judge, such as damaged lines; then these are evolved.
 */
export interface EventRebuild<P extends EventProjection> {
  /** The next lines, which are overwritten afterwards. False: refused. */
  take(bytes: Buffer, heads: Iterable<EventLineHead | undefined>): Promise<boolean>
  /** Undefined: refused. */
  finish(): Promise<P | undefined>
  close(): Promise<void>
}

/** How a projection of events is known, and made. */
export interface EventProjectionKind<P extends EventProjection = EventProjection> {
  readonly name: string
  /** Of the lines, and of what they mean: changes whenever the same events would give other ones. */
  readonly version: number
  /** What else the lines depend on, such as prices: a snapshot made with another one is thrown away. */
  readonly depends: string
  readonly answers: readonly string[]
  create(): P
  /** Where it can be made of lines; `events` is about how many there are. */
  rebuild?(events: number): EventRebuild<P>
}
