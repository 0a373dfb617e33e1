import type { Home } from '@spanledger/sdk/ledger'
import type { Platform } from '@spanledger/sdk/platform'
import type { EventStore } from '@spanledger/sdk/store'
import { Follower, type Projection } from '../projection/index.ts'
import { type TaskProjection, taskProjectionKind } from './task-projection.ts'
import { WorkState } from './work-state.ts'

/** The tasks as the events tell them, kept up with the ledger. */
export class KnownTasks {
  readonly #follower: Follower<TaskProjection>
  /** As of the last `refresh`. */
  state = new WorkState()

  constructor(platform: Platform, home: Home, events: EventStore) {
    this.#follower = new Follower(platform, home, events, taskProjectionKind)
  }

  get projection(): Projection {
    return this.#follower
  }

  /** Takes all events up to now. */
  async refresh(): Promise<void> {
    this.state = (await this.#follower.current()).state
  }

  /** Keeps what the next process need not fold again; what cannot be kept is folded again. */
  async close(): Promise<void> {
    await this.refresh()
      .then(() => this.#follower.close())
      .catch(() => {})
  }
}
