import { dirname } from 'node:path'
import type { RecordedEvent } from '@spanledger/sdk/model'
import type { AppendBatch } from '@spanledger/sdk/store'
import type { Command } from './decide/decide.ts'
import { type Finding, type Scanned, type TaskFile, TaskFolders } from './files/folder.ts'
import { findRoot, isFolder, repositoryOf } from './files/roots.ts'
import type { KnownTasks } from './known.ts'
import { type Noticed, noticedIn, reconcile } from './reconcile.ts'
import { toEvents } from './record.ts'
import { isTaskId, streamOf, taskOf } from './task-id.ts'
import type { WorkOptions } from './work.ts'
import type { WorkState } from './work-state.ts'

/** Edits recorded with one wait for the disk. */
const BATCHES_AT_ONCE = 500

export interface Synced {
  roots: string[]
  /** Tasks read. */
  tasks: number
  events: RecordedEvent[]
  findings: Finding[]
}

export const emptySync = (roots: readonly string[] = []): Synced => ({
  roots: [...roots],
  tasks: 0,
  events: [],
  findings: [],
})

/** What people and other tools did to the files of tasks: compared with what the events tell, and recorded. */
export class Noticing {
  readonly #options: WorkOptions
  readonly #tasks: KnownTasks
  readonly #folders: TaskFolders

  constructor(options: WorkOptions, tasks: KnownTasks) {
    this.#options = options
    this.#tasks = tasks
    this.#folders = new TaskFolders(options.platform)
  }

  get #state(): WorkState {
    return this.#tasks.state
  }

  /** The folder of tasks that the working directory means. */
  findRoot(): Promise<string | undefined> {
    const { platform, workingDirectory, userHome } = this.#options
    return findRoot(platform, workingDirectory, userHome)
  }

  /** The folders that tasks were found in, and the working directory's; not those that are gone with all around them. */
  async roots(): Promise<string[]> {
    const { platform } = this.#options
    const here = await this.findRoot()
    const known = new Set<string>()
    for (const { place } of this.#state.present()) if (place !== undefined) known.add(place.root)
    const roots = new Set(here === undefined ? [] : [here])
    for (const root of known) if (await isFolder(platform, dirname(root))) roots.add(root)
    return [...roots]
  }

  /** Folders of tasks that are neither the working directory's nor of its repository. */
  async elsewhere(): Promise<ReadonlySet<string>> {
    const { platform, workingDirectory } = this.#options
    const here = await this.findRoot()
    const repository = await repositoryOf(platform, workingDirectory)
    const found = new Set<string>()
    for (const root of await this.roots()) {
      const its = await repositoryOf(platform, root)
      const isHere = root === here || (its === undefined ? here === undefined : its === repository)
      if (!isHere) found.add(root)
    }
    return found
  }

  /** The tasks with what was done to their files since; writes nothing. */
  async look(
    roots: readonly string[],
  ): Promise<{ state: WorkState; unrecorded: number; findings: Finding[] }> {
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
    return { state, unrecorded, findings }
  }

  /** Makes the files of the tasks that a command names known; the first that cannot be read is returned. */
  async named(command: Command, files: Map<string, TaskFile>): Promise<Finding | undefined> {
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
        if (root !== undefined) await this.syncRoot(root, emptySync())
      }
      const finding = await this.task(id, files)
      // What went with its folder can be given up.
      if (command.do === 'delete' && finding?.code === 'FOLDER_GONE') continue
      if (finding !== undefined) return finding
    }
    // So that a new file meets no name that is there already.
    const root = command.do === 'create' ? rootOf(command, this.#state) : undefined
    if (root !== undefined) await this.syncRoot(root, emptySync())
    if (command.do === 'claim' && 'title' in command)
      for (const task of this.#state.titled(command.title))
        if (task.place !== undefined) {
          const finding = await this.task(task.id, files)
          if (finding !== undefined) return finding
        }
    return undefined
  }

  /** The same for one task; its file goes into `files`. */
  async task(id: string, files: Map<string, TaskFile>): Promise<Finding | undefined> {
    const task = this.#state.find(id)
    if (task?.place === undefined) return undefined
    const { root, path } = task.place
    let file = await this.#folders.read(root, path)
    // It may stand elsewhere now; else it was deleted.
    if (file === undefined || (!('code' in file) && file.id !== id)) {
      const synced = emptySync()
      await this.syncRoot(root, synced)
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

  /** Records what was done to a folder of tasks. */
  async syncRoot(root: string, synced: Synced): Promise<void> {
    const scanned = await this.#folders.scan(root)
    const { noticed, findings } = await this.#reconcile(scanned)
    synced.tasks += scanned.files.length
    synced.findings.push(...findings)
    for (let from = 0; from < noticed.length; from += BATCHES_AT_ONCE)
      await this.#record(noticed.slice(from, from + BATCHES_AT_ONCE), synced)
  }

  async #reconcile(scanned: Scanned): Promise<ReturnType<typeof reconcile>> {
    const there = new Set<string>()
    const kin = new Map<string, boolean>()
    for (const { id, root } of scanned.files) {
      const place = this.#state.find(id)?.place
      if (place === undefined || place.root === root) continue
      if ((await this.#folders.read(place.root, place.path)) === undefined) continue
      there.add(id)
      if (!kin.has(place.root)) kin.set(place.root, await this.#areOfOneRepository(place.root, root))
    }
    return reconcile(
      this.#state,
      scanned,
      this.#options.redact,
      ({ id }) => there.has(id),
      ({ place }) => kin.get(place!.root) === true,
    )
  }

  /** Every worktree of a repository has the tasks that were committed. */
  async #areOfOneRepository(one: string, other: string): Promise<boolean> {
    const { platform } = this.#options
    const repository = await repositoryOf(platform, one)
    return repository !== undefined && repository === (await repositoryOf(platform, other))
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
          const { place } = this.#state.find(taskOf(batch.stream)!) ?? {}
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
    await this.#tasks.refresh()
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
}

/** The folder of tasks that a command is about. */
export function rootOf(command: Command, state: WorkState): string | undefined {
  if (command.do === 'create' && command.parent === undefined) return command.root
  const id = 'id' in command ? command.id : 'parent' in command ? command.parent : undefined
  return id === undefined ? undefined : state.find(id)?.place?.root
}
