import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { openHome } from '@spanledger/sdk/ledger'
import { nodePlatform } from '@spanledger/sdk/platform'
import { openEventStore } from '@spanledger/sdk/store'

/** The ledger's streams of domain events, in the home that recording uses. */
export async function openEvents(home = process.env.SPANLEDGER_HOME ?? join(homedir(), '.spanledger')) {
  const platform = nodePlatform()
  return openEventStore(platform, await openHome(platform, home))
}
