/**
 * Something derived from the ledger and kept under HOME/index: disposable, and rebuilt from the ledger alone.
 * This is how any of them is listed and rebuilt: `spanledger projections`, `spanledger rebuild`.
 */
export interface Projection {
  readonly name: string
  /** Of its form on the disk: what another version wrote is thrown away. */
  readonly version: number
  /** Questions that are answered from it; `rebuild` takes their names too. */
  readonly answers: readonly string[]

  status(): Promise<ProjectionStatus>

  /**
   * Derives it anew from the whole ledger. Questions are answered from the old one until the new one is there.
   *
   * Errors  those of the disk: the old one stays.
   */
  rebuild(onProgress?: OnProgress): Promise<void>

  /** Derives it anew aside, touches nothing, and says what of the kept one differs: nothing, ever, unless there is a fault. */
  check(onProgress?: OnProgress): Promise<ProjectionCheck>
}

export interface ProjectionStatus {
  /** current: has seen all there is; behind: catches up at the next question; absent: nothing is kept, or not of this form. */
  state: 'current' | 'behind' | 'absent'
  /** What it counts in. */
  unit: 'events' | 'segments'
  /** How many of them it has seen, and how many of the ledger's it has not. */
  seen: number
  behind: number
  /** The last event's position, where it goes by positions. */
  position: number | null
  /** SHA-256 over what it has seen, hexadecimal, where it keeps one: the proof that nothing was left out. */
  digest: string | null
  /** On the disk. */
  bytes: number
  /** While it is being derived anew. */
  rebuilding: Progress | null
}

/** In the projection's unit. */
export interface Progress {
  done: number
  total: number
}

export type OnProgress = (progress: Progress) => void

export interface ProjectionCheck {
  /** Things compared. */
  compared: number
  /** Names of those that differ, the first hundred. */
  differing: string[]
}
