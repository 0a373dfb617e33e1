import { join } from 'node:path'
import type { Home } from '@spanledger/sdk/ledger'
import { createWhole, hexOf, type Platform, type ProcessIdentity, readWhole } from '@spanledger/sdk/platform'

/** A run that is at work: HOME/run/active-<run>.json, from before it claims its task until it has told its end. */
export interface LiveRun {
  run: string
  /** That records it, and passes signals on to its command. */
  process: ProcessIdentity
  program: string
  workingDirectory: string
  task: string | null
  /** Where what it prints goes; null while it has a terminal. */
  log: string | null
}

const PREFIX = 'active-'
const pathOf = (home: Pick<Home, 'run'>, run: string): string => join(home.run, `${PREFIX}${run}.json`)

/** Makes a run known; whoever empties HOME/run takes that back, and nothing else. */
export async function beginLive(
  platform: Platform,
  home: Pick<Home, 'run'>,
  run: Omit<LiveRun, 'process'>,
): Promise<{ end(): Promise<void> }> {
  const path = pathOf(home, run.run)
  const live: LiveRun = { ...run, process: await platform.processes.self() }
  await createWhole(platform.files, path, `${path}.${hexOf(platform.random(6))}`, `${JSON.stringify(live)}\n`)
  return { end: () => platform.files.unlink(path).catch(() => {}) }
}

/** Those that are at work, as far as this machine can tell; what runs left that were killed is removed. */
export async function liveRuns(platform: Platform, home: Pick<Home, 'run' | 'readOnly'>): Promise<LiveRun[]> {
  const found: LiveRun[] = []
  for (const name of await platform.files.readdir(home.run).catch(() => [])) {
    if (!name.startsWith(PREFIX) || !name.endsWith('.json')) continue
    const path = join(home.run, name)
    const live = parsed(await readWhole(platform.files, path))
    if (live === undefined) continue
    if ((await platform.processes.liveness(live.process)) !== 'dead') found.push(live)
    else if (!home.readOnly) await platform.files.unlink(path).catch(() => {})
  }
  return found
}

function parsed(bytes: Uint8Array | undefined): LiveRun | undefined {
  try {
    const live = JSON.parse(new TextDecoder().decode(bytes)) as LiveRun
    return typeof live.run === 'string' && typeof live.process?.pid === 'number'
      ? { ...live, workingDirectory: live.workingDirectory ?? '' }
      : undefined
  } catch {
    return undefined
  }
}
