import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Platform } from '@spanledger/sdk/platform'

/** HOME/run/daemon.json: where the daemon of a home is, for commands that would rather ask it. Readable by its user only. */
export interface DaemonFile {
  pid: number
  /** Tells this process from a later one with the same pid. */
  processStart: string
  otlpHttpPort: number
  otlpGrpcPort: number
  port: number
  /** Bearer token of the daemon's HTTP interface. */
  token: string
}

const pathOf = (home: string): string => join(home, 'run', 'daemon.json')

export function writeDaemonFile(home: string, file: DaemonFile): void {
  const path = pathOf(home)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${file.pid}`
  writeFileSync(draft, `${JSON.stringify(file)}\n`, { mode: 0o600 })
  chmodSync(draft, 0o600)
  renameSync(draft, path)
}

/** The daemon that runs for a home; undefined when there is none, or when it died without saying so. */
export function readDaemonFile(platform: Platform, home: string): DaemonFile | undefined {
  let file: DaemonFile
  try {
    file = JSON.parse(readFileSync(pathOf(home), 'utf8')) as DaemonFile
  } catch {
    return undefined
  }
  return platform.process.isAlive(file.pid, file.processStart) ? file : undefined
}

/** Removes the file if it is still ours. */
export function removeDaemonFile(home: string, pid: number): void {
  try {
    const file = JSON.parse(readFileSync(pathOf(home), 'utf8')) as DaemonFile
    if (file.pid === pid) rmSync(pathOf(home))
  } catch {
    // Gone already.
  }
}
