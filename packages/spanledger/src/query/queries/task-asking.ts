import { resolve } from 'node:path'
import * as v from 'valibot'
import {
  type Asking,
  type Carrier,
  type Command,
  DEPENDS_ON,
  type Json,
  parseCarrier,
  type Work,
} from '../../work/index.ts'
import type { QueryContext } from '../context.ts'
import { text } from '../params.ts'
import { isRefusal, refusal, type Refusal } from '../refusal.ts'
import { nowNanoOf, type TaskRow, taskRow, wholeId } from './task-view.ts'

/** Parameters of every command that changes a task. */
export const asker = {
  agent: v.optional(text('who asks; else SPANLEDGER_AGENT, else the user', 'NAME')),
  carrier: v.optional(text('on whose behalf: the carrier of another answer, or a traceparent', 'CARRIER')),
}

export const root = v.optional(text("the folder of tasks; else the working directory's", 'DIR'))
export const id = text('id of the task, or the beginning of one', 'ID', 1)

/** A change that was made; `events` is empty when it was so already. */
export interface Changed {
  task: TaskRow
  events: { event: string; id: string; version: number }[]
  /** To hand on: what is done with it belongs to the same lineage. */
  carrier: Carrier
}

interface Given {
  agent?: string | undefined
  carrier?: string | undefined
}

export function askingOf(given: Given): Partial<Asking> | Refusal {
  const carrier = given.carrier === undefined ? undefined : parseCarrier(given.carrier)
  if (given.carrier !== undefined && carrier === undefined)
    return {
      ...refusal('BAD_PARAMETER', 'carrier: is none', 'give the "carrier" of an answer, or a traceparent'),
      parameter: 'carrier',
    }
  return {
    ...(given.agent === undefined ? {} : { agent: given.agent }),
    ...(carrier === undefined ? {} : { carrier }),
  }
}

/** The command once the tasks it names are found; ids may be given by their beginnings. */
export async function change(
  context: QueryContext,
  given: Given,
  command: Command,
): Promise<Changed | Refusal> {
  const asking = askingOf(given)
  if (isRefusal(asking)) return asking
  const work = await context.work()
  const whole = async (part: string): Promise<string | Refusal> => {
    const found = await wholeId(work, part)
    // What there is none of is refused by whoever decides.
    return isRefusal(found) && found.refused === 'UNKNOWN_TASK' ? part : found
  }
  const named = { ...command } as { id?: string; parent?: string; ids?: string[] }
  for (const key of ['id', 'parent'] as const) {
    if (named[key] === undefined) continue
    const found = await whole(named[key])
    if (isRefusal(found)) return found
    named[key] = found
  }
  if (named.ids !== undefined) {
    const found = await Promise.all(named.ids.map(whole))
    const refused = found.find(isRefusal)
    if (refused !== undefined) return refused
    named.ids = found as string[]
  }
  const fields = 'fields' in command ? await withWholeIds(work, command.fields) : undefined
  if (isRefusal(fields)) return fields
  const ran = await work.run({ ...named, ...(fields && { fields }) } as Command, asking)
  if ('refused' in ran) {
    const { code, message, next } = ran.refused
    return refusal(code, message, next)
  }
  return {
    task: taskRow(ran.task, ran.policies, nowNanoOf(context)),
    events: ran.events.map(({ event, id: eventId, version }) => ({ event, id: eventId, version })),
    carrier: ran.carrier,
  }
}

/** A task that nobody knows would be waited for for ever. */
async function withWholeIds(
  work: Work,
  fields: Record<string, Json | undefined>,
): Promise<Record<string, Json | undefined> | Refusal> {
  const whole = { ...fields }
  for (const key of DEPENDS_ON) {
    if (fields[key] === undefined || fields[key] === null) continue
    const ids: Json[] = []
    for (const one of [fields[key]].flat()) {
      const found = typeof one === 'string' && one !== '' ? await wholeId(work, one) : one
      if (isRefusal(found)) return found
      ids.push(found)
    }
    whole[key] = ids
  }
  return whole
}

export async function rootOf(context: QueryContext, given: string | undefined): Promise<string | Refusal> {
  if (given !== undefined) return resolve(given)
  const found = await (await context.work()).findRoot()
  return (
    found ??
    refusal(
      'NO_TASK_FOLDER',
      'there is no folder of tasks here',
      'make one: mkdir .tasks, or name one with --root DIR',
    )
  )
}
