import { isAbsolute, resolve } from 'node:path'
import * as v from 'valibot'
import {
  type Finding,
  listTemplates,
  search,
  STATUSES,
  type Task,
  type Template,
  typeOf,
  WORK_EVENT_TYPES,
  WORKFLOWS,
} from '../../work/index.ts'
import { choice, flag, limit, text } from '../params.ts'
import { type Cut, cutAt, query } from '../query.ts'
import { isRefusal, refusal, type Refusal } from '../refusal.ts'
import { rootOf } from './task-asking.ts'
import { findTask, nowNanoOf, type TaskDetail, taskDetail, type TaskRow, taskRow } from './task-view.ts'

/** Beside a list of tasks: what of their files no event tells yet, and what cannot be read. */
interface OfFiles {
  /** Edits that `task sync`, the next command about the task or the daemon will record; they are shown already. */
  unrecorded: number
  findings: Finding[]
}

export interface TasksAnswer extends Cut, OfFiles {
  rows: TaskRow[]
}

/** Asked where it is, since a daemon's working directory is another. */
const whereAsked = ({ root }: { root?: unknown }): 'writes' | undefined =>
  typeof root === 'string' && !isAbsolute(root) ? 'writes' : undefined

const ORDER = ['highest', 'high', 'medium', 'low']

export const tasks = query({
  summary: 'Tasks, the most urgent first',
  params: v.strictObject({
    status: v.optional(choice('only in this status', 'STATUS', STATUSES)),
    type: v.optional(text('only of this type', 'TYPE')),
    team: v.optional(text('only of this team', 'TEAM')),
    assignee: v.optional(text('only of this agent or person', 'NAME')),
    parent: v.optional(text('only subtasks of this one', 'ID')),
    workflow: v.optional(choice('only in this folder', 'FOLDER', WORKFLOWS)),
    root: v.optional(text('only of this folder of tasks', 'DIR')),
    archived: flag('archived ones too'),
    limit: limit(100, 'tasks'),
  }),
  effect: whereAsked,
  creates: false,
  async run(context, given): Promise<TasksAnswer | Refusal> {
    const work = await context.work()
    const { state, policies, unrecorded, findings, roots } = await work.look()
    const root = given.root === undefined ? undefined : resolve(given.root)
    if (root !== undefined && !roots.includes(root))
      return refusal('NO_TASK_FOLDER', `no tasks are known in ${root}`, 'name a folder of tasks', roots)
    const nowNano = nowNanoOf(context)
    const matches = (task: Task): boolean =>
      (given.status === undefined
        ? given.archived === true || task.status !== 'archived'
        : task.status === given.status) &&
      (given.type === undefined || typeOf(task) === given.type) &&
      (given.parent === undefined || task.parent === given.parent) &&
      (given.workflow === undefined || task.place?.path.startsWith(`${given.workflow}/`) === true) &&
      (root === undefined || task.place?.root === root)
    const rows = [...state.present()]
      .filter(matches)
      .map((task) => taskRow(task, policies, nowNano))
      .filter(
        (row) =>
          (given.team === undefined || row.team === given.team) &&
          (given.assignee === undefined || row.assignee === given.assignee),
      )
      .toSorted(
        (a, b) =>
          ORDER.indexOf(a.priority) - ORDER.indexOf(b.priority) || (a.createdAt < b.createdAt ? -1 : 1),
      )
    return { ...cutAt(rows, given.limit), unrecorded, findings }
  },
})

export const task = query({
  summary: 'One task with its text and its subtasks',
  params: v.strictObject({ id: text('id of the task, or the beginning of one', 'ID', 1) }),
  async run(context, { id }): Promise<TaskDetail | Refusal> {
    const { state, policies } = await (await context.work()).look()
    const found = findTask(state, id)
    return isRefusal(found) ? found : taskDetail(state, found, policies, nowNanoOf(context))
  },
})

export const taskParents = query({
  summary: 'Parent tasks with how many of their subtasks are done',
  params: v.strictObject({ limit: limit(100, 'parents') }),
  async run(context, given): Promise<{ rows: (TaskRow & { subtasks: number; done: number })[] } & Cut> {
    const { state, policies } = await (await context.work()).look()
    const rows = [...state.present()]
      .map((parent) => ({
        ...taskRow(parent, policies, nowNanoOf(context)),
        children: state.childrenOf(parent.id),
      }))
      .filter((parent) => parent.isParent || parent.children.length > 0)
      .map(({ children, ...parent }) => ({
        ...parent,
        subtasks: children.length,
        done: children.filter(({ status }) => status === 'done').length,
      }))
    return cutAt(rows, given.limit)
  },
})

export const taskSearch = query({
  summary: 'Tasks that hold all of some words, in title, fields or sections',
  params: v.strictObject({
    words: text('words, or parts of words, in upper or lower case', 'WORDS', 1),
    limit: limit(20, 'tasks'),
  }),
  async run(
    context,
    given,
  ): Promise<{ rows: (TaskRow & { where: string; line: string; score: number })[] } & Cut> {
    const { state, policies } = await (await context.work()).look()
    const nowNano = nowNanoOf(context)
    const hits = search(state.present(), given.words)
    return cutAt(
      hits.map(({ task: found, where, line, score }) => ({
        ...taskRow(found, policies, nowNano),
        where,
        line,
        score,
      })),
      given.limit,
    )
  },
})

export interface ReindexAnswer extends OfFiles {
  tasks: number
  /** Events of tasks that were folded. */
  events: number
  roots: string[]
}

export const taskReindex = query({
  summary: 'Folds all tasks from their events anew, and compares them with their files',
  params: v.strictObject({}),
  async run(context): Promise<ReindexAnswer> {
    const store = await context.events()
    let events = 0
    for await (const _ of store.readAll({ types: WORK_EVENT_TYPES })) events++
    const { state, unrecorded, findings, roots } = await (await context.work()).look()
    return { tasks: [...state.present()].length, events, roots, unrecorded, findings }
  },
})

export const taskTemplates = query({
  summary: 'Templates for tasks, from .tasks/.templates',
  params: v.strictObject({ root: v.optional(text('the folder of tasks', 'DIR')) }),
  effect: ({ root = '.' }) => whereAsked({ root }),
  creates: false,
  async run(context, given): Promise<{ rows: Template[] }> {
    const root = await rootOf(context, given.root)
    return { rows: typeof root === 'string' ? await listTemplates(context.platform, root) : [] }
  },
})
