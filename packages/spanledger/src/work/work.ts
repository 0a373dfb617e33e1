import { join } from 'node:path'
import type { Home } from '@spanledger/sdk/ledger'
import type { RecordedEvent } from '@spanledger/sdk/model'
import { type Platform, uuidv7 } from '@spanledger/sdk/platform'
import { type EventStore, ExpectedVersionConflictError } from '@spanledger/sdk/store'
import type { Projection } from '../projection/index.ts'
import { BehindLock } from './behind-lock.ts'
import { type Carrier, carrierOf } from './carrier.ts'
import { Committing } from './committing.ts'
import type { Fields } from './document/document.ts'
import { UneditableError } from './document/edit.ts'
import { decideExpiries } from './decide/claim.ts'
import { type Command, decide } from './decide/decide.ts'
import { type Moment, refuse, type Refused } from './decide/decision.ts'
import { WORK_EVENT_TYPES } from './events.ts'
import type { Finding, TaskFile } from './files/folder.ts'
import type { DiskStep } from './files/journal.ts'
import { findTask, isNoTask, type NoTask } from './find-task.ts'
import { KnownTasks } from './known.ts'
import { emptySync, Noticing, rootOf, type Synced } from './noticing.ts'
import type { Budgets, Policies, TeamPolicies } from './policies.ts'
import { POLICIES_FILE, PolicyFiles, textOf, withSettings } from './policies-file.ts'
import type { Redact } from './reconcile.ts'
import type { Asking } from './record.ts'
import type { Task } from './state.ts'
import { TaskProjection } from './task-projection.ts'
import type { WorkState } from './work-state.ts'

/** Appends that met another one on its way; each time everything is decided anew. */
const ATTEMPTS_MAX = 10

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

