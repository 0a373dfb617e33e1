import { join, posix } from 'node:path'
import type { NewEvent, RecordedEvent } from '@spanledger/sdk/model'
import type { Decision } from './decide/decision.ts'
import type { Draft } from './events.ts'
import { applyDrafts } from './files/apply.ts'
import type { TaskFile } from './files/folder.ts'
import { type DiskStep, type Intent, Journal, takeSteps } from './files/journal.ts'
import type { KnownTasks } from './known.ts'
import { type Asking, toEvents } from './record.ts'
import { streamOf } from './task-id.ts'
import type { WorkOptions } from './work.ts'

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

/** What was decided goes into the ledger, and then to the files. Only whoever holds the lock may use it. */
export class Committing {
  readonly #options: WorkOptions
  readonly #tasks: KnownTasks
  readonly #journal: Journal

  constructor(options: WorkOptions, tasks: KnownTasks) {
    this.#options = options
    this.#tasks = tasks
    this.#journal = new Journal(options.platform, options.home)
  }

  /** Errors  UneditableError, before anything is done; as `append` */
  async commit(
    decision: Decision,
    asking: Asking,
    files: ReadonlyMap<string, TaskFile>,
  ): Promise<RecordedEvent[]> {
    const { platform, redact } = this.#options
    const { drafts } = decision
    const place = this.#streamFor(decision)
    if (drafts.length === 0 || place === undefined) return []
    const steps = stepsOf(decision, files)
    const task = this.#tasks.state.tasks.get(decision.task)
    const recorded = toEvents(platform, drafts, { task, asking, redact, atMs: undefined })
    const { stream, version } = place
    const expectedVersion = decision.refused === undefined ? version : 'any'
    return this.append({ stream, version, events: recorded, steps, expectedVersion })
  }

  /**
   * Events, and what they do to files.
   *
   * Durable  the events when it resolves; the files are written, or are by the next command
   * Errors   TaskFileError, those of the EventStore and the system
   */
  async append(change: {
    stream: string
    version: number
    events: NewEvent[]
    steps: DiskStep[]
    expectedVersion: number | 'any'
  }): Promise<RecordedEvent[]> {
    const { stream, version, events, steps, expectedVersion } = change
    const [first] = events
    if (steps.length > 0) await this.#journal.begin({ stream, event: first!.id, version: version + 1, steps })
    let appended: RecordedEvent[]
    try {
      ;({ appended } = await this.#options.events.append(stream, events, { expectedVersion }))
    } catch (error) {
      await this.#journal.end(first!.id)
      throw error
    }
    if (steps.length > 0) await this.#take(first!.id, steps)
    return appended
  }

  /** What whoever held the lock before could not finish. */
  async finishLeft(): Promise<void> {
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

  /** A refusal about work that never came to be stands with the team whose limit it was. */
  #streamFor({ task, drafts: [draft] }: Decision): { stream: string; version: number } | undefined {
    const known = this.#tasks.state.tasks.get(task)
    if (known !== undefined) return { stream: streamOf(task), version: known.version }
    if (draft?.event !== 'TaskChangeRefused') return { stream: streamOf(task), version: 0 }
    return draft.data.team === undefined ? undefined : { stream: `team-${draft.data.team}`, version: 0 }
  }
}

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
