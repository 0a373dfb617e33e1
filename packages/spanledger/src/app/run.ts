import { basename } from 'node:path'
import { openHome } from '@spanledger/sdk/ledger'
import { hexOf, type Platform, uuidv7 } from '@spanledger/sdk/platform'
import type { RunOptions, RunResult } from '../cli/index.ts'
import type { Refusal } from '../query/index.ts'
import { agentOf, beginLive, liveRuns, recordGit, retryInMs, type RunMode } from '../run/index.ts'
import { createWorktree, git, readRepository } from '../worktrees/index.ts'
import { runAttempt, type RunTrace } from './run-attempt.ts'
import type { RunClaim } from './run-claim.ts'
import { listenForRun, openRecording } from './run-recording.ts'
import { refuseUnlimited } from './run-watch.ts'

/**
 * Runs a command as if we were not there, and records it: what it sends as OpenTelemetry comes in through a port of this
 * process, its start, its end and what it changed become events, and all of it carries the run's id.
 *
 * Once the command has started, nothing of ours ends or delays it: what cannot be recorded is told by `warn`.
 *
 * onStart  the command's process is there, and its start is recorded where it can be
 * Refuses  before the start, where a task or a worktree is not to be had, or what it is to be stopped for has no limit
 * Errors   before the start: those of the home; CommandNotFoundError
 */
export async function runCommand(
  platform: Platform,
  options: RunOptions,
  warn: (message: string) => void,
  onStart: (pid: number) => void = () => {},
): Promise<RunResult | Refusal> {
  const run = options.run ?? uuidv7(platform)
  const cwd = options.worktree === undefined ? process.cwd() : await worktreeFor(options.worktree)
  if (typeof cwd !== 'string') return cwd
  // Git and the home are looked at at once: the command waits for both.
  let looking = recordGit(git, cwd)
  const opening = openHome(platform, options.home)
  const recording = once(async () => openRecording(platform, await opening, warn))
  const forget = async (): Promise<void> => void (await (await looking)?.finish())
  const trace = traceFor(platform, process.env['TRACEPARENT'])
  const [program] = options.command as [string, ...string[]]
  const begin = async () => {
    const home = await opening
    const live = await beginLive(platform, home, {
      run,
      program: basename(program),
      workingDirectory: cwd,
      task: options.task ?? null,
      log: options.log ?? null,
    })
    // Last: a port that is open keeps this process from ending.
    return { home, live, listening: await listenForRun(recording) }
  }
  const { home, live, listening } = await begin().catch(async (error) => {
    await forget()
    throw error
  })
  const elsewhere = process.env[ENDPOINT]
  if (elsewhere) warn(`${ENDPOINT} is set: what the command sends goes to ${elsewhere}, not here`)
  let claim: RunClaim | undefined
  const stopping = stopSignal()
  try {
    const unlimited = options.stopWhen?.length
      ? refuseUnlimited(options, (await recording()).config.watch)
      : undefined
    if (unlimited !== undefined) {
      await forget()
      return unlimited
    }
    if (options.task !== undefined) {
      const taken = await claimTask(options.task, program)
      if (taken !== undefined && 'refused' in taken) {
        await forget()
        return taken
      }
      claim = taken
    }
    for (let attempt = 1; ; attempt++) {
      const ended = await runAttempt(
        platform,
        {
          command: options.command,
          cwd,
          run,
          attempt,
          retries: options.retries ?? 0,
          stopWhen: options.stopWhen ?? [],
          mode: modeOf(options),
          endpoint: `http://127.0.0.1:${listening.port}`,
          task: claim?.task ?? options.task,
          trace,
          env: { SPANLEDGER_HOME: home.dir, ...claim?.env },
          meta: claim?.meta,
          record: await looking,
        },
        { recording, warn, onStart },
      )
      const wait = retryInMs(attempt, options.retries ?? 0, ended)
      const isOver = wait === undefined || (await isStoppedWithin(wait, ended.exitCode))
      if (isOver) {
        await claim?.end(ended)
        const { exitCode, signal, durationMs, stoppedFor } = ended
        const quiet = options.log === undefined ? {} : { quiet: true as const }
        const why = stoppedFor === undefined ? {} : { stoppedFor }
        return { run, attempts: attempt, exitCode, signal, durationMs, ...why, ...quiet }
      }
      looking = recordGit(git, cwd)
    }
  } finally {
    stopping.end()
    await listening.close()
    await recording()
      .then(async ({ receiver, questions }) => {
        await receiver.close()
        await questions
          .settle(run)
          .catch((error: Error) => warn(`its sessions are not ended: ${error.message}`))
        await questions.close()
      })
      .catch((error: Error) => warn(error.message))
    await live.end()
  }

  async function claimTask(task: string, by: string): Promise<RunClaim | Refusal | undefined> {
    const [{ claimForRun }, { questions }] = await Promise.all([import('./run-claim.ts'), recording()])
    const work = await questions.work()
    const agent = process.env['SPANLEDGER_AGENT'] ?? agentOf(by)
    const claimed = await claimForRun(
      platform,
      work,
      {
        task,
        asking: {
          ...(agent === undefined ? {} : { agent }),
          // The session is the command's to be, not that of an agent which started the run.
          session: undefined,
          carrier: { traceparent: `00-${trace.traceId}-${hexOf(platform.random(8))}-${trace.flags}` },
        },
        onSuccess: options.onSuccess ?? 'done',
        rival: async (id) =>
          (await liveRuns(platform, home)).find(
            (one) => one.run !== run && one.task !== null && id.startsWith(one.task),
          )?.run,
      },
      warn,
    )
    if (claimed === undefined)
      warn(`there is no task "${task}" here: the run carries its id, and claims nothing`)
    return claimed
  }

  async function isStoppedWithin(ms: number, exitCode: number): Promise<boolean> {
    warn(`the command failed with ${exitCode}: tried again in ${ms / 1000} s`)
    await platform.clock.sleep(ms, stopping.signal)
    return stopping.signal.aborted
  }
}

const modeOf = ({ log, retries = 0 }: RunOptions): RunMode =>
  log !== undefined ? 'detached' : retries > 0 || process.stdin.isTTY !== true ? 'autonomous' : 'interactive'

/** A user who set it wants it so: it stays, and is told. */
const ENDPOINT = 'OTEL_EXPORTER_OTLP_ENDPOINT'

/** Aborted once somebody tells this process to end, which it does only after it has told how the run went. */
function stopSignal(): { signal: AbortSignal; end(): void } {
  const stopping = new AbortController()
  const stop = (): void => stopping.abort()
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const one of signals) process.on(one, stop)
  return {
    signal: stopping.signal,
    end() {
      for (const one of signals) process.off(one, stop)
    },
  }
}

/** The folder of that branch's worktree, made when there is none. Refuses  as `worktree create` */
async function worktreeFor(branch: string): Promise<string | Refusal> {
  try {
    const repository = await readRepository(git, process.cwd())
    const there = repository.worktrees.find(({ name, missing }) => name === branch && !missing)
    return (there ?? (await createWorktree(git, repository, { branch }))).path
  } catch (error) {
    return (await import('../query/index.ts')).refusalOfGit(error)
  }
}

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/

/** A run inside of another one's trace is a span of that trace. */
function traceFor(platform: Platform, given: string | undefined): RunTrace {
  const [, trace, parent, flags = '01'] = TRACEPARENT.exec(given ?? '') ?? []
  return { traceId: trace ?? hexOf(platform.random(16)), parentSpanId: parent, flags }
}

function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined
  return () => (opened ??= open())
}
