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

  next(line: Record<string, unknown>): SequenceGap[] {
    const { stream, version, position, more } = line as {
      stream: string
      version: number
      position: number
      more?: number
    }
    const gaps: SequenceGap[] = []
    if (this.#start === undefined) this.#position = this.#start = position - 1
    if (position !== this.#position + 1) {
      gaps.push({ finding: 'positionGap', expected: this.#position + 1, actual: position })
    }
    const before = this.#versions.get(stream) ?? (this.#start > 0 ? version - 1 : 0)
    if (version !== before + 1)
      gaps.push({ finding: 'versionGap', stream, expected: before + 1, actual: version })
    this.#position = position
    this.#versions.set(stream, version)
    this.#more = more ?? 0
    return gaps
  }

  /** A line was there that cannot be read: it is reported as such, and not as a gap in the positions again. */
  damaged(): void {
    this.#position++
    this.#more = Math.max(0, this.#more - 1)
  }

  /** How many events of the last append are missing. */
  endOfSegment(): number {
    const missing = this.#more
    this.#more = 0
    return missing
  }
}
