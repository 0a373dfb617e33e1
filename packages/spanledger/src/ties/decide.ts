import { sep } from 'node:path'
import type { NewEvent } from '@spanledger/sdk/model'
import { type Platform, uuidFrom, uuidv7 } from '@spanledger/sdk/platform'
import type { Observation } from '../agents/index.ts'
import { RUN_SOURCE, type SessionSummary, type TieField } from '../projection/index.ts'
import type { AttemptFacts, Facts, RunFacts } from './facts.ts'

/** A session that may have to be tied. */
export type Session = Pick<
  SessionSummary,
  | 'id'
  | 'agent'
  | 'status'
  | 'startedAt'
  | 'endedAt'
  | 'workingDirectory'
  | 'run'
  | 'task'
  | 'repository'
  | 'branch'
  | 'worktree'
  | 'ties'
> & { traces: readonly string[] }

/** Where git stood in a session's working directory, when somebody looked. */
export interface GitPlace {
  repository: string
  branch: string | null
  worktree: string
  atMs: number
}

/** What the session may belong to, and what speaks for it. */
export interface Reason {
  /** Which rule it is by; part of the event's id. */
  kind: 'trace' | 'folder-and-time' | 'work-in-session' | 'work-in-trace' | 'look' | 'branch'
  confidence: number
  because: string
  target: { [Field in TieField]?: string }
}

/** An agent that git was looked at for more than this behind may have changed its branch since. */
const LOOK_AFTER_MS_MAX = 10 * 60_000
/** A process is there before its session begins, and its last record may be a moment late. */
const SLACK_MS = 2_000

/** Nobody told it, or we did: then what is found later counts as much as what was found first. */
const isOpen = (session: Session, field: TieField): boolean =>
  session[field] === null
    ? !session.ties.some(({ by, fields }) => by === 'hand' && fields.includes(field))
    : session.ties.some(({ by, fields }) => by === 'spanledger' && fields.includes(field))

/**
 * Everything that speaks for ties of one session: a function of what is handed in.
 *
 * namedBy  as `namesIn` makes it
 */
export function reasonsFor(
  session: Session,
  facts: Facts,
  namedBy: (branch: string) => readonly Reason[],
  place?: GitPlace,
): Reason[] {
  const reasons: Reason[] = []
  if (isOpen(session, 'run')) reasons.push(...runsOf(session, facts))
  if (place !== undefined && isOpen(session, 'branch')) reasons.push(...lookOf(session, place))
  if (isOpen(session, 'task')) {
    for (const task of facts.tasksBySession.get(session.id) ?? [])
      reasons.push({
        kind: 'work-in-session',
        confidence: 0.98,
        because: 'it said in its own shell that it works on the task',
        target: { task },
      })
    for (const trace of session.traces)
      for (const task of facts.tasksByTrace.get(trace) ?? [])
        reasons.push({
          kind: 'work-in-trace',
          confidence: 0.95,
          because: `it said in trace ${trace.slice(0, 8)} that it works on the task`,
          target: { task },
        })
    const branch = session.branch ?? place?.branch ?? null
    if (branch !== null) reasons.push(...namedBy(branch))
  }
  return reasons
}

function* runsOf(session: Session, { runsByTrace, runsOfAgent }: Facts): Generator<Reason> {
  const inTrace = new Set<RunFacts>()
  for (const trace of session.traces)
    for (const run of runsByTrace.get(trace) ?? []) {
      inTrace.add(run)
      const because = `it is in the run's trace ${trace.slice(0, 8)}`
      yield { kind: 'trace', confidence: 0.99, because, target: targetOf(run) }
    }
  if (session.workingDirectory === null) return
  for (const run of runsOfAgent.get(session.agent) ?? []) {
    if (inTrace.has(run) || !isInside(session.workingDirectory, run) || !isWithin(session, run)) continue
    const because = `${session.agent} worked in ${run.workingDirectory} while that run did`
    yield { kind: 'folder-and-time', confidence: 0.8, because, target: targetOf(run) }
  }
}

export const targetOf = ({ run, task, repository, branch, worktree }: RunFacts): Reason['target'] => ({
  run,
  ...defined({ task, repository, branch, worktree }),
})

const isInside = (folder: string, { workingDirectory }: RunFacts): boolean =>
  folder === workingDirectory || folder.startsWith(workingDirectory + sep)

/** From its first to its last word within one attempt. */
function isWithin(session: Session, { attempts }: RunFacts): boolean {
  const [start, end] = [Date.parse(session.startedAt), Date.parse(session.endedAt ?? session.startedAt)]
  return [...attempts.values()].some(
    (attempt) =>
      start >= attempt.startMs - SLACK_MS &&
      (attempt.end === undefined || end <= attempt.end.atMs + SLACK_MS),
  )
}

