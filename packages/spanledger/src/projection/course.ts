import type { CauseOf } from './causes.ts'
import { DAY_MS, dayNumber, dayOf } from './days.ts'
import { length, subtract, union, type Interval } from './intervals.ts'
import type { Course, TimeSpent } from './session-view.ts'
import type { Things } from './things.ts'

/** A session open for longer has the rest of its time on the last of these days. */
const DAYS_MAX = 400

/** What was done when, without overlap: tools before waiting before the model. */
function activitiesOf(things: Things): Record<'tool' | 'waiting' | 'model', Interval[]> {
  const tool = union(things.toolCalls.filter(({ holdsAgent }) => !holdsAgent))
  const waits = union(things.waits)
  return {
    tool,
    waiting: subtract(waits, tool),
    model: subtract(subtract(union(things.modelCalls), tool), waits),
  }
}

const round = (value: number): number => Math.round(value * 1000) / 1000

/** Of a session as a whole, in milliseconds with three digits. */
export function timeOf(things: Things, start: number, end: number): TimeSpent {
  const { tool, waiting, model } = activitiesOf(things)
  const total = end - start
  const [toolMs, waitingMs, modelMs] = [length(tool), length(waiting), length(model)]
  return {
    totalMs: round(total),
    modelMs: round(modelMs),
    toolMs: round(toolMs),
    waitingMs: round(waitingMs),
    idleMs: round(Math.max(0, total - toolMs - waitingMs - modelMs)),
  }
}

/** Of each of its days. Parts are cut to whole milliseconds, idle takes what that leaves: so they add up exactly. */
export function courseOf(things: Things, causeOf: CauseOf, start: number, end: number): Course[] {
  const activities = activitiesOf(things)
  const causes = causedIn(things, causeOf)
  const [first, last] = [dayNumber(start), dayNumber(end)]
  const days = Math.min(last - first, DAYS_MAX - 1)
  if (!Number.isSafeInteger(days)) return []
  return Array.from({ length: days + 1 }, (_, i): Course => {
    const within =
      days === 0
        ? undefined
        : {
            start: i === 0 ? -Infinity : (first + i) * DAY_MS,
            end: i === days ? Infinity : (first + i + 1) * DAY_MS,
          }
    const ms = (list: readonly Interval[]): number =>
      Math.floor(length(within ? clipped(list, within) : list))
    const totalMs = ms([{ start, end }])
    const [toolMs, waitingMs, modelMs] = [ms(activities.tool), ms(activities.waiting), ms(activities.model)]
    return {
      day: dayOf(first + i),
      startMs: i === 0 ? start : (first + i) * DAY_MS,
      totalMs,
      modelMs,
      toolMs,
      waitingMs,
      idleMs: Math.max(0, totalMs - toolMs - waitingMs - modelMs),
      failedMs: ms(causes.failed),
      retryMs: ms(causes.retry),
      compactionMs: ms(causes.compaction),
    }
  })
}

function causedIn(
  { modelCalls, toolCalls, compactions }: Things,
  causeOf: CauseOf,
): Record<'failed' | 'retry' | 'compaction', Interval[]> {
  const of = { failed: [] as Interval[], retry: [] as Interval[], compaction: [] as Interval[] }
  for (const list of [modelCalls, toolCalls, compactions])
    for (const one of list) {
      const cause = causeOf(one)
      if (cause !== 'work' && one.holdsAgent !== true) of[cause].push({ start: one.start, end: one.end })
    }
  const failed = union(of.failed)
  const retry = subtract(union(of.retry), failed)
  return { failed, retry, compaction: subtract(subtract(union(of.compaction), failed), retry) }
}

const clipped = (list: readonly Interval[], { start, end }: Interval): Interval[] =>
  list
    .map((one) => ({ start: Math.max(one.start, start), end: Math.min(one.end, end) }))
    .filter((one) => one.end > one.start)
