import type { RecordedEvent } from '@spanledger/sdk/model'
import type { EventStore } from '@spanledger/sdk/store'
import type { RunEvent } from '../run/index.ts'

/** One run, as its events tell it. Times are milliseconds since 1970. */
export interface RunFacts {
  run: string
  task: string | null
  agent: string | null
  program: string
  workingDirectory: string
  repository: string | null
  branch: string | null
  worktree: string | null
  traces: Set<string>
  attempts: Map<number, AttemptFacts>
}

export interface AttemptFacts {
  attempt: number
  startMs: number
  /** Undefined while it lasts, and where whoever recorded it was killed. */
  end?: { atNano: string; atMs: number; exitCode: number; signal: string | null; isLast: boolean }
}

/** Events that facts are made of. */
export const FACT_TYPES = [
  'RunStarted',
  'RunEnded',
  'TaskClaimed',
  'TaskProgressed',
  'TaskCompleted',
] as const

/** Runs remembered, the newest: one of an hour's length is met by sessions of the same hour. */
const RUNS_MAX = 10_000
/** Traces and sessions in which work on a task was told. */
const TRACES_MAX = 100_000

/** What ties are decided by: runs, and the traces in which somebody said that he works on a task. */
export class Facts {
  readonly runs = new Map<string, RunFacts>()
  /** Of coding agents, by the agent's name. */
  readonly runsOfAgent = new Map<string, Set<RunFacts>>()
  readonly runsByTrace = new Map<string, Set<RunFacts>>()
  /** Trace id -> tasks. */
  readonly tasksByTrace = new Map<string, Set<string>>()
  /** Session -> tasks that it said it works on. */
  readonly tasksBySession = new Map<string, Set<string>>()
  /** Of the last event that was taken. */
  position = 0

  take(event: RecordedEvent): void {
    this.position = Math.max(this.position, event.position)
    const known = event as unknown as RunEvent & RecordedEvent
    if (known.event === 'RunStarted' && typeof known.data?.run === 'string') this.#started(known)
    else if (known.event === 'RunEnded' && typeof known.data?.run === 'string') this.#ended(known)
    else if (event.event.startsWith('Task')) this.#worked(event)
  }

  #started({ data, time }: Extract<RunEvent, { event: 'RunStarted' }> & RecordedEvent): void {
    const run = this.runs.get(data.run) ?? {
      run: data.run,
      task: data.task,
      agent: data.agent,
      program: data.program,
      workingDirectory: data.workingDirectory,
      // As its resource says it: without the digits that tell two clones apart.
      repository: data.git?.repository.replace(/-[0-9a-f]{6}$/, '') ?? null,
      branch: data.git?.branch ?? null,
      worktree: data.git?.worktree ?? null,
      traces: new Set<string>(),
      attempts: new Map<number, AttemptFacts>(),
    }
    const trace = data.traceparent.slice(3, 35)
    run.traces.add(trace)
    run.attempts.set(data.attempt, {
      attempt: data.attempt,
      startMs: msOf(time),
      ...run.attempts.get(data.attempt),
    })
    this.runs.set(data.run, run)
    addTo(this.runsByTrace, trace, run)
    if (run.agent !== null) addTo(this.runsOfAgent, run.agent, run)
    const [oldest] = this.runs.values()
    if (this.runs.size > RUNS_MAX) this.#forget(oldest!)
  }

  #forget(run: RunFacts): void {
    this.runs.delete(run.run)
    for (const trace of run.traces) takeFrom(this.runsByTrace, trace, run)
    if (run.agent !== null) takeFrom(this.runsOfAgent, run.agent, run)
  }

  #ended({ data, time }: Extract<RunEvent, { event: 'RunEnded' }> & RecordedEvent): void {
    const attempt = this.runs.get(data.run)?.attempts.get(data.attempt)
    if (attempt === undefined) return
    const { exitCode, signal, retryInMs } = data
    attempt.end = { atNano: time, atMs: msOf(time), exitCode, signal, isLast: retryInMs === null }
  }

  #worked({ data, meta }: RecordedEvent): void {
    const { task, by } = (data ?? {}) as { task?: unknown; by?: { session?: unknown } }
    if (typeof task !== 'string') return
    if (typeof by?.session === 'string') {
      addTo(this.tasksBySession, by.session, task)
      const [first] = this.tasksBySession.keys()
      if (this.tasksBySession.size > TRACES_MAX) this.tasksBySession.delete(first!)
    }
    if (meta?.traceId === undefined) return
    addTo(this.tasksByTrace, meta.traceId, task)
    const [oldest] = this.tasksByTrace.keys()
    if (this.tasksByTrace.size > TRACES_MAX) this.tasksByTrace.delete(oldest!)
  }
}

/** All there are, from a ledger's events. */
export async function factsOf(events: Pick<EventStore, 'readAll'>): Promise<Facts> {
  const facts = new Facts()
  for await (const event of events.readAll({ types: FACT_TYPES })) facts.take(event)
  return facts
}

const msOf = (nano: string): number => Number(nano) / 1e6

function addTo<T>(map: Map<string, Set<T>>, key: string, value: T): void {
  const set = map.get(key)
  if (set) set.add(value)
  else map.set(key, new Set([value]))
}

function takeFrom<T>(map: Map<string, Set<T>>, key: string, value: T): void {
  const set = map.get(key)
  set?.delete(value)
  if (set?.size === 0) map.delete(key)
}
