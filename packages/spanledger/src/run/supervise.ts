import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { type ProcessUsage, watchUsage } from './process-usage.ts'
import { Family } from './processes.ts'
import { endLeft, endOn } from './stop.ts'

export interface Command {
  program: string
  args: readonly string[]
  cwd: string
  env: Readonly<Record<string, string | undefined>>
  /** Ends it early, and all that it started. */
  stop?: AbortSignal
  /** It has no terminal, and gets a session of its own: then what it started is known by that too. */
  away?: boolean
}

/** How a command ended. */
export interface Ended {
  /** As a shell tells it: 128 and the signal's number where a signal ended it. */
  exitCode: number
  signal: NodeJS.Signals | null
  /** A signal to end went through us. */
  stopped: boolean
  usage: ProcessUsage | undefined
}

/** The program is not there, or may not be run. */
class CommandNotFoundError extends Error {
  readonly code = 'COMMAND_NOT_FOUND'

  constructor(program: string, cause: unknown) {
    super(`"${program}" could not be started: ${(cause as Error).message}`, { cause })
  }
}

/** A terminal tells these to the command itself; whoever else sends them to us means the command. */
const FORWARDED: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGINT', 'SIGQUIT']
const ENDING: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGINT']
/** What was started to outlive a terminal outlives it, so SIGHUP is the command's alone. */
const ENDING_ALL: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT']
const FROM_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT']

/**
 * Runs a command with our own terminal until it ends, as if we were not there: signals reach it, and we outlive it to tell how it
 * went. Told to end, it ends with all that it started.
 *
 * onStart  its process is there
 * Errors   CommandNotFoundError
 */
export function supervise(
  { program, args, cwd, env, stop, away = false }: Command,
  onStart: (pid: number) => void = () => {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    // In the terminal's own group, so that the command may read from it.
    const child = spawn(program, [...args], { cwd, env, stdio: 'inherit', detached: away })
    const family = new Family(child.pid)
    let stopped = false
    let told = false
    const forward = (signal: NodeJS.Signals): void => {
      stopped ||= ENDING.includes(signal)
      if (FROM_TERMINAL.includes(signal) && process.stdin.isTTY === true) return
      if (!ENDING_ALL.includes(signal)) return void child.kill(signal)
      told = true
      family.signal(signal)
    }
    for (const signal of FORWARDED) process.on(signal, forward)
    const letBe = stop && endOn(stop, family)
    const letGo = (): void => {
      letBe?.()
      for (const signal of FORWARDED) process.off(signal, forward)
    }
    let watch: ReturnType<typeof watchUsage> | undefined
    child.once('spawn', () => {
      watch = watchUsage(child.pid!)
      onStart(child.pid!)
    })
    child.once('error', (error) => {
      letGo()
      reject(new CommandNotFoundError(program, error))
    })
    child.once('exit', async (code, signal) => {
      letBe?.()
      if (told || stop?.aborted === true) await endLeft(family)
      letGo()
      const exitCode = signal === null ? (code ?? 1) : 128 + constants.signals[signal]
      resolve({ exitCode, signal, stopped: stopped || stop?.aborted === true, usage: watch?.stop() })
    })
  })
}
