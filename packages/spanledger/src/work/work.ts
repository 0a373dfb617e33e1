import { join, posix } from 'node:path'
import { type Home, Lock } from '@spanledger/sdk/ledger'
import type { RecordedEvent } from '@spanledger/sdk/model'
import { type Platform, uuidv7 } from '@spanledger/sdk/platform'
import { type AppendBatch, type EventStore, ExpectedVersionConflictError } from '@spanledger/sdk/store'
import { type Carrier, carrierOf } from './carrier.ts'
import type { Fields } from './document/document.ts'
import { UneditableError } from './document/edit.ts'
import { decideExpiries } from './decide/claim.ts'
import { type Command, decide } from './decide/decide.ts'
import { type Decision, type Moment, refuse, type Refused } from './decide/decision.ts'
import { type Draft, WORK_EVENT_TYPES } from './events.ts'
import { applyDrafts } from './files/apply.ts'
import { type Finding, type Scanned, type TaskFile, TaskFolders } from './files/folder.ts'
import { type DiskStep, type Intent, Journal, takeSteps } from './files/journal.ts'
import { findRoot } from './files/roots.ts'
import type { Policies, TeamPolicies } from './policies.ts'
import { loadPolicies, POLICIES_FILE, textOf, withTeam } from './policies-file.ts'
import { type Noticed, noticedIn, reconcile, type Redact } from './reconcile.ts'
import { type Asking, toEvents } from './record.ts'
import { type Task, WorkState } from './state.ts'
import { isTaskId, streamOf } from './task-id.ts'

/** Appends that met another one on its way; each time everything is decided anew. */
const ATTEMPTS_MAX = 10
/** Edits recorded with one wait for the disk. */
const BATCHES_AT_ONCE = 500

export interface WorkOptions {
  platform: Platform
  home: Home
  events: EventStore
  /** Takes secrets out of what people write, before it reaches the ledger. */
  redact: Redact
  workingDirectory: string
  /** Where `.scopecraft` is. */
  userHome: string
  /** Who asks where a command does not say. */
  asking: Asking
}

/** The file of a task could not be written, although its event is in the ledger. */
class TaskFileError extends Error {
  readonly code = 'TASK_FILE'
  constructor(path: string, cause: unknown) {
    super(
      `it is recorded, but ${path} could not be written (${(cause as Error).message}): the next command about tasks tries again`,
      { cause },
    )
  }
}

/** What came of a command. */
export type Ran =
  | { task: Task; events: RecordedEvent[]; carrier: Carrier; policies: Policies }
  | { refused: Refused; policies: Policies }

export interface Synced {
  roots: string[]
  /** Tasks read. */
  tasks: number
  events: RecordedEvent[]
  findings: Finding[]
}

/** Everything about tasks as it is now. */
interface Look {
  state: WorkState
  policies: Policies
  /** Edits of files that no event tells yet; they are in `state` nevertheless. */
  unrecorded: number
  findings: Finding[]
  roots: string[]
}

/**
 * Tasks and who works on them. Events decide, files follow; any number of processes may do this at once.
 *
 * Every change is decided behind one lock of the home, so that what spans tasks (limits, dependencies, files) cannot be
 * overtaken; each append names the version it was decided at, so that even a lock that failed could make no second
 * winner. Source: docs/adr/0015-work-is-decided-behind-one-lock.md
 */
export class Work {
  readonly #options: WorkOptions
  readonly #lock: Lock
  readonly #journal: Journal
  readonly #folders: TaskFolders
  #state = new WorkState()
  #turn: Promise<unknown> = Promise.resolve()
  #refreshed: Promise<void> = Promise.resolve()

  constructor(options: WorkOptions) {
    this.#options = options
    this.#lock = new Lock(options.platform, options.home, 'work.lock')
    this.#journal = new Journal(options.platform, options.home)
    this.#folders = new TaskFolders(options.platform)
  }

