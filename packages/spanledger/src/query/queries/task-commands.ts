import * as v from 'valibot'
import {
  type Finding,
  type Json,
  listTemplates,
  PRIORITIES,
  STATUSES,
  statusOf,
  templateText,
  TYPES,
  WORKFLOWS,
} from '../../work/index.ts'
import type { QueryContext } from '../context.ts'
import { choice, text, texts } from '../params.ts'
import { query } from '../query.ts'
import { isRefusal, refusal, type Refusal } from '../refusal.ts'
import { asker, change, type Changed, id, root, rootOf } from './task-asking.ts'

const number = (summary: string) =>
  v.optional(
    v.pipe(
      v.union(
        [v.number(), v.pipe(v.string(), v.regex(/^\d+(\.\d+)?$/), v.transform(Number))],
        'must be a number',
      ),
      v.minValue(0, 'must not be less than 0'),
      v.metadata({ help: { summary, value: 'N' } }),
    ),
  )
export const storyPoints = number('how large it is')
export const priority = v.optional(choice('how urgent it is', 'PRIORITY', PRIORITIES))
const type = choice('what kind of work', 'TYPE', TYPES)
export const titleAt = (place?: number, summary = 'what is to be done, in one line') =>
  v.pipe(text(summary, 'TITLE', place), v.regex(/\S/, 'must not be blank'))
const title = titleAt(1)
const workflow = choice('in which folder', 'FOLDER', WORKFLOWS)

const fields = {
  area: v.optional(text('what part of the project', 'AREA')),
  priority,
  phase: v.optional(text('backlog, active, released or a word of yours', 'PHASE')),
  tag: v.optional(texts('a tag', 'TAG')),
  assignee: v.optional(text('who is to do it', 'NAME')),
  team: v.optional(text('whose it is', 'TEAM')),
  storyPoints,
  dependsOn: v.optional(texts('a task that must be done before', 'ID')),
}
const sections = {
  instruction: v.optional(text('text of the section Instruction', 'TEXT')),
  tasks: v.optional(text('text of the section Tasks', 'TEXT')),
  deliverable: v.optional(text('text of the section Deliverable', 'TEXT')),
}

interface GivenFields {
  type?: string | undefined
  area?: string | undefined
  priority?: string | undefined
  phase?: string | undefined
  tag?: string[] | undefined
  assignee?: string | undefined
  team?: string | undefined
  storyPoints?: number | undefined
  dependsOn?: string[] | undefined
}

/** Under the names that front matter has. */
const frontMatter = (given: GivenFields): Record<string, Json | undefined> => ({
  type: given.type,
  area: given.area,
  priority: given.priority,
  phase: given.phase,
  tags: given.tag,
  assignee: given.assignee,
  team: given.team,
  story_points: given.storyPoints,
  depends_on: given.dependsOn,
})

const newSections = (given: {
  instruction?: string | undefined
  tasks?: string | undefined
  deliverable?: string | undefined
}): Record<string, string> => ({
  Instruction: given.instruction ?? '',
  Tasks: given.tasks ?? '',
  Deliverable: given.deliverable ?? '',
})

const creating = (summary: string, asParent: boolean) =>
  query({
    summary,
    effect: 'writes',
    params: v.strictObject({
      title,
      type: v.optional(type, 'feature'),
      ...fields,
      ...sections,
      workflow: v.optional(workflow, 'current'),
      root,
      ...asker,
    }),
    async run(context, given): Promise<Changed | Refusal> {
      const folder = await rootOf(context, given.root)
      if (isRefusal(folder)) return folder
      return change(context, given, {
        do: 'create',
        title: given.title,
        root: folder,
        workflow: given.workflow,
        fields: frontMatter(given),
        sections: newSections(given),
        asParent,
      })
    },
  })

export const taskCreate = creating('Makes a task: a Markdown file, and an event', false)
export const taskParentCreate = creating('Makes a parent task: a folder with an overview', true)

export const taskAdd = query({
  summary: 'Makes a subtask, the last one of a parent',
  effect: 'writes',
  params: v.strictObject({
    parent: text('id of the parent', 'PARENT', 1),
    title: titleAt(2),
    type: v.optional(type, 'feature'),
    ...fields,
    ...sections,
    ...asker,
  }),
  run: (context, given): Promise<Changed | Refusal> =>
    change(context, given, {
      do: 'create',
      title: given.title,
      parent: given.parent,
      workflow: 'current',
      fields: frontMatter(given),
      sections: newSections(given),
    }),
})

export const taskTemplateApply = query({
  summary: 'Makes a task from a template',
  effect: 'writes',
  params: v.strictObject({
    template: text('name of the template', 'TEMPLATE', 1),
    title: titleAt(2),
    type: v.optional(type),
    ...fields,
    workflow: v.optional(workflow, 'current'),
    root,
    ...asker,
  }),
  async run(context, given): Promise<Changed | Refusal> {
    const folder = await rootOf(context, given.root)
    if (isRefusal(folder)) return folder
    const templates = await listTemplates(context.platform, folder)
    const found = templates.find(({ name }) => name === given.template)
    const template = found && (await templateText(context.platform, found.path))
    if (template === undefined)
      return refusal(
        'UNKNOWN_TEMPLATE',
        `there is no template "${given.template}" of at most 256 KiB`,
        'see spanledger task template list',
        templates.map(({ name }) => name),
      )
    return change(context, given, {
      do: 'create',
      title: given.title,
      root: folder,
      workflow: given.workflow,
      fields: frontMatter(given),
      sections: {},
      template,
    })
  },
})

