/** What breaks the sequence of events. */
export type SequenceGap =
  | { finding: 'positionGap'; expected: number; actual: number }
  | { finding: 'versionGap'; stream: string; expected: number; actual: number }

/** Checks that positions and, in each stream, versions are without gaps. */
export class EventSequence {
  readonly #versions = new Map<string, number>()
  /** Before the first event that is there; earlier ones may have been retired with their segments. */
  #start: number | undefined
  #position = 0
  #more = 0
  /** Events that stood in damaged lines, as far as no stream has missed them yet. */
  #lost = 0
  /** Damaged lines since the last event. */
  #damaged = 0
  /** Damaged lines beyond the events that stood in them: each takes a position, once the store reads the ledger anew. */
  #surplus = 0

  next(line: Record<string, unknown>): SequenceGap[] {
    const { stream, version, position, more } = line as {
      stream: string
      version: number
      position: number
      more?: number
    }
    const gaps: SequenceGap[] = []
    if (this.#start === undefined) this.#position = this.#start = position - 1
    const skipped = position - this.#position - 1
    // How many events, none or several, stood in the damage before is only known now.
    if (this.#damaged > 0 && skipped >= -this.#damaged) {
      this.#lost += skipped
      this.#surplus -= Math.min(0, skipped)
    } else if (skipped !== 0 && skipped === this.#surplus) {
      this.#surplus = 0
    } else if (skipped !== 0) {
      gaps.push({ finding: 'positionGap', expected: this.#position + 1, actual: position })
    }
    this.#damaged = 0
    const before = this.#versions.get(stream) ?? (this.#start > 0 ? version - 1 : 0)
    const missing = version - before - 1
    if (missing > 0 && missing <= this.#lost) this.#lost -= missing
    else if (missing !== 0)
      gaps.push({ finding: 'versionGap', stream, expected: before + 1, actual: version })
    this.#position = position
    this.#versions.set(stream, version)
    this.#more = more ?? 0
    return gaps
  }

  /** A line was there that cannot be read: it is reported as such, and not as a gap again. */
  damaged(): void {
    this.#position++
    this.#lost++
    this.#damaged++
    this.#more = Math.max(0, this.#more - 1)
  }

  /** How many events of the last append are missing. */
  endOfSegment(): number {
    const missing = this.#more
    this.#more = 0
    return missing
  }
}
