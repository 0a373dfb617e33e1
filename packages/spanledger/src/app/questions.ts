import { homedir } from 'node:os'
import type { Home } from '@spanledger/sdk/ledger'
import type { NewEvent } from '@spanledger/sdk/model'
import type { Platform } from '@spanledger/sdk/platform'
import type { EventStore } from '@spanledger/sdk/store'
import type { SessionReadModel, WrittenLines } from '../projection/index.ts'
import type { Queries } from '../query/index.ts'
import type { IngestCounts } from '../receive/index.ts'
import type { Tying } from '../ties/index.ts'
import type { Work } from '../work/index.ts'
import { loadConfig } from './load-config.ts'
import { readDaemonFile } from './daemon-file.ts'
import { takeHooksOf } from './take-hooks.ts'
import { openRedactor, openTranscoder } from './transcode.ts'
import { openWork } from './tasks.ts'
import { VERSION } from './version.ts'
import type { Watching } from './watching.ts'

/** Everything that answers questions about one home, opened by the first that is asked. */
export interface Questions {
  /** Errors  those of the disk; what is merely wrong with a question is answered as a refusal. */
  run(name: string, params: unknown): Promise<unknown>
  /** The same for other processes: refuses what writes or streams. */
  answer(name: string, params: unknown): Promise<unknown>
  /** Lines that a coding agent's adapter may want, right after they were written. Never throws. */
  observe(written: WrittenLines): void
  /** Records edits of task files as they are made, until the signal aborts. Never throws. */
  follow(signal: AbortSignal, warn: (message: string) => void): Promise<void>
  work(): Promise<Work>
  tying(): Promise<Tying>
  /** Ends the sessions of a run that has ended, where it had any. */
  settle(run: string): Promise<void>
  /** Hooks that ran -> events. Errors: those of the event store and of the disk. */
  takeHooks(): Promise<void>
  /** How many were not there yet. Errors  those of the event store. */
  append(stream: string, events: readonly NewEvent[]): Promise<number>
  /** Judges sessions while they work, until the signal aborts. Never throws. */
  watch(watching: Watching): Promise<void>
  /** What a close() that comes soon would wait for is cut short: the next process goes on with it. */
  hurry(): void
  close(): Promise<void>
}

/** How long a daemon that ends still makes events of what agents sent. */
const HURRY_MS = 1_000
/** How long after an agent's lines, at most, the sessions are caught up with the whole ledger. */
const SETTLE_MS = 2_000

/** received  what the daemon took in since it started, for `status` */
export function createQuestions(
  platform: Platform,
  home: Home,
  options: { received?: IngestCounts } = {},
): Questions {
  const closing = new AbortController()
  const events = once(async (): Promise<EventStore> => {
    const { openEventStore } = await import('@spanledger/sdk/store')
    return openEventStore(platform, home)
  })
  const sessions = once(async (): Promise<SessionReadModel> => {
    const { loadPrices, openSessionReadModel } = await import('../projection/index.ts')
    return openSessionReadModel({
      platform,
      home,
      events: await events(),
      prices: await loadPrices(platform, home),
      closing: closing.signal,
    })
  })
  const work = once(async (): Promise<Work> => openWork(platform, home, await events()))
  const tying = once(async (): Promise<Tying> => {
    const [{ Tying: Opened }, { git }] = await Promise.all([
      import('../ties/index.ts'),
      import('../worktrees/index.ts'),
    ])
    const { clock } = platform
    return new Opened({ clock, events: await events(), sessions: await sessions(), work: await work(), git })
  })
  const queries = once(async (): Promise<Queries> => {
    const { openQueries } = await import('../query/index.ts')
    return openQueries({
      platform,
      home,
      version: VERSION,
      events,
      sessions,
      work,
      transcoder: () => openTranscoder(home),
      redactor: () => openRedactor(home),
      input: () => process.stdin,
      user: { home: homedir(), env: process.env },
      retention: async () => (await loadConfig(home.dir)).retention,
      async daemon() {
        const file = await readDaemonFile(platform, home)
        return file && { ...file, ...options, pid: file.process.pid }
      },
    })
  })

  let taking: Promise<void> | undefined
  const takeHooks = (): Promise<void> => {
    if (home.readOnly) return Promise.resolve()
    taking ??= takeHooksOf(platform, home, events).finally(() => (taking = undefined))
    return taking
  }
  // A question sees the hooks that ran before it; where they cannot be taken, it is answered all the same.
  const asked = async (): Promise<Queries> => {
    await takeHooks().catch(() => {})
    return queries()
  }

  let settling: NodeJS.Timeout | undefined
  const settleLater = (): void => {
    if (settling !== undefined) return
    settling = setTimeout(() => {
      settling = undefined
      void sessions()
        .then((model) => model.refresh())
        .catch(() => {})
    }, SETTLE_MS)
    settling.unref()
  }

  return {
    async run(name, params) {
      return (await asked()).run(name, params)
    },
    async answer(name, params) {
      return (await asked()).answer(name, params)
    },
    observe(written) {
      // What fails here stands in the ledger all the same: the next refresh, or the next question, comes by it again.
      void sessions()
        .then((model) => model.observe(written))
        .catch(() => {})
      settleLater()
    },
    async follow(signal, warn) {
      try {
        const { followTasks } = await import('../work/index.ts')
        await followTasks(platform, await work(), { signal, warn })
      } catch (error) {
        warn(`tasks are not followed: ${(error as Error).message}`)
      }
    },
    takeHooks,
    async watch(watching) {
      try {
        const { watch } = await import('./watching.ts')
        await watch(platform, home, await events(), watching)
      } catch (error) {
        watching.warn(`sessions are not watched: ${(error as Error).message}`)
      }
    },
    work,
    tying,
    async settle(run) {
      // A command that is no agent opened none.
      if (sessions.opened) await (await tying()).look({ of: (session) => session.run === run })
    },
    async append(stream, appended) {
      return (await (await events()).append(stream, appended)).appended.length
    },
    hurry() {
      setTimeout(() => closing.abort(), HURRY_MS).unref()
    },
    async close() {
      clearTimeout(settling)
      if (queries.opened) (await queries()).close()
      if (work.opened) await (await work()).close()
      if (sessions.opened && !home.readOnly) {
        const model = await sessions()
        // What cannot be kept is derived again by whoever comes next.
        await model
          .refresh()
          .then(() => model.close())
          .catch(() => {})
      }
      if (events.opened) await (await events()).close()
    },
  }
}

/** Opens at the first call; a failure is not kept. */
function once<T>(open: () => Promise<T>): (() => Promise<T>) & { readonly opened: boolean } {
  let opened: Promise<T> | undefined
  const call = (): Promise<T> => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined
      throw error
    })
    return opened
  }
  return Object.defineProperty(call, 'opened', { get: () => opened !== undefined }) as typeof call & {
    opened: boolean
  }
}
