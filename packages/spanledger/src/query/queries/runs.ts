import { setTimeout as sleep } from 'node:timers/promises'
import * as v from 'valibot'
import type { RecordedEvent } from '@spanledger/sdk/model'
import { Family, type LiveRun, liveRuns, type RunEvent, type RunMode } from '../../run/index.ts'
import type { QueryContext } from '../context.ts'
import { timeRange } from '../ledger-input.ts'
import { flag, limit, since, text } from '../params.ts'
import { type Cut, cutAt, query } from '../query.ts'
import { isRefusal, refusal, type Refusal } from '../refusal.ts'
import { isoNano } from '../times.ts'
import { rowsOfTask } from './carried-task.ts'

/**
 * running    its recording process is at work
 * completed  its last try ended with 0
 * failed     it ended with something else
 * stopped    somebody told it to end
 * lost       no end is recorded and nobody records it any more: its recording process was killed
 */
type RunStatus = 'running' | 'completed' | 'failed' | 'stopped' | 'lost'

export interface RunRow {
  run: string
  program: string
  agent: string | null
  mode: RunMode | null
  status: RunStatus
  task: string | null
  startedAt: string | null
  endedAt: string | null
  /** Tries. */
  attempts: number
  /** Of the last try; null while it lasts. */
  exitCode: number | null
  signal: string | null
  workingDirectory: string | null
  repository: string | null
  branch: string | null
  worktree: string | null
  commits: number
  files: number
  linesAdded: number
  linesRemoved: number
  cpuMs: number | null
  /** Where what it prints goes. */
  log: string | null
}

export interface RunDetail extends RunRow {
  tries: {
    attempt: number
    pid: number
    startedAt: string
    durationMs: number | null
    exitCode: number | null
    signal: string | null
    retryInMs: number | null
  }[]
  commitIds: string[]
  sessions: { id: string; agent: string; status: string; costUsd: number | null }[]
  costUsd: number | null
}

const which = text('id of the run, the beginning of one, or "last"', 'ID', 1)

export const runs = query({
  summary: 'Commands that `run` recorded, latest first',
  params: v.strictObject({
    task: v.optional(text('only for this task', 'ID')),
    since,
    limit: limit(20, 'runs'),
  }),
  async run(context, given): Promise<({ rows: RunRow[] } & Cut) | Refusal> {
    const { since: from } = timeRange(context, { since: given.since })
    const all = (await everyRun(context)).map(({ row }) => row)
    const rows = await rowsOfTask(context, all, given.task)
    if (isRefusal(rows)) return rows
    const isLater = ({ startedAt }: RunRow): boolean =>
      from === undefined || startedAt === null || Date.parse(startedAt) >= Number(from / 1_000_000n)
    return cutAt(rows.filter(isLater), given.limit)
  },
})

export const run = query({
  summary: 'One run: its tries, what it changed, its sessions and what they cost',
  params: v.strictObject({ id: which }),
  async run(context, { id }): Promise<RunDetail | Refusal> {
    const found = await runNamed(context, id)
    if (isRefusal(found)) return found
    const { row, tries, commitIds } = found
    const model = await context.sessions()
    await model.refresh()
    const sessions = model
      .list({ limit: Infinity })
      .sessions.filter((session) => session.run === row.run)
      .map(({ id: session, agent, status, costUsd }) => ({ id: session, agent, status, costUsd }))
    const costs = sessions.map(({ costUsd }) => costUsd).filter((cost) => cost !== null)
    return {
      ...row,
      tries,
      commitIds,
      sessions,
      costUsd: costs.length === 0 ? null : costs.reduce((sum, cost) => sum + cost, 0),
    }
  },
})

/** A command that is told to end may have something to finish. */
const STOP_MS_MAX = 10_000
const POLL_MS = 100

