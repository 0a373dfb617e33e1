import type { NewEvent } from '@spanledger/sdk/model'
import type { Clock } from '@spanledger/sdk/platform'
import type { EventStore } from '@spanledger/sdk/store'
import type { SessionReadModel, SessionSummary } from '../projection/index.ts'
import type { Work } from '../work/index.ts'
import { type Git, readRepository, worktreeAround } from '../worktrees/index.ts'
import { endOf, type GitPlace, reasonsFor, type Session, tieOf } from './decide.ts'
import { FACT_TYPES, Facts } from './facts.ts'

export interface TyingOptions {
  clock: Pick<Clock, 'nowMs'>
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
    const { events, sessions, work } = this.#options
    const told: Tied = { sessions: 0, tied: 0, ended: 0 }
    const isStopped = (): boolean => signal?.aborted === true
    const tasks = [...(await work.known()).present()]
    for (let pass = 1; pass <= PASSES_MAX && !isStopped(); pass++) {
      await sessions.refresh()
      for await (const event of events.readAll({ fromPosition: this.#facts.position + 1, types: FACT_TYPES }))
        this.#facts.take(event)
      const found = sessions
        .list({ limit: Infinity, ...(sinceMs === undefined ? {} : { sinceMs }) })
        .sessions.filter((session) => of === undefined || of(session))
      told.sessions = found.length
      const decided: { stream: string; event: NewEvent }[] = []
      for (const summary of found) {
        const session = { ...summary, traces: sessions.traces(summary.id) }
        const stream = `session-${session.id}`
        const place = isStopped() ? undefined : await this.#placeOf(session)
        for (const reason of reasonsFor(session, this.#facts, tasks, place))
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

  /** Where git stands in its working directory. Undefined where there is none, or no git, and for one that was looked at before. */
  async #placeOf(session: Session): Promise<GitPlace | undefined> {
    const { workingDirectory, repository, id } = session
    if (workingDirectory === null || repository !== null || this.#looked.has(id)) return undefined
    this.#looked.add(id)
    const { git, clock } = this.#options
    try {
      const found = await readRepository(git, workingDirectory)
      const worktree = worktreeAround(found.worktrees, workingDirectory)
      if (worktree === undefined) return undefined
      return {
        repository: found.id.replace(/-[0-9a-f]{6}$/, ''),
        branch: worktree.branch,
        worktree: worktree.name,
        atMs: clock.nowMs(),
      }
    } catch {
      return undefined
    }
  }
}
