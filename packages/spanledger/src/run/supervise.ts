import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { type ProcessUsage, watchUsage } from './process-usage.ts'
import { endOn } from './stop.ts'

export interface Command {
  program: string
  args: readonly string[]
  cwd: string
  env: Readonly<Record<string, string | undefined>>
  /** Ends it early. */
  stop?: AbortSignal
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
const FROM_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT']

/**
 * Runs a command with our own terminal until it ends, as if we were not there: signals reach it, and we outlive it to tell how it
 * went.
 *
 * onStart  its process is there
 * Errors   CommandNotFoundError
 */
export function supervise(
  { program, args, cwd, env, stop }: Command,
  onStart: (pid: number) => void = () => {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], { cwd, env, stdio: 'inherit' })
    let stopped = false
    const forward = (signal: NodeJS.Signals): void => {
      stopped ||= ENDING.includes(signal)
      if (FROM_TERMINAL.includes(signal) && process.stdin.isTTY === true) return
      child.kill(signal)
    }
    for (const signal of FORWARDED) process.on(signal, forward)
    const letBe = stop && endOn(stop, child)
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
    child.once('exit', (code, signal) => {
      letGo()
      const exitCode = signal === null ? (code ?? 1) : 128 + constants.signals[signal]
      resolve({ exitCode, signal, stopped: stopped || stop?.aborted === true, usage: watch?.stop() })
    })
  })
}
