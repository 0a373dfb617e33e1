import type { NewEvent, RecordedEvent } from '@spanledger/sdk/model'
import { type Platform, uuidFrom } from '@spanledger/sdk/platform'
import type { EventStore } from '@spanledger/sdk/store'
import {
  FINDING_EVENTS,
  type FindingData,
  findingTold,
  happenedAt,
  STREAM_PREFIX,
} from '../projection/index.ts'
import type { Place } from './look.ts'
import { type Rules, SessionWatch } from './session-watch.ts'

/** Told each time something is found, by whichever process, as soon as the ledger has it. */
type OnFinding = (finding: FindingData, of: SessionWatch) => void

export interface WatcherOptions {
  platform: Pick<Platform, 'clock'>
  events: Pick<EventStore, 'subscribe' | 'readStream' | 'append' | 'position'>
  rules: Rules
  /** Looks at the files around a folder; left out where nobody may. */
  look?: (folder: string) => Promise<Place | undefined>
  /** Sessions of this run alone. */
  run?: string
  onFinding?: OnFinding
  signal: AbortSignal
}

/** At work at the same time; more are read again from their streams when they are heard of. */
const SESSIONS_MAX = 128
/** What came within it is judged together: an agent tells a call by several records. */
const JUDGE_AFTER_MS = 200
/** What happened longer ago is history, and nobody's to stop: telemetry that was imported, or came late. */
const LIVE_MS = 15 * 60_000

const TYPES = [
  'SessionToolUsed',
  'SessionModelCalled',
  'SessionPromptSubmitted',
  'SessionCompacted',
  'SessionProgressed',
  ...new Set(Object.values(FINDING_EVENTS).flat()),
]

interface Watched {
  watch: SessionWatch
  /** Where it works; null where nobody knows. */
  folder?: string | null | undefined
  seen?: Place
  /** Half of the steps were looked at already. */
  isHalfSeen: boolean
  heardMs: number
}

/**
 * Judges sessions while they work: each event as it is appended, by any process, and nothing twice. Memory is bounded by the sessions
 * at work, and a session that was not heard of before is read from its stream once.
 *
 * Resolves  once `signal` aborts
 * Errors    those of the event store
 */
export async function watchSessions(options: WatcherOptions): Promise<void> {
  await new Watcher(options).run()
}

class Watcher {
  readonly #options: WatcherOptions
  readonly #sessions = new Map<string, Watched>()
  readonly #unjudged = new Set<string>()
  #judging: Promise<void> | undefined
  #failed: Error | undefined

  constructor(options: WatcherOptions) {
    this.#options = options
  }

  async run(): Promise<void> {
    const { events, signal } = this.#options
    const fromPosition = (await events.position()) + 1
    for await (const event of events.subscribe({ fromPosition, types: TYPES, signal })) {
      if (this.#failed) throw this.#failed
      if (event.stream.startsWith(STREAM_PREFIX)) await this.#take(event)
    }
    await this.#judging
  }

  async #take(event: RecordedEvent): Promise<void> {
    const { run, onFinding, platform } = this.#options
    const id = event.stream.slice(STREAM_PREFIX.length)
    const watched = await this.#watched(id, event)
    watched.watch.take(event)
    watched.heardMs = Math.max(watched.heardMs, Number(happenedAt(event)) / 1e6)
    if (run !== undefined && watched.watch.run !== run) return
    const isLive = platform.clock.nowMs() - watched.heardMs < LIVE_MS
    const told = findingTold(event.event, event.data)
    if (isLive && told !== undefined && 'found' in told) onFinding?.(told.found, watched.watch)
    if (!isLive) return
    this.#unjudged.add(id)
    this.#judging ??= this.#judgeSoon()
  }

  /** From its stream, whole: what comes then, it has seen. */
  async #watched(id: string, event: RecordedEvent): Promise<Watched> {
    const known = this.#sessions.get(id)
    this.#sessions.delete(id)
    const watched = known ?? {
      watch: new SessionWatch(id, this.#options.rules),
      isHalfSeen: false,
      heardMs: 0,
    }
    this.#sessions.set(id, watched)
    if (known === undefined && event.version > 1) {
      for await (const one of this.#options.events.readStream(event.stream)) watched.watch.take(one)
      for (const oldest of this.#sessions.keys()) {
        if (this.#sessions.size <= SESSIONS_MAX) break
        this.#sessions.delete(oldest)
      }
    }
    return watched
  }

  async #judgeSoon(): Promise<void> {
    const { platform, signal } = this.#options
    await platform.clock.rest(JUDGE_AFTER_MS, signal)
    try {
      for (const id of this.#unjudged) {
        this.#unjudged.delete(id)
        const watched = this.#sessions.get(id)
        if (watched && !signal.aborted) await this.#judge(watched)
      }
    } catch (error) {
      this.#failed = error as Error
    } finally {
      this.#judging = undefined
    }
  }

  async #judge(watched: Watched): Promise<void> {
    const { watch } = watched
    const stream = STREAM_PREFIX + watch.session
    const suspects = watch.due().some(({ event }) => event === FINDING_EVENTS.stuck[0])
    if (await this.#hasProgressed(watched, suspects)) return
    const due = watch.due()
    if (due.length > 0) await this.#options.events.append(stream, due)
  }

  /**
   * Git knows of changes that no tool's name tells: it is asked when a session begins, half way to a finding, and before it is told.
   * What it says becomes an event, so that whoever folds the stream later comes to the same.
   */
  async #hasProgressed(watched: Watched, suspects: boolean): Promise<boolean> {
    const { watch, seen } = watched
    const isHalf = watch.idleSteps * 2 >= this.#options.rules.settings.steps
    if (!suspects && seen !== undefined && (!isHalf || watched.isHalfSeen)) return false
    watched.isHalfSeen = isHalf
    const now = await this.#look(watched)
    if (now === undefined) return false
    watched.seen = now
    if (seen === undefined || seen.files === now.files) return false
    watched.isHalfSeen = false
    const change = seen.commit === now.commit ? 'files' : 'commit'
    const { session } = watch
    const progressed: NewEvent = {
      event: 'SessionProgressed',
      // The same files again are no progress: an agent may go back and forth.
      id: uuidFrom('SessionProgressed', session, now.files),
      data: { session, change, commit: now.commit, files: now.files },
    }
    const { appended } = await this.#options.events.append(STREAM_PREFIX + session, [progressed])
    return appended.length > 0
  }

  async #look(watched: Watched): Promise<Place | undefined> {
    const { look } = this.#options
    if (look === undefined || watched.folder === null) return undefined
    watched.folder ??= await this.#folderOf(watched.watch)
    if (watched.folder === undefined) return undefined
    const place = await look(watched.folder)
    if (place === undefined) watched.folder = null
    return place
  }

  /** Few agents tell it; a run knows where it began. */
  async #folderOf({ run, workingDirectory }: SessionWatch): Promise<string | undefined> {
    if (run === undefined) return workingDirectory
    for await (const { data } of this.#options.events.readStream(`run-${run}`, { limit: 1 })) {
      const { workingDirectory: folder } = data as { workingDirectory?: unknown }
      if (typeof folder === 'string') return folder
    }
    return workingDirectory
  }
}
