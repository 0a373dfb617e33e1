import type { Home } from '@spanledger/sdk/ledger'
import type { Platform } from '@spanledger/sdk/platform'
import type { EventStore } from '@spanledger/sdk/store'
import { type FindingData, FINDING_KINDS, findingWords, loadPrices } from '../projection/index.ts'
import {
  DEFAULT_WATCH,
  loadContextWindows,
  lookAt,
  type WatchSettings,
  watchSessions,
} from '../watch/index.ts'
import { git } from '../worktrees/index.ts'
import { runCommands } from './finding-command.ts'

/** What was found, with what whoever acts on it needs. */
export interface Noticed extends FindingData {
  slot: string
  /** In a line. */
  what: string
  run: string | null
  workingDirectory: string | null
}

export interface Watching {
  settings: Partial<WatchSettings>
  /** Sessions of this run alone. */
  run?: string
  /** Told of each once, as soon as the ledger has it. */
  onFinding?: (noticed: Noticed) => void
  /** Whether the command of the settings is run for each. */
  runsCommand?: boolean
  signal: AbortSignal
  warn: (message: string) => void
}

/** Settings, prices and git -> the watcher. Errors  those of the event store; PricesInvalidError */
export async function watch(
  platform: Platform,
  home: Home,
  events: EventStore,
  { settings: given, onFinding, runsCommand, warn, ...watching }: Watching,
): Promise<void> {
  const settings = { ...DEFAULT_WATCH, ...given }
  const [prices, windows] = await Promise.all([
    loadPrices(platform, home),
    loadContextWindows(settings.contextTokens),
  ])
  const commands =
    runsCommand === true && settings.command !== undefined
      ? runCommands(platform.clock, settings.command, settings, warn)
      : undefined
  const tell = (noticed: Noticed): void => {
    onFinding?.(noticed)
    commands?.run(noticed)
  }
  await watchSessions({
    platform,
    events,
    rules: { settings, prices, windows },
    look: (folder) => lookAt(git, folder),
    onFinding: (finding, { run = null, workingDirectory = null }) =>
      tell({
        ...finding,
        slot: FINDING_KINDS[finding.kind].slot,
        what: findingWords(finding),
        run,
        workingDirectory,
      }),
    ...watching,
  }).finally(commands?.stop)
}
