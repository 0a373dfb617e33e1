import type { Home } from '@spanledger/sdk/ledger'
import type { Platform } from '@spanledger/sdk/platform'
import type { EventStore } from '@spanledger/sdk/store'
import { loadPrices } from '../projection/index.ts'
import {
  DEFAULT_WATCH,
  loadContextWindows,
  lookAt,
  type OnFinding,
  type WatchSettings,
  watchSessions,
} from '../watch/index.ts'
import { git } from '../worktrees/index.ts'

export interface Watching {
  settings: Partial<WatchSettings>
  /** Sessions of this run alone. */
  run?: string
  onFinding?: OnFinding
  signal: AbortSignal
  warn: (message: string) => void
}

/** Settings, prices and git -> the watcher. Errors  those of the event store; PricesInvalidError */
export async function watch(
  platform: Platform,
  home: Home,
  events: EventStore,
  { settings: given, ...watching }: Omit<Watching, 'warn'>,
): Promise<void> {
  const settings = { ...DEFAULT_WATCH, ...given }
  const [prices, windows] = await Promise.all([
    loadPrices(platform, home),
    loadContextWindows(settings.contextTokens),
  ])
  await watchSessions({
    platform,
    events,
    rules: { settings, prices, windows },
    look: (folder) => lookAt(git, folder),
    ...watching,
  })
}