export const runStop = query({
  summary: 'Tells a run to end, and waits until it has',
  effect: 'writes',
  creates: false,
  params: v.strictObject({ id: which, force: flag('ends its command at once, whatever it is doing') }),
  async run(context, { id, force }): Promise<RunRow | Refusal> {
    const found = await runNamed(context, id)
    if (isRefusal(found)) return found
    const { live, row, tries } = found
    if (live === undefined)
      return refusal(
        'NOT_RUNNING',
        `run ${row.run} is not at work: ${row.status}`,
        `see spanledger runs show ${row.run}`,
      )
    tell(live.process.pid, 'SIGTERM')
    const command = tries.at(-1)
    if (force === true && command?.durationMs === null) new Family(command.pid).signal('SIGKILL')
    for (let waited = 0; waited < STOP_MS_MAX; waited += POLL_MS) {
      await sleep(POLL_MS)
      const after = await runNamed(context, row.run)
      if (isRefusal(after) || after.live === undefined) return isRefusal(after) ? after : after.row
    }
    return refusal(
      'STILL_RUNNING',
      `run ${row.run} was told to end ${STOP_MS_MAX / 1000} s ago, and has not`,
      `end its command at once: spanledger runs stop ${row.run} --force`,
    )
  },
})

/** One that has ended meanwhile needs not be told. */
function tell(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

export const runLogs = query({
  summary: 'What a detached run printed',
  params: v.strictObject({ id: which, follow: flag('and what it prints from now on, until it ends') }),
  streams: true,
  async run(context, { id, follow }): Promise<AsyncIterable<{ line: string }> | Refusal> {
    const found = await runNamed(context, id)
    if (isRefusal(found)) return found
    const { log, run: whole } = found.row
    if (log === null)
      return refusal(
        'NO_LOG',
        `run ${whole} printed on its terminal`,
        'only what runs with --detach has a log',
      )
    return linesOf(context, { log, run: whole, follow: follow === true })
  },
})

const LINE_FEED = 0x0a
const READ_BYTES = 64 * 1024

async function* linesOf(
  { platform, home, stopped }: QueryContext,
  { log, run: id, follow }: { log: string; run: string; follow: boolean },
): AsyncGenerator<{ line: string }, void, void> {
  const file = await platform.files.open(log, 'read')
  const buffer = Buffer.alloc(READ_BYTES)
  let held = Buffer.alloc(0)
  try {
    for (let at = 0; !stopped.aborted;) {
      // Asked first: what it printed last is read afterwards.
      const isLive = follow && (await liveRuns(platform, home)).some((one) => one.run === id)
      const read = await file.read(buffer, at)
      at += read
      held = Buffer.concat([held, buffer.subarray(0, read)])
      for (let end = held.indexOf(LINE_FEED); end >= 0; end = held.indexOf(LINE_FEED)) {
        yield { line: held.toString('utf8', 0, end) }
        held = held.subarray(end + 1)
      }
      if (read > 0) continue
      if (!isLive) break
      await sleep(POLL_MS)
    }
    if (held.length > 0) yield { line: held.toString('utf8') }
  } finally {
    await file.close()
  }
}

interface Found {
  row: RunRow
  tries: RunDetail['tries']
  commitIds: string[]
  live: LiveRun | undefined
}

async function runNamed(context: QueryContext, given: string): Promise<Found | Refusal> {
  const all = await everyRun(context)
  const found = given === 'last' ? all.slice(0, 1) : all.filter(({ row }) => row.run.startsWith(given))
  if (found.length === 1) return found[0]!
  const near = found.slice(0, 5).map(({ row }) => row.run)
  return found.length === 0
    ? refusal('UNKNOWN_RUN', `there is no run "${given}"`, 'see spanledger runs')
    : refusal('AMBIGUOUS_ID', `"${given}" begins the ids of ${found.length} runs`, 'give more of it', near)
}

type Started = Extract<RunEvent, { event: 'RunStarted' }>['data']
type Ended = Extract<RunEvent, { event: 'RunEnded' }>['data']

interface Told {
  started: { data: Started; time: string }[]
  ended: { data: Ended; time: string }[]
}

/** Latest start first; what is at work and has told nothing yet comes before all. */
async function everyRun({ events, platform, home }: QueryContext): Promise<Found[]> {
  const [store, live] = await Promise.all([events(), liveRuns(platform, home)])
  const told = new Map<string, Told>(live.map((one) => [one.run, { started: [], ended: [] }]))
  for await (const event of store.readAll({ types: ['RunStarted', 'RunEnded'] })) take(told, event)
  const found: Found[] = []
  for (const [id, one] of told)
    found.push(
      await foundOf(
        id,
        one,
        live.find(({ run: at }) => at === id),
      ),
    )
  return found.toSorted((a, b) => ((a.row.startedAt ?? '~') < (b.row.startedAt ?? '~') ? 1 : -1))

  async function foundOf(id: string, { started, ended }: Told, at: LiveRun | undefined): Promise<Found> {
    const [first, last] = [started[0]?.data, ended.at(-1)]
    const log = at === undefined ? `${home.dir}/runs/${id}.log` : at.log
    const isOver =
      last !== undefined && last.data.attempt === started.at(-1)?.data.attempt && at === undefined
    return {
      live: at,
      commitIds: ended.flatMap(({ data }) => data.git?.commits ?? []),
      tries: started.map(({ data, time }) => triesOf(data, time, ended)),
      row: {
        run: id,
        program: first?.program ?? at?.program ?? 'unknown',
        agent: first?.agent ?? null,
        mode: first?.mode ?? null,
        status:
          at !== undefined
            ? 'running'
            : isOver && last.data.retryInMs === null
              ? statusOf(last.data)
              : 'lost',
        task: first?.task ?? at?.task ?? null,
        startedAt: started[0] === undefined ? null : isoNano(started[0].time),
        endedAt: isOver ? isoNano(last.time) : null,
        attempts: started.length,
        exitCode: isOver ? last.data.exitCode : null,
        signal: isOver ? last.data.signal : null,
        workingDirectory: first?.workingDirectory ?? null,
        repository: first?.git?.repository ?? null,
        branch: first?.git?.branch ?? null,
        worktree: first?.git?.worktree ?? null,
        commits: sum(ended, ({ git }) => git?.commits.length),
        files: sum(ended, ({ git }) => git?.files),
        linesAdded: sum(ended, ({ git }) => git?.linesAdded),
        linesRemoved: sum(ended, ({ git }) => git?.linesRemoved),
        cpuMs: ended.some(({ data }) => data.usage !== null) ? sum(ended, ({ usage }) => usage?.cpuMs) : null,
        log: log !== null && (await platform.files.stat(log)) !== undefined ? log : null,
      },
    }
  }
}

function take(told: Map<string, Told>, { event, data, time }: RecordedEvent): void {
  const { run: id } = (data ?? {}) as { run?: unknown }
  if (typeof id !== 'string') return
  const one = told.get(id) ?? { started: [], ended: [] }
  told.set(id, one)
  if (event === 'RunStarted') one.started.push({ data: data as Started, time })
  else one.ended.push({ data: data as Ended, time })
}

function triesOf({ attempt, pid }: Started, time: string, ended: Told['ended']): RunDetail['tries'][number] {
  const end = ended.find(({ data }) => data.attempt === attempt)?.data
  const { durationMs = null, exitCode = null, signal = null, retryInMs = null } = end ?? {}
  return { attempt, pid, startedAt: isoNano(time), durationMs, exitCode, signal, retryInMs }
}

const statusOf = ({ exitCode, signal, stopped }: Ended): RunStatus =>
  exitCode === 0 ? 'completed' : stopped || signal === 'SIGTERM' || signal === 'SIGINT' ? 'stopped' : 'failed'

const sum = (ended: Told['ended'], of: (data: Ended) => number | undefined): number =>
  ended.reduce((total, { data }) => total + (of(data) ?? 0), 0)
