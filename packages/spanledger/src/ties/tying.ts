import type { NewEvent } from '@spanledger/sdk/model'
import type { Clock } from '@spanledger/sdk/platform'
import type { EventStore } from '@spanledger/sdk/store'
import type { SessionReadModel, SessionSummary } from '../projection/index.ts'
import type { Work } from '../work/index.ts'
import { type Git, readRepository, worktreeAround } from '../worktrees/index.ts'
import { endOf, type GitPlace, namesIn, reasonsFor, type Session, tieOf } from './decide.ts'
import { FACT_TYPES, Facts } from './facts.ts'

export interface TyingOptions {
  clock: Pick<Clock, 'nowMs' | 'monotonicMs' | 'sleep'>
  events: Pick<EventStore, 'readAll' | 'absent' | 'appendMany'>
  sessions: SessionReadModel
  work: Pick<Work, 'known'>
  git: Git
}

/** What one look came to. */
export interface Tied {
  /** Sessions looked at. */
  sessions: number
  /** Events that were appended. */
  tied: number
  ended: number
}

/** A tie makes more known, such as the run whose end is the session's: the next pass sees that. */
const PASSES_MAX = 3
/** As long as this is decided at a time before whatever else waits has its turn. */
const DECIDE_MS_MAX = 10
const EVENTS_PER_APPEND = 1_000

/**
 * Ties sessions that were started elsewhere, and ends those whose run has ended. Any number of processes may do it, as often
 * as they like: what is decided follows from the ledger and has the same ids; only a look at git is another at another time, and
 * a session is looked at once.
 */
export class Tying {
  readonly #options: TyingOptions
  readonly #facts = new Facts()
  readonly #looked = new Set<string>()

  constructor(options: TyingOptions) {
    this.#options = options
  }

  /** sinceMs  only sessions heard of since. Errors  those of the event store and the ledger */
  async look({
    sinceMs,
    of,
    signal,
  }: {
    sinceMs?: number
    of?: (session: SessionSummary) => boolean
    signal?: AbortSignal
  } = {}): Promise<Tied> {
    const { clock, events, sessions, work } = this.#options
    const told: Tied = { sessions: 0, tied: 0, ended: 0 }
    const isStopped = (): boolean => signal?.aborted === true
    const namedBy = namesIn((await work.known()).present())
    const places = new Map<string, Promise<GitPlace | undefined>>()
    for (let pass = 1; pass <= PASSES_MAX && !isStopped(); pass++) {
      await sessions.refresh()
      await this.#learn()
      const found = sessions
        .list({ limit: Infinity, ...(sinceMs === undefined ? {} : { sinceMs }) })
        .sessions.filter((session) => of === undefined || of(session))
      told.sessions = found.length
      const decided: { stream: string; event: NewEvent }[] = []
      let started = clock.monotonicMs()
      for (const summary of found) {
        if (clock.monotonicMs() - started > DECIDE_MS_MAX) {
          await clock.sleep(0)
          started = clock.monotonicMs()
        }
        const session = { ...summary, traces: sessions.traces(summary.id) }
        const stream = `session-${session.id}`
        const place = isStopped() ? undefined : await this.#placeOf(session, places)
        for (const reason of reasonsFor(session, this.#facts, namedBy, place))
          decided.push({ stream, event: tieOf(session, reason) })
        const end = endOf(session, this.#facts)
        if (end !== undefined) decided.push({ stream, event: end })
      }
      const absent = await events.absent(decided.map(({ event }) => event.id))
      const fresh = decided.filter(({ event }) => absent.has(event.id))
      for (let i = 0; i < fresh.length; i += EVENTS_PER_APPEND)
        await events.appendMany(
          fresh.slice(i, i + EVENTS_PER_APPEND).map(({ stream, event }) => ({ stream, events: [event] })),
        )
      for (const { event } of fresh) told[event.event === 'SessionTied' ? 'tied' : 'ended']++
      if (fresh.length === 0) break
    }
    if (told.tied + told.ended > 0) await sessions.refresh()
    return told
  }

  /** Folders that agents and runs worked in since, of which something was heard; each once. */
  async folders(sinceMs: number): Promise<string[]> {
    const { sessions } = this.#options
    await sessions.refresh()
    await this.#learn()
    const folders = new Set<string>()
    for (const { workingDirectory } of sessions.list({ limit: Infinity, sinceMs }).sessions)
      if (workingDirectory !== null) folders.add(workingDirectory)
    for (const { attempts, workingDirectory } of this.#facts.runs.values())
      for (const { startMs, end } of attempts.values())
        if ((end?.atMs ?? startMs) >= sinceMs) folders.add(workingDirectory)
    return [...folders]
  }

  async #learn(): Promise<void> {
    const from = { fromPosition: this.#facts.position + 1, types: FACT_TYPES }
    for await (const event of this.#options.events.readAll(from)) this.#facts.take(event)
  }

  /** Where git stands in its working directory. Undefined where there is none, or no git, and for one that was looked at before. */
  #placeOf(
    { workingDirectory, repository, id }: Session,
    places: Map<string, Promise<GitPlace | undefined>>,
  ): Promise<GitPlace | undefined> | undefined {
    if (workingDirectory === null || repository !== null || this.#looked.has(id)) return undefined
    this.#looked.add(id)
    const place = places.get(workingDirectory) ?? this.#lookAt(workingDirectory)
    places.set(workingDirectory, place)
    return place
  }

  async #lookAt(folder: string): Promise<GitPlace | undefined> {
    const { git, clock } = this.#options
    try {
      const { id, worktrees } = await readRepository(git, folder)
      const worktree = worktreeAround(worktrees, folder)
      if (worktree === undefined) return undefined
      const { branch, name } = worktree
      return { repository: id.replace(/-[0-9a-f]{6}$/, ''), branch, worktree: name, atMs: clock.nowMs() }
    } catch {
      return undefined
    }
  }
}
