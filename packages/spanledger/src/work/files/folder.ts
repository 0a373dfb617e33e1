import { join, posix } from 'node:path'
import { type Platform, readWhole, systemCode } from '@spanledger/sdk/platform'
import { parseTask, type TaskDocument } from '../document/document.ts'
import { isTaskId } from '../task-id.ts'
import { OVERVIEW } from '../decide/move.ts'

/** Larger files are reported and left alone: an event holds a task's text twice, and at most 1 MiB. */
export const TASK_BYTES_MAX = 256 * 1024
/** Further files of one folder of tasks are reported and left alone. */
const TASKS_MAX = 20_000
/** `archive/2026-11/parent/01_x.task.md` is 4. */
const DEPTH_MAX = 6

type FindingCode =
  | 'BROKEN_FRONT_MATTER'
  | 'NOT_UTF8'
  | 'TOO_LARGE'
  | 'TOO_MANY'
  | 'SYMBOLIC_LINK'
  | 'UNREADABLE'
  | 'BAD_ID'
  | 'DUPLICATE_ID'
  | 'UNKNOWN_STATUS'
  | 'CYCLE'
  | 'FOLDER_GONE'
  | 'NOT_RECORDED'

/** Something a person should look at; the file is left as it is. */
export interface Finding {
  code: FindingCode
  root: string
  path: string
  line?: number
  message: string
}

export interface TaskFile {
  root: string
  /** Within the root, with `/`. */
  path: string
  id: string
  parent: string | undefined
  order: number | undefined
  modifiedMs: number
  document: TaskDocument
}

export interface Scanned {
  root: string
  files: TaskFile[]
  findings: Finding[]
  /** False when the folder itself cannot be read: then nothing can be said of its files. */
  isThere: boolean
}

interface Kept {
  mark: string
  file: TaskFile | Finding
}

/** Reads folders of tasks; files that did not change since are not read again. */
export class TaskFolders {
  readonly #platform: Platform
  readonly #kept = new Map<string, Kept>()

  constructor(platform: Platform) {
    this.#platform = platform
  }

  /** Order  by path */
  async scan(root: string): Promise<Scanned> {
    const scanned: Scanned = { root, files: [], findings: [], isThere: true }
    try {
      await this.#folder(scanned, '', 0)
    } catch (error) {
      scanned.isThere = false
      const message = systemCode(error) ?? String(error)
      scanned.findings.push({ code: 'FOLDER_GONE', root, path: '', message: `cannot be read: ${message}` })
    }
    return scanned
  }

  /** One file as it is now; undefined when it is not there. */
  async read(root: string, path: string): Promise<TaskFile | Finding | undefined> {
    const full = join(root, path)
    const finding = (code: FindingCode, message: string): Finding => ({ code, root, path, message })
    try {
      const stat = await this.#platform.files.stat(full)
      if (stat === undefined) return undefined
      const mark = `${stat.bytes} ${stat.modifiedMs} ${stat.changedMs}`
      const kept = this.#kept.get(full)
      if (kept?.mark === mark) return kept.file
      const file = await this.#parse(root, path, stat.bytes, stat.modifiedMs)
      if (file === undefined) return undefined
      // A file that was changed within the clock's grain could change again without a mark.
      if (this.#platform.clock.nowMs() - stat.modifiedMs > 2_000) this.#kept.set(full, { mark, file })
      return file
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined
      return finding('UNREADABLE', `cannot be read: ${systemCode(error) ?? String(error)}`)
    }
  }

  async #parse(
    root: string,
    path: string,
    bytes: number,
    modifiedMs: number,
  ): Promise<TaskFile | Finding | undefined> {
    const finding = (code: FindingCode, message: string, line?: number): Finding => ({
      code,
      root,
      path,
      ...(line === undefined ? {} : { line }),
      message,
    })
    if (bytes > TASK_BYTES_MAX)
      return finding('TOO_LARGE', `has ${bytes} bytes, at most ${TASK_BYTES_MAX} are read`)
    const content = await readWhole(this.#platform.files, join(root, path))
    if (content === undefined) return undefined
    let text: string
    try {
      text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content)
    } catch {
      return finding('NOT_UTF8', 'is no UTF-8 text')
    }
    const document = parseTask(text)
    if (document.broken !== undefined)
      return finding('BROKEN_FRONT_MATTER', document.broken.message, document.broken.line)
    const { id, parent, order } = namesIn(path, document)
    if (!isTaskId(id)) return finding('BAD_ID', `"${id}" is no id of a task: letters, digits, - _ . only`)
    return { root, path, id, parent, order, modifiedMs, document }
  }

  async #folder(scanned: Scanned, folder: string, depth: number): Promise<void> {
    const { root } = scanned
    const entries = await this.#platform.files.list(join(root, folder))
    for (const { name, kind } of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = posix.join(folder, name)
      if (name.startsWith('.')) continue
      if (kind === 'folder' && depth < DEPTH_MAX) {
        await this.#folder(scanned, path, depth + 1).catch((error: unknown) => {
          // A folder that vanished while it was read is as if it had never been there.
          if (systemCode(error) === 'ENOENT') return
          const message = `cannot be read: ${systemCode(error) ?? String(error)}`
          scanned.findings.push({ code: 'UNREADABLE', root, path, message })
        })
      } else if (kind === 'link' && (isTaskFile(path) || !name.includes('.')))
        scanned.findings.push({
          code: 'SYMBOLIC_LINK',
          root,
          path,
          message: 'is a symbolic link, which is not followed',
        })
      else if (kind === 'file' && isTaskFile(path)) {
        if (scanned.files.length >= TASKS_MAX) {
          const message = `only the first ${TASKS_MAX} tasks are read`
          if (scanned.findings.at(-1)?.code !== 'TOO_MANY')
            scanned.findings.push({ code: 'TOO_MANY', root, path, message })
          continue
        }
        const file = await this.read(root, path)
        if (file === undefined) continue
        if ('code' in file) scanned.findings.push(file)
        else scanned.files.push(file)
      }
    }
  }
}

/** `_overview.md` right under a workflow folder, or a month of the archive, tells of that folder and is no task. */
const OF_A_FOLDER = /^(?:(?:backlog|current|archive(?:\/[^/]+)?)\/)?_overview\.md$/

const isTaskFile = (path: string): boolean =>
  path.endsWith('.task.md') || (posix.basename(path) === OVERVIEW && !OF_A_FOLDER.test(path))

/** Id, parent and number: from the front matter's `id` and the names of file and folder. */
function namesIn(
  path: string,
  { fields }: Pick<TaskDocument, 'fields'>,
): Pick<TaskFile, 'id' | 'parent' | 'order'> {
  const given = typeof fields['id'] === 'string' && fields['id'] !== '' ? fields['id'] : undefined
  const folder = posix.basename(posix.dirname(path))
  if (posix.basename(path) === OVERVIEW) return { id: given ?? folder, parent: undefined, order: undefined }
  const stem = posix.basename(path, '.task.md')
  const [, number, name = stem] = /^(\d+)[_-](.+)$/.exec(stem) ?? []
  return {
    id: given ?? name,
    parent: OF_A_FOLDER.test(posix.join(posix.dirname(path), OVERVIEW)) ? undefined : folder,
    order: number === undefined ? undefined : Number(number),
  }
}
