import type { Home } from '@spanledger/sdk/ledger'
import type { Platform } from '@spanledger/sdk/platform'
import { type EventBatches, Follower } from './follower.ts'
import { Outcomes, outcomesRebuild } from './outcomes.ts'
import type { EventProjectionKind } from './event-projection.ts'
import type { Projection } from './projection.ts'

/** Changes whenever the same events give other outcomes than before. */
const VERSION = 1

/** A snapshot is written with the first question, and after 20,000 events: what comes between is few lines. */
export const OUTCOMES: EventProjectionKind<Outcomes> = {
  name: 'outcomes',
  version: VERSION,
  depends: '',
  answers: ['cost', 'commits', 'pull-requests'],
  create: () => new Outcomes(),
  rebuild: outcomesRebuild,
}

/** Outcomes of the work, kept up with the ledger. */
export interface OutcomesModel {
  /** With all events there are now. Errors  those of the event store */
  current(): Promise<Outcomes>
  readonly projection: Projection
}

export function openOutcomes(platform: Platform, home: Home, events: EventBatches): OutcomesModel {
  const follower = new Follower(platform, home, events, OUTCOMES)
  return { current: () => follower.current(), projection: follower }
}
