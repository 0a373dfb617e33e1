import { posix } from 'node:path'
import { type Json, parseTask, sectionTexts } from '../document/document.ts'
import { setField, setTitle } from '../document/edit.ts'
import { renderTask } from '../document/render-task.ts'
import type { Placement } from '../events.ts'
import { newTaskId } from '../task-id.ts'
import { type Decision, decided, type Moment, refuse } from './decision.ts'
import { cycleThrough } from './cycle.ts'
import { folderOfWorkflow, OVERVIEW, type Workflow } from './move.ts'
import { isSection, refuseSection, sectionText } from './section.ts'
import { nextOrder, numbered, parentRefusal } from './structure.ts'

const TITLE_CHARACTERS_MAX = 200

export interface CreateTask {
  title: string
  /** The folder of tasks; a subtask stands in its parent's. */
  root?: string
  workflow: Workflow
  fields: Record<string, Json | undefined>
  sections: Record<string, string>
  /** A file to begin with, instead of an empty one. */
  template?: string
  /** It becomes the last subtask of this one. */
  parent?: string
  /** It becomes a parent: a folder with an overview. */
  asParent?: boolean
}

/** Refuses  BAD_VALUE, NOT_A_PARENT, UNKNOWN_TASK, CYCLE */
export function decideCreate(moment: Moment, command: CreateTask): Decision {
  const { state, by, nowNano, random } = moment
  const title = command.title.trim()
  const about = { task: '', command: 'create' }
  if (!isTitle(title))
    return refuse(
      moment,
      about,
      'BAD_VALUE',
      'a title is one line of 1 to 200 characters',
      'give a shorter one',
    )
  for (const [name, text] of Object.entries(command.sections))
    if (!isSection(name, sectionText(text))) return refuseSection(moment, about, name)
  const id = newTaskId(title, Number(nowNano / 1_000_000n), random, (taken) => state.tasks.has(taken))
  const fields = {
    ...command.fields,
    status: 'todo',
    created: new Date(Number(nowNano / 1_000_000n)).toISOString(),
  }
  let placement: Placement
  if (command.parent === undefined) {
    if (command.root === undefined)
      return refuse(moment, about, 'NO_FILE', 'no folder is named for it', 'name one with --root DIR')
    const folder = folderOfWorkflow(command.workflow, nowNano)
    const path = posix.join(folder, command.asParent === true ? `${id}/${OVERVIEW}` : `${id}.task.md`)
    placement = { task: id, place: { root: command.root, path }, parent: null, order: null }
  } else {
    const parent = state.find(command.parent)
    const refusal = parentRefusal(moment, command.parent, parent, 'add')
    if (refusal !== undefined) return refusal
    const { root, path } = parent!.place!
    const order = nextOrder(state.childrenOf(command.parent))
    const name = numbered(order, `${id}.task.md`)
    const place = { root, path: posix.join(posix.dirname(path), name) }
    placement = { task: id, place, parent: command.parent, order }
  }
  const text = textOf(title, fields, command)
  const document = parseTask(text)
  const cycle = cycleThrough(state, id, document.fields)
  if (cycle !== undefined)
    return refuse(moment, about, 'CYCLE', `it would wait for itself: ${cycle.join(' > ')}`, 'leave one out')
  const { root, path } = placement.place
  return decided(
    id,
    [
      {
        event: 'TaskCreated',
        data: { task: id, title, fields: document.fields, sections: sectionTexts(document), placement, by },
      },
    ],
    [{ do: 'create', root, path, text }],
  )
}

export const isTitle = (title: string): boolean =>
  title !== '' && title.length <= TITLE_CHARACTERS_MAX && !/[\p{Cc}\u2028\u2029]/u.test(title)

function textOf(
  title: string,
  fields: Record<string, Json | undefined>,
  { template, sections }: CreateTask,
): string {
  if (template === undefined) return renderTask({ title, fields, sections })
  let text = setTitle(template, title)
  for (const [key, value] of Object.entries(fields))
    if (value !== undefined) text = setField(text, key, value)
  return text
}
