import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Home } from '@spanledger/sdk/ledger'
import type { Platform, ProcessIdentity } from '@spanledger/sdk/platform'

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

export function writeDaemonFile(home: Home, file: DaemonFile): void {
  const draft = `${pathOf(home)}.${file.process.pid}`
  rmSync(draft, { force: true })
  writeFileSync(draft, `${JSON.stringify(file)}\n`, { mode: 0o600, flag: 'wx' })
  renameSync(draft, pathOf(home))
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
export function removeDaemonFile(home: Home, pid: number): void {
  if (read(home)?.process.pid === pid) rmSync(pathOf(home), { force: true })
}

function read(home: Pick<Home, 'run'>): DaemonFile | undefined {
  try {
    return JSON.parse(readFileSync(pathOf(home), 'utf8')) as DaemonFile
  } catch {
    return undefined
  }
}
