import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { type Platform, uuidv7 } from '@spanledger/sdk/platform'
import type { RunDetached, RunOptions, RunResult } from '../cli/index.ts'
import type { Refusal } from '../query/index.ts'

/** Tells the process that records a detached run its id and its log; gone before the command sees it. */
const MARK = 'SPANLEDGER_DETACHED_RUN'

/** What the recording process says once, by the channel to whoever started it. */
type Word = { started: number } | { refused: Refusal } | { failed: { code?: string; message: string } }

/**
 * Starts a run in a process and session of its own, which goes on when this terminal is closed. Resolves once its command
 * has started.
 *
 * Refuses, Errors  as `runCommand`
 */
export async function runDetached(
  platform: Platform,
  options: RunOptions,
  program: string,
): Promise<RunDetached | Refusal> {
  const run = uuidv7(platform)
  const folder = join(options.home, 'runs')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const log = join(folder, `${run}.log`)
  const output = openSync(log, 'ax', 0o600)
  const child = spawn(process.execPath, [program, ...wordsOf(options)], {
    detached: true,
    stdio: ['ignore', output, output, 'ipc'],
    env: { ...process.env, [MARK]: JSON.stringify({ run, log }) },
  })
  closeSync(output)
  const word = await new Promise<Word>((resolve) => {
    child.once('message', (said) => resolve(said as Word))
    child.once('error', ({ message }) => resolve({ failed: { message } }))
    child.once('exit', (code) => resolve({ failed: { message: `it ended with ${code}: see ${log}` } }))
  })
  child.removeAllListeners('exit')
  if (child.connected) child.disconnect()
  child.unref()
  if ('refused' in word) return word.refused
  if ('failed' in word)
    throw Object.assign(new Error(word.failed.message), { code: word.failed.code ?? 'RUN_FAILED' })
  return { run, pid: word.started, log }
}

/** For the same program again: `--` keeps the command's words apart from ours. */
const wordsOf = ({
  home,
  task,
  onSuccess,
  worktree,
  retries,
  stopWhen = [],
  command,
}: RunOptions): string[] => [
  'run',
  '--home',
  home,
  ...(task === undefined ? [] : ['--task', task]),
  ...(onSuccess === undefined ? [] : ['--on-success', onSuccess]),
  ...(worktree === undefined ? [] : ['--worktree', worktree]),
  ...(retries === undefined ? [] : ['--retries', String(retries)]),
  ...stopWhen.flatMap((what) => ['--stop-when', what]),
  '--',
  ...command,
]

/**
 * Runs what this process was started for by `runDetached`, and tells whoever did how the start went; any other run as it is.
 *
 * run  is given the id and the log that were given out for it
 */
export async function tellingAway(
  env: NodeJS.ProcessEnv,
  run: (
    away: { run?: string; log?: string },
    onStart?: (pid: number) => void,
  ) => Promise<RunResult | Refusal>,
): Promise<RunResult | Refusal> {
  const mark = env[MARK]
  if (mark === undefined) return run({})
  delete env[MARK]
  try {
    const given = JSON.parse(mark) as { run: string; log: string }
    const result = await run(given, (pid) => tell({ started: pid }))
    if ('refused' in result) tell({ refused: result })
    return result
  } catch (error) {
    const { code, message } = error as Error & { code?: string }
    tell({ failed: { message, ...(code === undefined ? {} : { code }) } })
    throw error
  }
}

/** Once: the channel is closed behind it, so that nobody is waited for. */
function tell(word: Word): void {
  if (process.connected) process.send!(word, undefined, {}, () => process.disconnect())
}
