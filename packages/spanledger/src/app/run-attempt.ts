import { basename } from 'node:path'
import type { NewEvent } from '@spanledger/sdk/model'
import { hexOf, type Platform, uuidv7 } from '@spanledger/sdk/platform'
import {
  type Ended,
  type GitRecord,
  retryInMs,
  type RunEvent,
  type RunMode,
  setUpAgent,
  streamOfRun,
  supervise,
} from '../run/index.ts'
import type { Recording } from './run-recording.ts'
import { runSpan } from './run-span.ts'
import { watchRun } from './run-watch.ts'
import { type Conflict, watchConflicts } from './watch-conflicts.ts'

/** The trace a run's spans are in: a given one, or its own. */
export interface RunTrace {
  traceId: string
  parentSpanId: string | undefined
  flags: string
}

/** One start of a run's command. */
export interface Attempt {
  command: readonly string[]
  cwd: string
  run: string
  attempt: number
  retries: number
  /** What it is ended for when it is found in one of its sessions. */
  stopWhen: readonly string[]
  mode: RunMode
  endpoint: string
  task: string | undefined
  trace: RunTrace
  /** On top of what this process has. */
  env: Readonly<Record<string, string>>
  /** Of the lineage that its events belong to. */
  meta: NewEvent['meta']
  record: GitRecord | undefined
}

interface Around {
  recording: () => Promise<Recording>
  warn: (message: string) => void
  /** Its process is there, and its start recorded where it can be. */
  onStart: (pid: number) => void
}

/** Starts the command, and tells its start and its end. Errors  CommandNotFoundError */
export async function runAttempt(
  platform: Platform,
  options: Attempt,
  { recording, warn, onStart }: Around,
): Promise<Ended & { durationMs: number; stoppedFor?: string }> {
  const { run, attempt, cwd, task, command, record } = options
  const [program, ...args] = command as [string, ...string[]]
  const context = { ...options.trace, spanId: hexOf(platform.random(8)) }
  const traceparent = `00-${context.traceId}-${context.spanId}-${context.flags}`
  const setup = setUpAgent(program, options.endpoint, resourceOf(options), process.env)
  const startedNs = platform.clock.nowUnixNano()
  const started = platform.clock.monotonicMs()
  const identity = { run, attempt }
  const append = (event: RunEvent): Promise<void> =>
    recording()
      .then(async ({ questions }) => {
        await questions.append(streamOfRun(run), [options.meta ? { ...event, meta: options.meta } : event])
      })
      .catch((error: Error) => warn(`the run could not be recorded: ${error.message}`))
  let told: Promise<void> = Promise.resolve()
  const watch = watchConflicts(platform, async () => {
    if (record === undefined || !record.hasOthers) return undefined
    const { questions } = await recording()
    const answer = (await questions.run('worktree.conflicts', { repo: cwd })) as { collisions?: Conflict[] }
    return answer.collisions?.filter(({ worktrees }) => worktrees.includes(record.state.worktree))
  })
  const sessions = watchRun(run, options, async () => {
    const { questions, config } = await recording()
    return { questions, settings: config.watch }
  })
  const ended = await supervise(
    {
      program,
      args: [...setup.args, ...args],
      cwd,
      env: { ...process.env, ...setup.env, ...options.env, TRACEPARENT: traceparent, PWD: cwd },
      stop: sessions.stop,
      away: options.mode === 'detached',
    },
    (pid) => {
      const data = {
        ...identity,
        program: basename(program),
        agent: setup.agent,
        task: task ?? null,
        workingDirectory: cwd,
        mode: options.mode,
        pid,
        git: record?.state ?? null,
        traceparent,
      }
      told = append({ event: 'RunStarted', id: uuidv7(platform), time: String(startedNs), data })
      void told.then(() => onStart(pid))
    },
  ).finally(sessions.end)
  const durationMs = Math.round(platform.clock.monotonicMs() - started)
  for (const { worktrees, grade } of watch.stop())
    warn(`${worktrees.join(' and ')} collide (${grade}): spanledger worktree conflicts`)
  await told
  const stopped = sessions.stoppedFor()
  for (const line of await sessions.end()) warn(line)
  if (stopped) {
    const { session, finding, kind } = stopped
    await append({ event: 'RunStopped', id: uuidv7(platform), data: { ...identity, session, finding, kind } })
    // What was ended did not do what it was to do, whatever it makes of SIGINT.
    if (ended.exitCode === 0) ended.exitCode = 1
  }
  const change = await record?.finish()
  const span = { context, startedNs, durationMs, program: basename(program), ended, cwd, agent: setup.agent }
  const counts = await recording()
    .then(async ({ receiver }) => {
      const { spans, logs, metrics } = receiver.counts
      await receiver.ingest('traces', 'json', runSpan(span, resourceOf(options)))
      return { spans, logs, metrics }
    })
    .catch(() => ({ spans: 0, logs: 0, metrics: 0 }))
  await append({
    event: 'RunEnded',
    id: uuidv7(platform),
    time: String(startedNs + BigInt(durationMs) * 1_000_000n),
    data: {
      ...identity,
      exitCode: ended.exitCode,
      signal: ended.signal,
      stopped: ended.stopped,
      durationMs,
      usage: ended.usage ?? null,
      git: change ?? null,
      received: counts,
      retryInMs: retryInMs(attempt, options.retries, ended) ?? null,
    },
  })
  return { ...ended, durationMs, ...(stopped ? { stoppedFor: stopped.what } : {}) }
}

/** On everything the command records: this is what ties it to the run. */
function resourceOf({ run, task, record }: Attempt): Record<string, string> {
  const { state } = record ?? {}
  return {
    'spanledger.run.id': run,
    ...(task === undefined ? {} : { 'spanledger.task.id': task }),
    ...(state === undefined ? {} : { 'vcs.repository.name': state.repository.replace(/-[0-9a-f]{6}$/, '') }),
    ...(state?.branch ? { 'vcs.ref.head.name': state.branch, 'vcs.ref.head.type': 'branch' } : {}),
    ...(state?.commit ? { 'vcs.ref.head.revision': state.commit } : {}),
    ...(state === undefined ? {} : { 'spanledger.worktree': state.worktree }),
  }
}