const PAIR = /^([^=]+)=([\s\S]*)$/

/** `KEY=VALUE` as given; undefined for what is none. */
function pairsIn(given: readonly string[] | undefined): Record<string, string> | undefined {
  const pairs: Record<string, string> = {}
  for (const one of given ?? []) {
    const [, key, value] = PAIR.exec(one) ?? []
    if (key === undefined) return undefined
    pairs[key.trim()] = value!
  }
  return pairs
}

/** `5`, `true` and `[a]` as JSON means them, the rest as text. */
function valueOf(given: string): Json {
  try {
    return JSON.parse(given) as Json
  } catch {
    return given
  }
}

export const taskUpdate = query({
  summary: 'Changes what a task says; only what is named',
  effect: 'writes',
  params: v.strictObject({
    id,
    title: v.optional(titleAt(undefined, 'its title')),
    type: v.optional(type),
    ...fields,
    set: v.optional(texts('any field of the front matter', 'KEY=VALUE')),
    unset: v.optional(texts('takes a field away', 'KEY')),
    section: v.optional(texts('the text of a section; nothing behind = empties it', 'NAME=TEXT')),
    append: v.optional(texts('a line at the end of a section', 'NAME=TEXT')),
    ...asker,
  }),
  async run(context, given): Promise<Changed | Refusal> {
    const [set, changed, appended] = [given.set, given.section, given.append].map(pairsIn)
    for (const [name, pairs] of Object.entries({ set, section: changed, append: appended }))
      if (pairs === undefined)
        return { ...refusal('BAD_PARAMETER', `${name}: has no =`, 'give NAME=TEXT'), parameter: name }
    const named = Object.entries(frontMatter(given)).filter(([, value]) => value !== undefined)
    const own = Object.entries(set!).map(([key, value]) => [key, valueOf(value)] as const)
    const gone = (given.unset ?? []).map((key) => [key, undefined] as const)
    return change(context, given, {
      do: 'update',
      id: given.id,
      title: given.title,
      fields: Object.fromEntries([...named, ...own, ...gone]),
      sections: changed!,
      append: appended!,
    })
  },
})

export const taskStatus = query({
  summary: 'Says how a task stands',
  effect: 'writes',
  params: v.strictObject({
    id,
    status: text(`${STATUSES.join(', ')}, or a word for one of them`, 'STATUS', 2),
    reason: v.optional(text('why', 'TEXT')),
    ...asker,
  }),
  async run(context, given): Promise<Changed | Refusal> {
    const to = statusOf(given.status)
    if (to === undefined)
      return refusal('BAD_PARAMETER', `"${given.status}" is no status`, `take one of: ${STATUSES.join(', ')}`)
    return change(context, given, { do: 'status', id: given.id, to, reason: given.reason })
  },
})

export const taskMove = query({
  summary: 'Moves a task, or a parent with its subtasks, to another folder',
  effect: 'writes',
  params: v.strictObject({ id, to: choice('where to', 'FOLDER', WORKFLOWS, 2), ...asker }),
  run: (context, given): Promise<Changed | Refusal> =>
    change(context, given, { do: 'move', id: given.id, workflow: given.to }),
})

const onOne = (summary: string, command: 'delete' | 'promote' | 'extract') =>
  query({
    summary,
    effect: 'writes',
    params: v.strictObject({ id, ...asker }),
    run: (context, given): Promise<Changed | Refusal> =>
      change(context, given, { do: command, id: given.id }),
  })

export const taskDelete = onOne('Deletes the file of a task; its history stays', 'delete')
export const taskPromote = onOne('Makes a task a parent: a folder with it as the overview', 'promote')
export const taskExtract = onOne('Makes a subtask a task of its own, beside its parent', 'extract')

const parent = text('id of the parent', 'PARENT', 1)

export const taskAdopt = query({
  summary: 'Makes a task the last subtask of a parent',
  effect: 'writes',
  params: v.strictObject({ parent, id: text('id of the task', 'ID', 2), ...asker }),
  run: (context, given): Promise<Changed | Refusal> =>
    change(context, given, { do: 'adopt', parent: given.parent, id: given.id }),
})

const onSubtasks = (summary: string, command: 'resequence' | 'parallelize') =>
  query({
    summary,
    effect: 'writes',
    params: v.strictObject({ parent, ids: texts('ids of subtasks', 'ID', 2), ...asker }),
    run: (context, given): Promise<Changed | Refusal> =>
      change(context, given, { do: command, parent: given.parent, ids: given.ids }),
  })

export const taskResequence = onSubtasks('Puts these subtasks first, in this order', 'resequence')
export const taskParallelize = onSubtasks('Gives subtasks that can be done at once one number', 'parallelize')

export interface SyncAnswer {
  /** False when something could not be read. */
  ok: boolean
  roots: string[]
  tasks: number
  events: { event: string; task: string }[]
  findings: Finding[]
}

export const taskSync = query({
  summary: 'Records what was done to task files without Spanledger, as the daemon does by itself',
  effect: 'writes',
  params: v.strictObject({ root }),
  async run(context: QueryContext, given): Promise<SyncAnswer | Refusal> {
    const work = await context.work()
    let roots: string[] | undefined
    if (given.root !== undefined) {
      const folder = await rootOf(context, given.root)
      if (isRefusal(folder)) return folder
      roots = [folder]
    }
    const { events, findings, ...synced } = await work.sync(roots)
    return {
      ok: findings.length === 0,
      ...synced,
      events: events.map(({ event, stream }) => ({ event, task: stream.slice('task-'.length) })),
      findings,
    }
  },
})