/** What came of a command. */
export type Ran =
  | { task: Task; events: RecordedEvent[]; carrier: Carrier; policies: Policies }
  | { refused: Refused; policies: Policies }

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
  readonly #lock: BehindLock
  readonly #policies: PolicyFiles
  readonly #tasks: KnownTasks
  readonly #noticing: Noticing
  readonly #committing: Committing

  constructor(options: WorkOptions) {
    this.#options = options
    this.#policies = new PolicyFiles(options.platform)
    this.#tasks = new KnownTasks(options.platform, options.home, options.events)
    this.#noticing = new Noticing(options, this.#tasks)
    this.#committing = new Committing(options, this.#tasks)
    this.#lock = new BehindLock(options.platform, options.home, () => this.#committing.finishLeft())
  }

  get #state(): WorkState {
    return this.#tasks.state
  }

  /** What is kept of it. */
  get projection(): Projection {
    return this.#tasks.projection
  }

  /**
   * Decides one command, records it, and lets the files follow.
   *
   * Durable  what it answers is in the ledger; the files are written, or are by the next command.
   * Errors   PoliciesError, TaskFileError, those of the EventStore and the system
   */
  async run(command: Command, given: Partial<Asking> = {}): Promise<Ran> {
    const asking = { ...this.#options.asking, ...given }
    const lost = () => (command.do === 'claim' ? this.#lost(command, asking) : Promise.resolve(undefined))
    return (await lost()) ?? this.#lock.run(() => this.#attempts(command, asking), lost)
  }

  async #attempts(command: Command, asking: Asking): Promise<Ran> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(command, asking)
      } catch (error) {
        if (!(error instanceof ExpectedVersionConflictError) || attempt === ATTEMPTS_MAX) throw error
      }
    }
  }

  /** A claim that another agent's claim stands against needs no lock: what is in the ledger is so. */
  async #lost(command: Command & { do: 'claim' }, asking: Asking): Promise<Ran | undefined> {
    await this.refresh()
    const policies = await this.policies(rootOf(command, this.#state))
    const decision = decide(this.#moment(policies, asking), command)
    const place = this.#state.find(decision.task)?.place
    if (decision.refused?.code !== 'ALREADY_CLAIMED' || place !== undefined) return undefined
    return { refused: decision.refused, policies }
  }

  async #attempt(command: Command, asking: Asking): Promise<Ran> {
    await this.refresh()
    const files = new Map<string, TaskFile>()
    const unreadable = await this.#noticing.named(command, files)
    const policies = await this.policies(rootOf(command, this.#state))
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
      events = await this.#committing.commit(decision, asking, files)
    } catch (error) {
      if (!(error instanceof UneditableError)) throw error
      const refused = { code: 'BAD_VALUE', message: error.message, next: 'change the file by hand' } as const
      return { refused, policies }
    }
    if (decision.refused !== undefined) return { refused: decision.refused, policies }
    const task = this.#state.taskAfter(decision.task, events)
    const correlation = asking.carrier?.correlationId ?? task.correlation
    const trace = asking.carrier?.traceparent.slice(3, 35)
    return { task, events, carrier: carrierOf(correlation, task.lastEvent, trace), policies }
  }

  /**
   * Records what was done to files without Spanledger, in these folders; in all that are known and the working
   * directory's unless told.
   */
  async sync(roots?: readonly string[]): Promise<Synced> {
    return this.#lock.run(async () => {
      await this.refresh()
      const all = roots ?? (await this.roots())
      const synced = emptySync(all)
      for (const root of all) await this.#noticing.syncRoot(root, synced)
      return synced
    })
  }

  /** Gives back the tasks whose agents have not been heard of for too long. */
  async expire(): Promise<RecordedEvent[]> {
    return this.#lock.run(async () => {
      await this.refresh()
      const policies = await this.policies()
      const events: RecordedEvent[] = []
      for (const decision of decideExpiries(this.#moment(policies, { agent: 'spanledger' }))) {
        const files = new Map<string, TaskFile>()
        if ((await this.#noticing.task(decision.task, files)) !== undefined) continue
        events.push(...(await this.#committing.commit(decision, { agent: 'spanledger' }, files)))
        await this.refresh()
      }
      return events
    })
  }

  /** Whether `expire` has something to do. */
  hasExpired(): boolean {
    const nowNano = this.#options.platform.clock.nowUnixNano()
    return [...this.#state.claimed].some((id) => this.#state.tasks.get(id)!.claim!.leaseUntilNano <= nowNano)
  }

  /** The tasks as their events tell them, whatever was done to files since. */
  async recorded(): Promise<WorkState> {
    await this.refresh()
    return this.#state
  }

  /** The tasks with what was done to their files since; writes nothing. */
  async look(): Promise<Look> {
    await this.refresh()
    const roots = await this.roots()
    const found = await this.#noticing.look(roots)
    return { ...found, policies: await this.policies(roots[0]), roots }
  }

  /** Changes what a team may do: in HOME/policies.yaml, and as an event. Errors  PoliciesError; the system's */
  async configureTeam(
    team: string,
    settings: { [Key in keyof TeamPolicies]?: number | null | undefined },
    given: Partial<Asking> = {},
  ): Promise<Policies> {
    return this.#configure(['teams', team], settings, given, ({ teams }) => {
      const before = teams[team] ?? {}
      return { event: 'TeamConfigured', stream: `team-${team}`, data: { team, before: before as Fields } }
    })
  }

  /** usd  null takes it away. Errors  PoliciesError; the system's */
  async configureBudget(
    scope: string,
    period: keyof Budgets[string],
    usd: number | null,
    given: Partial<Asking> = {},
  ): Promise<Policies> {
    return this.#configure(['budgets', scope], { [period]: usd }, given, ({ budgets }) => {
      const before = budgets[scope] ?? {}
      return { event: 'BudgetSet', stream: 'budgets', data: { scope, before: before as Fields } }
    })
  }

  /** told  what to record of the policies as they were; what they are after it is added */
  #configure(
    place: readonly ['teams' | 'budgets', string],
    settings: { readonly [key: string]: number | null | undefined },
    given: Partial<Asking>,
    told: (policies: Policies) => { event: string; stream: string; data: { before: Fields } },
  ): Promise<Policies> {
    const { home, platform, events } = this.#options
    const { agent } = { ...this.#options.asking, ...given }
    return this.#lock.run(async () => {
      const path = join(home.dir, POLICIES_FILE)
      const before = await textOf(platform, path)
      const text = withSettings(path, before ?? '', place, settings)
      const { event, stream, data } = told(await this.policies())
      if (text === before) return this.policies()
      const after = Object.fromEntries(
        Object.entries({ ...data.before, ...settings }).filter(
          ([, value]) => value !== undefined && value !== null,
        ),
      ) as Fields
      const version = await events.version(stream)
      const id = uuidv7(platform)
      const steps: DiskStep[] = [{ do: 'write', path, before: before ?? null, text }]
      const configured = { event, id, data: { ...data, after, by: { agent } } }
      await this.#committing.append({
        stream,
        version,
        events: [configured],
        steps,
        expectedVersion: version,
      })
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
    return this.#policies.load([this.#options.home.dir, ...(root === undefined ? [] : [root])])
  }

  /** Takes all events of tasks up to now. */
  refresh(): Promise<void> {
    return this.#tasks.refresh()
  }

  /** The folders that tasks were found in, and the working directory's. */
  roots(): Promise<string[]> {
    return this.#noticing.roots()
  }

  /** Those of them that other work is done in. */
  elsewhere(): Promise<ReadonlySet<string>> {
    return this.#noticing.elsewhere()
  }

  /** The whole id of a task as somebody in the working directory names it; one whose file was just written too. */
  async wholeId(given: string): Promise<string | NoTask> {
    if ((await this.known()).find(given) !== undefined) return given
    const found = findTask((await this.look()).state, given, await this.elsewhere())
    return isNoTask(found) ? found : found.id
  }

  findRoot(): Promise<string | undefined> {
    return this.#noticing.findRoot()
  }

  /**
   * A past state: what had happened by then, or what the ledger can have held by then.
   *
   * recorded  Nothing is appended before it happened, so all from the first later event on are left out.
   */
  async past({ nanos, recorded }: { nanos: bigint; recorded: boolean }): Promise<WorkState> {
    const projection = new TaskProjection()
    for await (const event of this.#options.events.readAll({ types: WORK_EVENT_TYPES })) {
      if (BigInt((recorded ? event.recorded : undefined) ?? event.time) <= nanos)
        await projection.evolve([event])
      else if (recorded) break
    }
    return projection.state
  }

  async close(): Promise<void> {
    if (this.#options.home.readOnly) return
    await this.#lock.close()
    await this.#tasks.close()
  }

  #moment(policies: Policies, { agent, session }: Asking): Moment {
    const { platform } = this.#options
    const by = { agent, ...(session === undefined ? {} : { session }) }
    return {
      state: this.#state,
      policies,
      nowNano: platform.clock.nowUnixNano(),
      by,
      random: platform.random(1)[0]!,
    }
  }
}
