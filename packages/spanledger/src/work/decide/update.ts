import { isDeepStrictEqual } from 'node:util'
import { definedFields, type Fields, type Json } from '../document/document.ts'
import type { Change, Draft } from '../events.ts'
import { cycleThrough } from './cycle.ts'
import { isTitle } from './create.ts'
import { type Decision, decided, type Moment, refuse, unknownTask } from './decision.ts'
import { isSection, refuseSection, sectionText } from './section.ts'

export interface UpdateTask {
  id: string
  title?: string | undefined
  /** Front matter; undefined takes a field away. */
  fields: Record<string, Json | undefined>
  /** Null takes a section away. */
  sections: Record<string, string | null>
  /** Lines to be added at the end of sections. */
  append: Record<string, string>
}

const FIELD = /^[A-Za-z_][\w.-]{0,63}$/
/** What has a command of its own, or says what the file is. */
const NOT_HERE: Record<string, string> = {
  status: 'spanledger task status says how it stands',
  id: 'a task keeps its id',
  parent: 'spanledger task adopt gives it a parent',
}

/** Only what differs becomes events. Refuses  UNKNOWN_TASK, BAD_VALUE, CYCLE */
export function decideUpdate(moment: Moment, command: UpdateTask): Decision {
  const { id } = command
  const task = moment.state.find(id)
  if (task === undefined) return unknownTask(moment, id, 'update')
  const about = { task: id, command: 'update' }
  const bad = (message: string, next: string): Decision => refuse(moment, about, 'BAD_VALUE', message, next)
  const title = command.title?.trim()
  if (title !== undefined && !isTitle(title))
    return bad('a title is one line of 1 to 200 characters', 'give a shorter one')

  const fields: Record<string, Change> = {}
  for (const [key, after] of Object.entries(command.fields)) {
    if (Object.hasOwn(NOT_HERE, key)) return bad(`${key} cannot be set here`, NOT_HERE[key]!)
    if (!FIELD.test(key)) return bad(`"${key}" is no name of a field`, 'take letters, digits, _ and -')
    const before = Object.hasOwn(task.fields, key) ? task.fields[key] : undefined
    if (!isDeepStrictEqual(before, after)) fields[key] = changeOf(before, after)
  }
  const cycle = cycleThrough(moment.state, id, applied(task.fields, fields))
  if (cycle !== undefined)
    return refuse(moment, about, 'CYCLE', `it would wait for itself: ${cycle.join(' > ')}`, 'leave one out')

  const drafts: Draft[] = []
  const isRenamed = title !== undefined && title !== task.title
  if (isRenamed || Object.keys(fields).length > 0)
    drafts.push({
      event: 'TaskUpdated',
      data: {
        task: id,
        ...(isRenamed ? { title: { before: task.title, after: title } } : {}),
        fields,
        by: moment.by,
      },
    })
  const sections: Record<string, string | null> = { ...command.sections }
  for (const [name, lines] of Object.entries(command.append))
    sections[name] = [sections[name] ?? task.sections[name] ?? '', lines]
      .filter((part) => part !== '')
      .join('\n')
  for (const [name, given] of Object.entries(sections)) {
    const before = Object.hasOwn(task.sections, name) ? task.sections[name]! : null
    const after = given === null ? null : sectionText(given)
    if (after !== null && !isSection(name, after)) return refuseSection(moment, about, name)
    if (before !== after)
      drafts.push({
        event: 'TaskSectionUpdated',
        data: { task: id, section: name, before, after, by: moment.by },
      })
  }
  return decided(id, drafts)
}

function changeOf(before: Json | undefined, after: Json | undefined): Change {
  return { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }
}

const applied = (fields: Fields, changes: Record<string, Change>): Fields =>
  definedFields({
    ...fields,
    ...Object.fromEntries(Object.entries(changes).map(([key, { after }]) => [key, after])),
  })
