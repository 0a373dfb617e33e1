import type { NewEvent } from '@spanledger/sdk/model'
import type { GitChange, GitState } from './git-record.ts'
import type { ProcessUsage } from './process-usage.ts'

export const streamOfRun = (run: string): string => `run-${run}`

/** One start of a command; a run that is tried again has several. */
interface RunStarted {
  run: string
  attempt: number
  /** The program's name. Its arguments may hold a prompt: they are not kept. */
  program: string
  agent: string | null
  task: string | null
  workingDirectory: string
  /** `interactive` with a person at the terminal, `detached` without one, `autonomous` where nobody answers. */
  mode: RunMode
  pid: number
  git: GitState | null
  traceparent: string
}

export type RunMode = 'interactive' | 'detached' | 'autonomous'

interface RunEnded {
  run: string
  attempt: number
  exitCode: number
  signal: string | null
  /** Somebody told it to end. */
  stopped: boolean
  durationMs: number
  usage: ProcessUsage | null
  git: GitChange | null
  /** Records that came in from it. */
  received: { spans: number; logs: number; metrics: number }
  /** When it is tried again after this end; null when it is not. */
  retryInMs: number | null
}

/** The command was told to end because of what was found in one of its sessions. */
interface RunStopped {
  run: string
  attempt: number
  session: string
  finding: string
  kind: string
}

export type RunEvent =
  | NewEvent<'RunStarted', RunStarted>
  | NewEvent<'RunStopped', RunStopped>
  | NewEvent<'RunEnded', RunEnded>

/** Tries after the first. */
const RETRIES_MAX = 2

interface HowEnded {
  exitCode: number
  signal: string | null
  /** It was told to end through us. */
  stopped?: boolean
}

/** By a person or a program that wanted it to end, not by what it did. */
export const wasStopped = ({ exitCode, signal, stopped }: HowEnded): boolean =>
  stopped === true || signal === 'SIGINT' || signal === 'SIGTERM' || exitCode === 130 || exitCode === 143

/**
 * 2^n seconds behind the n-th try; undefined when there is none left, or when a person ended it.
 *
 * attempt  the one that failed, from 1
 */
export function retryInMs(attempt: number, retries: number, ended: HowEnded): number | undefined {
  if (ended.exitCode === 0 || wasStopped(ended)) return undefined
  return attempt <= Math.min(retries, RETRIES_MAX) ? 2 ** attempt * 1_000 : undefined
}
