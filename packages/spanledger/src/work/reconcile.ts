import { isDeepStrictEqual } from 'node:util'
import { type Fields, type Json, sectionTexts, titleOf } from './document/document.ts'
import { cycleThrough } from './decide/cycle.ts'
import type { By, Change, Draft, Placement } from './events.ts'
import type { Finding, Scanned, TaskFile } from './files/folder.ts'
import type { Task } from './state.ts'
import type { WorkState } from './work-state.ts'
import { mayFollow, reasonIn, statusOf } from './words.ts'

/** What people and other tools did to a task's file, in events. */
export interface Noticed {
  task: string
  drafts: Draft[]
  /** When the file says it was changed. */
  atMs: number | undefined
}

const BY: By = { agent: 'files', noticed: true }

/** Text as it stands in events: without secrets. */
export type Redact = (text: string) => string

/**
 * What a folder of tasks tells that the events do not. Pure: the same files and state give the same events, and none once
 * these are taken.
 *
 * elsewhere  Whether the file of a task of another folder is still there: then a second one of its id is a copy.
 * isMeant    Whether that copy is as it should be, and nobody need be told.
 */
export function reconcile(
  state: WorkState,
  scanned: Scanned,
  redact: Redact,
  elsewhere: (task: Task) => boolean = () => true,
  isMeant: (task: Task) => boolean = () => false,
): { noticed: Noticed[]; findings: Finding[] } {
  const findings = [...scanned.findings]
  const noticed: Noticed[] = []
  if (!scanned.isThere) return { noticed, findings }
  const { root } = scanned
  const byId = new Map<string, TaskFile[]>()
  for (const file of scanned.files) byId.set(file.id, [...(byId.get(file.id) ?? []), file])
  const unread = new Set(scanned.findings.map(({ path }) => path))
  const isUnread = (path: string): boolean =>
    unread.has(path) || [...unread].some((folder) => path.startsWith(`${folder}/`))

  for (const [id, files] of byId) {
    const task = state.find(id)
    const isElsewhere = task?.place !== undefined && task.place.root !== root && elsewhere(task)
    if (isElsewhere && isMeant(task)) continue
    // The one that is known stays; among new ones the first by path is taken.
    const file = files.find(({ path }) => task?.place?.root === root && task.place.path === path) ?? files[0]!
    for (const other of isElsewhere ? files : files.filter((one) => one !== file)) {
      const where = isElsewhere ? `${task.place!.root}/${task.place!.path}` : file.path
      findings.push({
        code: 'DUPLICATE_ID',
        root,
        path: other.path,
        message: `has the id "${id}" of ${where}: give it an id of its own in its front matter`,
      })
    }
    if (isElsewhere) continue
    const { drafts, finding } = noticedIn(task, file, redact)
    if (finding !== undefined) findings.push(finding)
    if (drafts.length > 0) noticed.push({ task: id, drafts, atMs: file.modifiedMs })
    const cycle = cycleThrough(state, id, file.document.fields)
    if (cycle !== undefined)
      findings.push({
        code: 'CYCLE',
        root,
        path: file.path,
        message: `waits for itself: ${cycle.join(' > ')}`,
      })
  }
  for (const task of state.present()) {
    if (task.place?.root !== root || byId.has(task.id) || isUnread(task.place.path)) continue
    noticed.push({
      task: task.id,
      drafts: [{ event: 'TaskDeleted', data: { task: task.id, by: BY } }],
      atMs: undefined,
    })
  }
  return { noticed, findings }
}

/** What one file tells that its task's events do not. */
export function noticedIn(
  task: Task | undefined,
  file: TaskFile,
  redact: Redact,
): { drafts: Draft[]; finding?: Finding } {
  const { id, root, path, document } = file
  const title = redact(titleOf(document) ?? id)
  const fields = redactedFields(document.fields, redact)
  const sections = Object.fromEntries(
    Object.entries(sectionTexts(document)).map(([name, text]) => [name, redact(text)]),
  )
  const placement: Placement = {
    task: id,
    place: { root, path },
    parent: file.parent ?? null,
    order: file.order ?? null,
  }
  const said = fields['status']
  const status = statusOf(said)
  const unknown: { finding?: Finding } =
    said === undefined || said === null || status !== undefined
      ? {}
      : {
          finding: {
            code: 'UNKNOWN_STATUS',
            root,
            path,
            message: `has a status nobody knows: ${JSON.stringify(said)}`,
          },
        }
  if (task === undefined)
    return {
      drafts: [{ event: 'TaskCreated', data: { task: id, title, fields, sections, placement, by: BY } }],
      ...unknown,
    }
  const drafts: Draft[] = []
  if (task.place?.root !== root || task.place.path !== path)
    drafts.push({ event: 'TaskMoved', data: { task: id, placements: [placement], by: BY } })
  const changes = changesBetween(task.fields, fields)
  if (status !== undefined && status !== task.status) {
    delete changes['status']
    const reason = reasonIn(said as string)
    drafts.push({
      event: 'TaskStatusChanged',
      data: {
        task: id,
        from: task.status,
        to: status,
        word: said as string,
        ...(reason === undefined ? {} : { reason }),
        ...(mayFollow(task.status).includes(status) ? {} : { irregular: true }),
        by: BY,
      },
    })
  }
  if (title !== task.title || Object.keys(changes).length > 0)
    drafts.push({
      event: 'TaskUpdated',
      data: {
        task: id,
        ...(title === task.title ? {} : { title: { before: task.title, after: title } }),
        fields: changes,
        by: BY,
      },
    })
  for (const section of new Set([...Object.keys(task.sections), ...Object.keys(sections)])) {
    const before = own(task.sections, section) ?? null
    const after = own(sections, section) ?? null
    if (before !== after)
      drafts.push({ event: 'TaskSectionUpdated', data: { task: id, section, before, after, by: BY } })
  }
  return { drafts, ...unknown }
}

const own = <T>(of: Record<string, T>, key: string): T | undefined =>
  Object.hasOwn(of, key) ? of[key] : undefined

function changesBetween(before: Fields, after: Fields): Record<string, Change> {
  const changes: Record<string, Change> = {}
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is] = [own(before, key), own(after, key)]
    if (isDeepStrictEqual(was, is)) continue
    changes[key] = {
      ...(was === undefined ? {} : { before: was }),
      ...(is === undefined ? {} : { after: is }),
    }
  }
  return changes
}

const redactedFields = (fields: Fields, redact: Redact): Fields =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, redactedJson(value, redact)]))

/** Every text within a value. */
export function redactedJson(value: Json, redact: Redact): Json {
  if (typeof value === 'string') return redact(value)
  if (Array.isArray(value)) return value.map((item) => redactedJson(item, redact))
  if (value === null || typeof value !== 'object') return value
  return redactedFields(value, redact)
}
