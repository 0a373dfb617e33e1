import { join } from 'node:path'
import type { Home } from '@spanledger/sdk/ledger'

/** Where hooks write, and what is known of what they wrote. Source: docs/reference/connect.md#the-spool */
export interface Spool {
  dir: string
  /** What the agents' settings name. */
  script: string
  /** One file for each hook that ran, named by its number, until its events are in the ledger. */
  waiting: string
  /** The number of the next one: a hint, since only creating the file takes the number. */
  next: string
  /** All numbers up to this one are settled, and the session that came last. */
  taken: string
  /** What could not be read. */
  aside: string
}

/** A payload is cut here; at 1,000 waiting and more, at the smaller one: together at most 2.3 GB. */
export const PAYLOAD_BYTES_MAX = 1024 * 1024
export const PAYLOAD_BYTES_MANY = 64 * 1024
export const MANY_WAITING = 1_000
/** What runs when so many wait is not kept, but its number is spent: the gap is found. */
export const WAITING_MAX = 20_000

export function spoolOf({ dir: home }: Pick<Home, 'dir'>): Spool {
  const dir = join(home, 'hooks')
  return {
    dir,
    script: join(dir, 'record.sh'),
    waiting: join(dir, 'waiting'),
    next: join(dir, 'next'),
    taken: join(dir, 'taken'),
    aside: join(dir, 'aside'),
  }
}
