import { homedir } from 'node:os'
import { join } from 'node:path'
import { openHome } from '@spanledger/sdk/ledger'
import { nodePlatform } from '@spanledger/sdk/platform'
import { openEventStore } from '@spanledger/sdk/store'
import type { EventStore } from '@spanledger/sdk/store'

/**
 * The streams of domain events of a home: by default the one that recording uses. They go straight to the files, without a daemon.
 *
 * Errors  HomeUnwritableError, HomeNewerError, HomeDamagedError
 */
export async function openEvents(
  home: string = process.env['SPANLEDGER_HOME'] || join(homedir(), '.spanledger'),
): Promise<EventStore> {
  const platform = nodePlatform()
  return openEventStore(platform, await openHome(platform, home))
}
