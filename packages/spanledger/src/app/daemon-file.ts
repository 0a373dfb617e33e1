import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Home } from '@spanledger/sdk/ledger'
import { hexOf, type Platform, type ProcessIdentity } from '@spanledger/sdk/platform'

/** HOME/run/daemon.json: where the daemon of a home is, for commands that would rather ask it. Readable by its user only. */
export interface DaemonFile {
  process: ProcessIdentity
  otlpHttpPort: number
  otlpGrpcPort: number
  port: number
  /** Bearer token of the daemon's HTTP interface; new at each start. */
  token: string
}

const pathOf = (home: Pick<Home, 'run'>): string => join(home.run, 'daemon.json')

/** Puts the file in place, whole; false when another daemon was faster. What a dead daemon left makes way. */
export async function claimDaemonFile(platform: Platform, home: Home, file: DaemonFile): Promise<boolean> {
  const draft = `${pathOf(home)}.${hexOf(platform.random(6))}`
  writeFileSync(draft, `${JSON.stringify(file)}\n`, { mode: 0o600, flag: 'wx' })
  try {
    if ((await readDaemonFile(platform, home)) === undefined) rmSync(pathOf(home), { force: true })
    linkSync(draft, pathOf(home))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  } finally {
    rmSync(draft)
  }
}

/** The daemon that runs for a home; undefined when there is none, or when it died without saying so. */
export async function readDaemonFile(
  platform: Platform,
  home: Pick<Home, 'run'>,
): Promise<DaemonFile | undefined> {
  const file = read(home)
  if (file === undefined) return undefined
  return (await platform.processes.liveness(file.process)) === 'dead' ? undefined : file
}

/** Removes the file if it is still ours. */
export function removeDaemonFile(home: Home, token: string): void {
  if (read(home)?.token === token) rmSync(pathOf(home), { force: true })
}

function read(home: Pick<Home, 'run'>): DaemonFile | undefined {
  try {
    return JSON.parse(readFileSync(pathOf(home), 'utf8')) as DaemonFile
  } catch {
    return undefined
  }
}
