import { type ChildProcess, spawn } from 'node:child_process'
import type { Clock } from '@spanledger/sdk/platform'
import type { Noticed } from './watching.ts'

export interface CommandLimits {
  commandTimeoutMs: number
  commandsPerHour: number
}

const HOUR_MS = 3_600_000
/** At a time; what is found meanwhile is told by the next. */
const AT_ONCE_MAX = 4
const ERROR_BYTES_MAX = 500

/**
 * Runs the user's shell command for each finding, with it as a line of JSON on standard input. What it prints is left alone; that it
 * fails, takes too long or would run too often is told.
 */
export function runCommands(
  clock: Pick<Clock, 'monotonicMs'>,
  command: string,
  { commandTimeoutMs, commandsPerHour }: CommandLimits,
  warn: (message: string) => void,
): { run(noticed: Noticed): void; stop(): void } {
  const started: number[] = []
  const running = new Set<ChildProcess>()
  let isTold = false
  const mayRun = (): boolean => {
    const now = clock.monotonicMs()
    while (started.length > 0 && now - started[0]! > HOUR_MS) started.shift()
    if (running.size < AT_ONCE_MAX && started.length < commandsPerHour) {
      started.push(now)
      isTold = false
      return true
    }
    if (!isTold)
      warn(`watch.command is not run: ${running.size} run now, ${started.length} ran in the last hour`)
    isTold = true
    return false
  }
  return {
    run(noticed) {
      if (!mayRun()) return
      const child = spawn(command, { shell: true, stdio: ['pipe', 'ignore', 'pipe'] })
      running.add(child)
      let said = ''
      let isLate = false
      const timer = setTimeout(() => {
        isLate = true
        child.kill('SIGKILL')
      }, commandTimeoutMs)
      timer.unref()
      child.stderr.on('data', (chunk) => (said = `${said}${chunk}`.slice(0, ERROR_BYTES_MAX)))
      // It may end without having read a word.
      child.stdin.on('error', () => {})
      child.stdin.end(`${JSON.stringify(noticed)}\n`)
      child.once('error', (error) => warn(`watch.command: ${error.message}`))
      child.once('close', (code) => {
        clearTimeout(timer)
        running.delete(child)
        if (isLate) warn(`watch.command took longer than ${commandTimeoutMs} ms and was ended`)
        else if (code !== 0 && code !== null) warn(`watch.command ended with ${code}: ${said.trim()}`)
      })
    },
    stop() {
      for (const child of running) child.kill('SIGTERM')
    },
  }
}