  /**
   * Decides one command, records it, and lets the files follow.
   *
   * Durable  what it answers is in the ledger; the files are written, or are by the next command.
   * Errors   PoliciesError, TaskFileError, those of the EventStore and the system
   */
  async run(command: Command, given: Partial<Asking> = {}): Promise<Ran> {
    const asking = { ...this.#options.asking, ...given }
    const lost = command.do === 'claim' ? await this.#lost(command, asking) : undefined
    if (lost !== undefined) return lost
    return this.#exclusive(async () => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await this.#attempt(command, asking)
        } catch (error) {
          if (!(error instanceof ExpectedVersionConflictError) || attempt === ATTEMPTS_MAX) throw error
        }
      }
    })
  }

  /**
   * A claim that another agent's claim stands against needs no lock: what is in the ledger is so. With 8 processes after the
   * same tasks seven of eight lose, and waited for their turn to be told (bench/claims on a busy machine: 57 claims won a second instead of 38).
   */
  async #lost(command: Command & { do: 'claim' }, asking: Asking): Promise<Ran | undefined> {
    await this.refresh()
    const policies = await this.policies(this.#rootOf(command))
    const decision = decide(this.#moment(policies, asking), command)
    const place = this.#state.find(decision.task)?.place
    if (decision.refused?.code !== 'ALREADY_CLAIMED' || place !== undefined) return undefined
    return { refused: decision.refused, policies }
  }

  async #attempt(command: Command, asking: Asking): Promise<Ran> {
    await this.refresh()
    const files = new Map<string, TaskFile>()
    const unreadable = await this.#noticeNamed(command, files)
    const policies = await this.policies(this.#rootOf(command))
    const moment = this.#moment(policies, asking)
    const decision =
      unreadable === undefined
        ? decide(moment, command)
        : refuse(
            moment,
            { task: unreadable.path, command: command.do },
            'TASK_UNREADABLE',
            `${join(unreadable.root, unreadable.path)}${unreadable.line === undefined ? '' : `:${unreadable.line}`} ${unreadable.message}`,
            'mend the file; nothing was changed',
          )
    let events: RecordedEvent[]
    try {
      events = await this.#commit(decision, asking, files)
    } catch (error) {
      if (!(error instanceof UneditableError)) throw error
      const refused = { code: 'BAD_VALUE', message: error.message, next: 'change the file by hand' } as const
      return { refused, policies }
    }
    if (decision.refused !== undefined) return { refused: decision.refused, policies }
    const task = this.#state.tasks.get(decision.task)!
    const correlation = asking.carrier?.correlationId ?? task.correlation
    const trace = asking.carrier?.traceparent.slice(3, 35)
    return { task, events, carrier: carrierOf(correlation, task.lastEvent, trace), policies }
  }

  /**
   * Records what was done to files without Spanledger, in these folders; in all that are known and the working
   * directory's unless told.
   */
  async sync(roots?: readonly string[]): Promise<Synced> {
    return this.#exclusive(async () => {
      await this.refresh()
      const all = roots ?? (await this.roots())
      const synced: Synced = { roots: [...all], tasks: 0, events: [], findings: [] }
      for (const root of all) await this.#syncRoot(root, synced)
      return synced
    })
  }

  /** Gives back the tasks whose agents have not been heard of for too long. */
  async expire(): Promise<RecordedEvent[]> {
    return this.#exclusive(async () => {
      await this.refresh()
      const policies = await this.policies()
      const events: RecordedEvent[] = []
      for (const decision of decideExpiries(this.#moment(policies, { agent: 'spanledger' }))) {
        const files = new Map<string, TaskFile>()
        if ((await this.#noticeTask(decision.task, files)) !== undefined) continue
        events.push(...(await this.#commit(decision, { agent: 'spanledger' }, files)))
      }
      return events
    })
  }

  /** Whether `expire` has something to do. */
  hasExpired(): boolean {
    const nowNano = this.#options.platform.clock.nowUnixNano()
    return [...this.#state.claimed].some((id) => this.#state.tasks.get(id)!.claim!.leaseUntilNano <= nowNano)
  }

  /** The tasks with what was done to their files since; writes nothing. */
  async look(): Promise<Look> {
    await this.refresh()
    const roots = await this.roots()
    let state = this.#state
    let unrecorded = 0
    const findings: Finding[] = []
    for (const root of roots) {
      const found = await this.#reconcile(await this.#folders.scan(root))
      findings.push(...found.findings)
      if (found.noticed.length > 0 && state === this.#state) state = state.copy()
      for (const one of found.noticed) {
        unrecorded += one.drafts.length
        this.#takeUnrecorded(state, one)
      }
    }
    return { state, policies: await this.policies(roots[0]), unrecorded, findings, roots }
  }

  /** Changes what a team may do: in HOME/policies.yaml, and as an event. Errors  PoliciesError; the system's */
  async configureTeam(
    team: string,
    settings: { [Key in keyof TeamPolicies]?: number | null | undefined },
    given: Partial<Asking> = {},
  ): Promise<Policies> {
    const { home, platform, events } = this.#options
    const { agent } = { ...this.#options.asking, ...given }
    return this.#exclusive(async () => {
      const path = join(home.dir, POLICIES_FILE)
      const before = await textOf(platform, path)
      const text = withTeam(path, before ?? '', team, settings)
      const was = (await this.policies()).teams[team] ?? {}
      const is = Object.fromEntries(
        Object.entries({ ...was, ...settings }).filter(([, value]) => value !== undefined && value !== null),
      )
      if (text === before) return this.policies()
      const data = { team, before: was as Fields, after: is as Fields, by: { agent } }
      const stream = `team-${team}`
      const version = await events.version(stream)
      const id = uuidv7(platform)
      const steps: DiskStep[] = [{ do: 'write', path, before: before ?? null, text }]
      await this.#journal.begin({ stream, event: id, version: version + 1, steps })
      await events.append(stream, [{ event: 'TeamConfigured', id, data }], { expectedVersion: version })
      await this.#take(id, steps)
      return this.policies()
    })
  }

  /** The tasks as the events tell them. */
  async known(): Promise<WorkState> {
    await this.refresh()
    return this.#state
  }

  /** Policies of the home, over them those of a folder of tasks. Errors  PoliciesError */
  policies(root?: string): Promise<Policies> {
    const { platform, home } = this.#options
    return loadPolicies(platform, [home.dir, ...(root === undefined ? [] : [root])])
  }

  /** Takes all events of tasks up to now. */
  refresh(): Promise<void> {
    const refreshed = this.#refreshed.then(() => this.#readOn())
    this.#refreshed = refreshed.catch(() => {})
    return refreshed
  }

  /** The folders that tasks were found in, and the working directory's. */
  async roots(): Promise<string[]> {
    const roots = new Set<string>()
    const here = await this.findRoot()
    if (here !== undefined) roots.add(here)
    for (const { place } of this.#state.present()) if (place !== undefined) roots.add(place.root)
    return [...roots]
  }

  findRoot(): Promise<string | undefined> {
    const { platform, workingDirectory, userHome } = this.#options
    return findRoot(platform, workingDirectory, userHome)
  }

  /**
   * A past state: what had happened by then, or what the ledger can have held by then.
   *
   * recorded  Nothing is appended before it happened, so all from the first later event on are left out.
   */
  async past({ nanos, recorded }: { nanos: bigint; recorded: boolean }): Promise<WorkState> {
    const state = new WorkState()
    for await (const event of this.#options.events.readAll({ types: WORK_EVENT_TYPES })) {
      if (BigInt(event.time) <= nanos) state.take(event)
      else if (recorded) break
    }
    return state
  }

  async close(): Promise<void> {
    await this.#turn
    if (!this.#options.home.readOnly) await this.#lock.close()
  }

  async #readOn(): Promise<void> {
    const { events } = this.#options
    const options = { fromPosition: this.#state.position + 1, types: WORK_EVENT_TYPES }
    for await (const event of events.readAll(options)) this.#state.take(event)
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(async () => {
      await this.#lock.acquire()
      try {
        await this.#finishLeft()
        return await work()
      } finally {
        await this.#lock.release()
      }
    })
    this.#turn = result.catch(() => {})
    return result
  }

  async #finishLeft(): Promise<void> {
    for (const intent of await this.#journal.left()) {
      if (!(await this.#isRecorded(intent))) await this.#journal.end(intent.event)
      // What still cannot be written is tried again by the next command.
      else await this.#take(intent.event, intent.steps).catch(() => {})
    }
  }

  async #isRecorded({ stream, event, version }: Intent): Promise<boolean> {
    for await (const { id } of this.#options.events.readStream(stream, { fromVersion: version, limit: 1 }))
      return id === event
    return false
  }

  async #take(event: string, steps: readonly DiskStep[]): Promise<void> {
    try {
      await takeSteps(this.#options.platform, steps)
    } catch (error) {
      const [step] = steps
      throw new TaskFileError(step!.do === 'rename' ? step!.from : step!.path, error)
    }
    await this.#journal.end(event)
  }

  /** Makes the files of the tasks that a command names known; the first that cannot be read is returned. */
  async #noticeNamed(command: Command, files: Map<string, TaskFile>): Promise<Finding | undefined> {
    const named = [
      ...('id' in command ? [command.id] : []),
      ...('parent' in command && command.parent !== undefined ? [command.parent] : []),
      ...('ids' in command ? command.ids : []),
    ]
    for (const id of named) {
      if (!isTaskId(id)) continue
      // Perhaps somebody just wrote it.
      if (this.#state.find(id) === undefined) {
        const root = await this.findRoot()
        if (root !== undefined) await this.#syncRoot(root, emptySync())
      }
      const finding = await this.#noticeTask(id, files)
      if (finding !== undefined) return finding
    }
    // So that a new file meets no name that is there already.
    const root = command.do === 'create' ? this.#rootOf(command) : undefined
    if (root !== undefined) await this.#syncRoot(root, emptySync())
    if (command.do === 'claim' && 'title' in command)
      for (const task of this.#state.present())
        if (task.title === command.title && task.place !== undefined) {
          const finding = await this.#noticeTask(task.id, files)
          if (finding !== undefined) return finding
        }
    return undefined
  }

  async #noticeTask(id: string, files: Map<string, TaskFile>): Promise<Finding | undefined> {
    const task = this.#state.find(id)
    if (task?.place === undefined) return undefined
    const { root, path } = task.place
    let file = await this.#folders.read(root, path)
    // It may stand elsewhere now; else it was deleted.
    if (file === undefined || (!('code' in file) && file.id !== id)) {
      const synced = emptySync()
      await this.#syncRoot(root, synced)
      const place = this.#state.find(id)?.place
      if (place === undefined) return undefined
      file = await this.#folders.read(place.root, place.path)
      if (file === undefined) return synced.findings[0]
    }
    if ('code' in file) return file
    files.set(id, file)
    const { drafts } = noticedIn(this.#state.find(id), file, this.#options.redact)
    if (drafts.length > 0) await this.#record([{ task: id, drafts, atMs: file.modifiedMs }], emptySync())
    return undefined
  }

  async #syncRoot(root: string, synced: Synced): Promise<void> {
    const scanned = await this.#folders.scan(root)
    const { noticed, findings } = await this.#reconcile(scanned)
    synced.tasks += scanned.files.length
    synced.findings.push(...findings)
    for (let from = 0; from < noticed.length; from += BATCHES_AT_ONCE)
      await this.#record(noticed.slice(from, from + BATCHES_AT_ONCE), synced)
  }

  async #reconcile(scanned: Scanned): Promise<ReturnType<typeof reconcile>> {
    const there = new Set<string>()
    for (const { id, root } of scanned.files) {
      const place = this.#state.find(id)?.place
      if (place === undefined || place.root === root) continue
      if ((await this.#folders.read(place.root, place.path)) !== undefined) there.add(id)
    }
    return reconcile(this.#state, scanned, this.#options.redact, ({ id }) => there.has(id))
  }

  async #record(noticed: readonly Noticed[], synced: Synced): Promise<void> {
    const batches = noticed.map((one) => this.#batchOf(one))
    const { events } = this.#options
    const appended = await events.appendMany(batches).catch(async (error: { code?: string }) => {
      if (error.code !== 'EVENT_TOO_LARGE') throw error
      // One by one, so that the others are recorded and this one is named.
      const results = []
      for (const batch of batches) {
        try {
          results.push(await events.append(batch.stream, batch.events, { expectedVersion: 'any' }))
        } catch (cause) {
          if ((cause as { code?: string }).code !== 'EVENT_TOO_LARGE') throw cause
          const { place } = this.#state.find(batch.stream.slice('task-'.length)) ?? {}
          synced.findings.push({
            code: 'NOT_RECORDED',
            root: place?.root ?? '',
            path: place?.path ?? batch.stream,
            message: (cause as Error).message,
          })
        }
      }
      return results
    })
    for (const result of appended) synced.events.push(...result.appended)
    await this.refresh()
  }

  #batchOf({ task: id, drafts, atMs }: Noticed): AppendBatch {
    const { platform, redact } = this.#options
    const task = this.#state.tasks.get(id)
    const nowMs = platform.clock.nowMs()
    // When the file was written, but neither before what is known of it nor in the future.
    const knownMs = task === undefined ? 0 : Number(task.changedNano / 1_000n) / 1_000
    const at = atMs === undefined ? nowMs : Math.min(nowMs, Math.max(atMs, knownMs))
    const events = toEvents(platform, drafts, { task, asking: { agent: 'files' }, redact, atMs: at })
    return { stream: streamOf(id), events, expectedVersion: task?.version ?? 0 }
  }

  #takeUnrecorded(state: WorkState, { task: id, drafts, atMs }: Noticed): void {
    const known = state.tasks.get(id)
    for (const draft of drafts) {
      const time = String(BigInt(Math.round((atMs ?? this.#options.platform.clock.nowMs()) * 1000)) * 1000n)
      const version = known?.version ?? 0
      const unrecorded = { ...draft, id: '', stream: streamOf(id), version, position: state.position, time }
      state.take(unrecorded as RecordedEvent)
    }
  }

  #rootOf(command: Command): string | undefined {
    if (command.do === 'create' && command.parent === undefined) return command.root
    const id = 'id' in command ? command.id : 'parent' in command ? command.parent : undefined
    return id === undefined ? undefined : this.#state.find(id)?.place?.root
  }

  #moment(policies: Policies, { agent }: Asking): Moment {
    const { platform } = this.#options
    const by = { agent }
    return {
      state: this.#state,
      policies,
      nowNano: platform.clock.nowUnixNano(),
      by,
      random: platform.random(1)[0]!,
    }
  }

  async #commit(
    decision: Decision,
    asking: Asking,
    files: ReadonlyMap<string, TaskFile>,
  ): Promise<RecordedEvent[]> {
    const { platform, events, redact } = this.#options
    const { drafts } = decision
    const place = this.#streamFor(decision)
    if (drafts.length === 0 || place === undefined) return []
    const steps = stepsOf(decision, files)
    const task = this.#state.tasks.get(decision.task)
    const recorded = toEvents(platform, drafts, { task, asking, redact, atMs: undefined })
    const [first] = recorded
    const { stream, version } = place
    if (steps.length > 0) await this.#journal.begin({ stream, event: first!.id, version: version + 1, steps })
    const options = decision.refused === undefined ? { expectedVersion: version } : {}
    let appended: RecordedEvent[]
    try {
      ;({ appended } = await events.append(stream, recorded, options))
    } catch (error) {
      await this.#journal.end(first!.id)
      throw error
    }
    if (steps.length > 0) await this.#take(first!.id, steps)
    await this.refresh()
    return appended
  }

  /** A refusal about work that never came to be stands with the team whose limit it was. */
  #streamFor({ task, drafts: [draft] }: Decision): { stream: string; version: number } | undefined {
    const known = this.#state.tasks.get(task)
    if (known !== undefined) return { stream: streamOf(task), version: known.version }
    if (draft?.event !== 'TaskChangeRefused') return { stream: streamOf(task), version: 0 }
    return draft.data.team === undefined ? undefined : { stream: `team-${draft.data.team}`, version: 0 }
  }
}

const emptySync = (): Synced => ({ roots: [], tasks: 0, events: [], findings: [] })

/** What a decision does to the disk: files go to their new places first, then their new text is written there. */
function stepsOf({ steps, drafts, task }: Decision, files: ReadonlyMap<string, TaskFile>): DiskStep[] {
  const disk: DiskStep[] = []
  const file = files.get(task)
  let path = file?.path
  for (const step of steps) {
    const at = (within: string): string => join(step.root, within)
    if (step.do === 'rename') {
      disk.push({ do: 'rename', from: at(step.from), to: at(step.to) })
      if (path === step.from) path = step.to
      else if (path?.startsWith(`${step.from}/`) === true)
        path = posix.join(step.to, path.slice(step.from.length))
    } else if (step.do === 'create')
      disk.push({ do: 'write', path: at(step.path), before: null, text: step.text })
    else if (file !== undefined) disk.push({ do: 'remove', path: at(step.path), before: file.document.text })
  }
  if (file === undefined || drafts.some(({ event }) => event === 'TaskDeleted')) return disk
  const before = file.document.text
  const text = applyDrafts(before, drafts as Draft[])
  if (text !== before) disk.push({ do: 'write', path: join(file.root, path!), before, text })
  return disk
}