function lookOf(session: Session, { repository, branch, worktree, atMs }: GitPlace): Reason[] {
  const afterMs = atMs - Date.parse(session.endedAt ?? session.startedAt)
  if (afterMs > LOOK_AFTER_MS_MAX)
    return [
      {
        kind: 'look',
        confidence: 0.9,
        because: 'its working directory is there; which branch it was on is not known',
        target: { repository },
      },
    ]
  return [
    {
      kind: 'look',
      confidence: 0.9,
      because: `git stood there ${afterMs < 1_000 ? 'while it worked' : `${Math.round(afterMs / 1_000)} s after it was last heard of`}`,
      target: { repository, worktree, ...defined({ branch }) },
    },
  ]
}

/** Shorter ids are words that stand in branches of something else. */
const ID_CHARACTERS_MIN = 4

/** Branch -> what speaks for the tasks that it names; each branch is looked at once. */
export function namesIn(tasks: Iterable<{ id: string }>): (branch: string) => readonly Reason[] {
  const all = [...tasks]
  const known = new Map<string, Reason[]>()
  return (branch) => {
    const before = known.get(branch)
    if (before) return before
    const found = [...tasksNamedBy(branch, all)]
    known.set(branch, found)
    return found
  }
}

function* tasksNamedBy(branch: string, tasks: Iterable<{ id: string }>): Generator<Reason> {
  const last = branch.slice(branch.lastIndexOf('/') + 1)
  for (const { id } of tasks) {
    const isWhole = branch === id || last === id
    if (!isWhole && (id.length < ID_CHARACTERS_MIN || !holds(branch, id))) continue
    yield {
      kind: 'branch',
      confidence: isWhole ? 0.85 : 0.65,
      because: `its branch ${branch} ${isWhole ? 'has the name of' : 'names'} the task`,
      target: { task: id },
    }
  }
}

const isBorder = (letter: string | undefined): boolean => letter === undefined || !/[a-z0-9]/i.test(letter)

/** As words of its own, not within others. */
function holds(branch: string, id: string): boolean {
  const at = branch.toLowerCase().indexOf(id.toLowerCase())
  return at >= 0 && isBorder(branch[at - 1]) && isBorder(branch[at + id.length])
}

type TieEvent = NewEvent<'SessionTied' | 'SessionUntied' | 'SessionCompleted' | 'SessionFailed', Observation>

const observation = (session: Pick<Session, 'id' | 'agent'>, source: string): Observation => ({
  session: session.id,
  agent: session.agent,
  source,
  rank: 0,
})

/**
 * A reason as an event of the session's stream. Its id follows from what it says: whoever decides the same appends nothing
 * more. Its time is the session's beginning, since what it tells was so from there on.
 */
export function tieOf(session: Session, { kind, confidence, because, target }: Reason): TieEvent {
  return {
    event: 'SessionTied',
    id: uuidFrom('SessionTied', session.id, kind, JSON.stringify(target)),
    time: nanoOf(session.startedAt),
    data: { ...observation(session, `tie:${kind}`), ...target, by: 'spanledger', confidence, because },
  }
}

/** What somebody says; it counts for more than all else, and the last word for more than those before. */
export function tieByHand(
  platform: Pick<Platform, 'clock' | 'random'>,
  session: Pick<Session, 'id' | 'agent'>,
  target: Reason['target'] | 'nothing',
  because: string,
): TieEvent {
  const said = { by: 'hand', confidence: 1, because } as const
  const about = observation(session, 'tie:hand')
  return {
    event: target === 'nothing' ? 'SessionUntied' : 'SessionTied',
    id: uuidv7(platform),
    data: { ...about, ...(target === 'nothing' ? {} : target), ...said },
  }
}

/**
 * A session whose run has ended is over, whether its agent said so or not: as the first attempt ended that it did not outlive.
 * Undefined while it may go on, and for one that said itself how it ended.
 */
export function endOf(session: Session, { runs }: Facts): TieEvent | undefined {
  if (session.run === null || (session.status !== 'active' && session.status !== 'silent')) return undefined
  const lastMs = Date.parse(session.endedAt ?? session.startedAt)
  const ended = [...(runs.get(session.run)?.attempts.values() ?? [])]
    .filter(({ end }) => end !== undefined && end.atMs >= lastMs - 1)
    .toSorted((a, b) => a.attempt - b.attempt)[0] as Required<AttemptFacts> | undefined
  if (ended === undefined) return undefined
  const { atNano, exitCode, signal } = ended.end
  const isOk = exitCode === 0
  return {
    event: isOk ? 'SessionCompleted' : 'SessionFailed',
    id: uuidFrom('SessionEndedByRun', session.id, session.run, String(ended.attempt)),
    time: atNano,
    data: {
      ...observation(session, RUN_SOURCE),
      run: session.run,
      exitCode,
      ...(isOk ? {} : { error: signal === null ? `exit ${exitCode}` : `ended by ${signal}` }),
      startUnixNano: atNano,
      endUnixNano: atNano,
    },
  }
}

const nanoOf = (iso: string): string => String(BigInt(Date.parse(iso)) * 1_000_000n)

function defined<K extends string>(fields: Record<K, string | null>): { [Key in K]?: string } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as {
    [Key in K]?: string
  }
}
