import http, { type RequestListener } from 'node:http'
import { basename } from 'node:path'
import { openHome, type Home } from '@spanledger/sdk/ledger'
import { hexOf, type Platform, uuidv7 } from '@spanledger/sdk/platform'
import type { RunOptions, RunResult } from '../cli/index.ts'
import { type Listening, listenOnLoopback } from '../receive/index.ts'
import {
  type Ended,
  type GitRecord,
  recordGit,
  retryInMs,
  type RunEvent,
  setUpAgent,
  streamOfRun,
  supervise,
} from '../run/index.ts'
import { createWorktree, git, readRepository } from '../worktrees/index.ts'
import { runSpan } from './run-span.ts'
import type { Config } from './config.ts'
import type { Questions } from './questions.ts'
import type { Receiver } from './receiver.ts'
import { watchRun } from './run-watch.ts'
import { type Conflict, watchConflicts } from './watch-conflicts.ts'

/** What only has to be there when the first record comes: loaded while the command starts. */
interface Recording {
  receiver: Receiver
  questions: Questions
  config: Config
}

/**
 * Runs a command as if we were not there, and records it: what it sends as OpenTelemetry comes in through a port of this
 * process, its start, its end and what it changed become events, and all of it carries the run's id.
 *
 * Once the command has started, nothing of ours ends or delays it: what cannot be recorded is told by `warn`.
 *
 * Errors  before the start: those of the home, of git where a worktree is asked for; CommandNotFoundError
 */
export async function runCommand(
  platform: Platform,
  options: RunOptions,
  warn: (message: string) => void,
): Promise<RunResult> {
  const home = await openHome(platform, options.home)
  const recording = once(() => openRecording(platform, home, warn))
  const listening = await listen(recording)
  const cwd = options.worktree === undefined ? process.cwd() : await worktreeFor(options.worktree)
  const run = uuidv7(platform)
  const elsewhere = process.env[ENDPOINT]
  if (elsewhere) warn(`${ENDPOINT} is set: what the command sends goes to ${elsewhere}, not here`)
  try {
    for (let attempt = 1; ; attempt++) {
      const ended = await runOnce(
        platform,
        { ...options, cwd, run, attempt, endpoint: endpointOf(listening) },
        recording,
        warn,
      )
      const wait = ended.stoppedFor ? undefined : retryInMs(attempt, options.retries ?? 0, ended)
      if (wait === undefined) return { run, attempts: attempt, ...ended }
      warn(`the command failed with ${ended.exitCode}: tried again in ${wait / 1000} s`)
      await platform.clock.sleep(wait)
    }
  } finally {
    await listening.close()
    await recording()
      .then(async ({ receiver, questions }) => {
        await receiver.close()
        await questions.close()
      })
      .catch((error: Error) => warn(error.message))
  }
}

/** A user who set it wants it so: it stays, and is told. */
const ENDPOINT = 'OTEL_EXPORTER_OTLP_ENDPOINT'

const endpointOf = ({ port }: Listening): string => `http://127.0.0.1:${port}`

/** The port is there at once; requests wait for what takes them. */
function listen(recording: () => Promise<Recording>): Promise<Listening> {
  const listener: RequestListener = (request, response) => {
    void recording().then(
      ({ receiver }) => receiver.http(request, response),
      () => response.writeHead(503).end(),
    )
  }
  return listenOnLoopback(() => http.createServer(listener), 0, 'OTLP over HTTP', '')
}

async function openRecording(
  platform: Platform,
  home: Home,
  warn: (message: string) => void,
): Promise<Recording> {
  const [{ loadConfig }, { createReceiver }, { createQuestions }] = await Promise.all([
    import('./load-config.ts'),
    import('./receiver.ts'),
    import('./questions.ts'),
  ])
  const questions = createQuestions(platform, home)
  const config = await loadConfig(home.dir)
  const receiver = createReceiver(platform, home, config, {
    warn,
    onAgentBatch: (batch) => questions.observe(batch),
  })
  return { receiver, questions, config }
}

/** The worktree of that branch, made when there is none. */
async function worktreeFor(branch: string): Promise<string> {
  const repository = await readRepository(git, process.cwd())
  const there = repository.worktrees.find(({ name, missing }) => name === branch && !missing)
  return (there ?? (await createWorktree(git, repository, { branch }))).path
}

interface Attempt extends RunOptions {
  cwd: string
  run: string
  attempt: number
  endpoint: string
}

async function runOnce(
  platform: Platform,
  options: Attempt,
  recording: () => Promise<Recording>,
  warn: (message: string) => void,
): Promise<Ended & { durationMs: number; stoppedFor?: string }> {
  const { run, attempt, cwd, task, command } = options
  const [program, ...args] = command as [string, ...string[]]
  const record = await recordGit(git, cwd)
  const context = contextFor(platform, process.env['TRACEPARENT'])
  const setup = setUpAgent(program, options.endpoint, resourceOf(options, record), process.env)
  const startedNs = platform.clock.nowUnixNano()
  const started = platform.clock.monotonicMs()
  const identity = { run, attempt }
  const append = (event: RunEvent): Promise<void> =>
    recording()
      .then(({ questions }) => questions.append(streamOfRun(run), [event]))
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
      env: { ...process.env, ...setup.env, TRACEPARENT: context.traceparent, PWD: cwd },
      stop: sessions.stop,
    },
    (pid) => {
      const data = {
        ...identity,
        program: basename(program),
        agent: setup.agent,
        task: task ?? null,
        workingDirectory: cwd,
        pid,
        git: record?.state ?? null,
        traceparent: context.traceparent,
      }
      told = append({ event: 'RunStarted', id: uuidv7(platform), time: String(startedNs), data })
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
    if (ended.exitCode === 0) ended.exitCode = 1
  }
  const change = await record?.finish()
  const span = { context, startedNs, durationMs, program: basename(program), ended, cwd, agent: setup.agent }
  const counts = await recording()
    .then(async ({ receiver }) => {
      const { spans, logs, metrics } = receiver.counts
      await receiver.ingest('traces', 'json', runSpan(span, resourceOf(options, record)))
      return { spans, logs, metrics }
    })
    .catch(() => ({ spans: 0, logs: 0, metrics: 0 }))
  await append({
    event: 'RunEnded',
    id: uuidv7(platform),
    data: {
      ...identity,
      exitCode: ended.exitCode,
      signal: ended.signal,
      durationMs,
      usage: ended.usage ?? null,
      git: change ?? null,
      received: counts,
      retryInMs: stopped ? null : (retryInMs(attempt, options.retries ?? 0, ended) ?? null),
    },
  })
  return { ...ended, durationMs, ...(stopped ? { stoppedFor: stopped.what } : {}) }
}

/** On everything the command records: this is what ties it to the run. */
function resourceOf({ run, task }: Attempt, record: GitRecord | undefined): Record<string, string> {
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

export interface RunContext {
  traceparent: string
  traceId: string
  spanId: string
  parentSpanId: string | undefined
}

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/

/** A run inside of another one's trace is a span of that trace. */
function contextFor(platform: Platform, given: string | undefined): RunContext {
  const [, trace, parent, flags = '01'] = TRACEPARENT.exec(given ?? '') ?? []
  const traceId = trace ?? hexOf(platform.random(16))
  const spanId = hexOf(platform.random(8))
  return { traceparent: `00-${traceId}-${spanId}-${flags}`, traceId, spanId, parentSpanId: parent }
}

function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined
  return () => (opened ??= open())
}
