export interface BaggageEntry {
  value: string
  /** What stood behind the first `;`, as it came. */
  metadata?: { toString(): string } | undefined
}

/** A baggage of any implementation, as far as it is read. */
export interface BaggageLike {
  getAllEntries(): [string, BaggageEntry][]
}

/** Names and values that travel with a request; never changed. It is OpenTelemetry's Baggage too. */
export class Baggage implements BaggageLike {
  readonly #entries: ReadonlyMap<string, BaggageEntry>

  constructor(entries: Iterable<readonly [string, BaggageEntry]> = []) {
    this.#entries = new Map(entries)
  }

  getEntry(key: string): BaggageEntry | undefined {
    const entry = this.#entries.get(key)
    return entry && { ...entry }
  }

  getAllEntries(): [string, BaggageEntry][] {
    return [...this.#entries]
  }

  setEntry(key: string, entry: BaggageEntry): Baggage {
    return new Baggage([...this.#entries, [key, entry]])
  }

  removeEntry(key: string): Baggage {
    return this.removeEntries(key)
  }

  removeEntries(...keys: string[]): Baggage {
    return new Baggage([...this.#entries].filter(([key]) => !keys.includes(key)))
  }

  clear(): Baggage {
    return new Baggage()
  }
}
