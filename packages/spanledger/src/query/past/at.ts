import type { QueryContext } from '../context.ts'
import { type TaskDetail, taskDetail } from '../queries/task-view.ts'
import { isRefusal, type Refusal } from '../refusal.ts'
import { type Asked, type Known, named, nanosAt, notYet, type ThingKind } from './asked.ts'
import { KNOWN } from './known.ts'
import { type TeamView, teamView } from './teams.ts'
import { worktreesAt } from './worktree-history.ts'
import { type WorktreeView, worktreeView } from './worktrees.ts'

interface Moment {
  nanos: bigint
  recorded: boolean
}

/** The thing that is meant and the moment; then what it was, undefined where it was not there. */
async function at<View>(
  context: QueryContext,
  kind: ThingKind,
  asked: Asked,
  viewOf: (thing: Known, moment: Moment) => Promise<View | undefined>,
): Promise<View | Refusal> {
  const thing = named(kind, await KNOWN[kind](context), asked.id)
  if (isRefusal(thing)) return thing
  const nanos = nanosAt(context, asked.at, thing.beganNano)
  const view = await viewOf(thing, { nanos, recorded: asked.recorded === true })
  return view ?? notYet(kind, thing, nanos)
}

export const taskAt = (context: QueryContext, asked: Asked): Promise<TaskDetail | Refusal> =>
  at(context, 'task', asked, async ({ id }, moment) => {
    const work = await context.work()
    const past = await work.past(moment)
    const task = past.find(id)
    return task && taskDetail(past, task, await work.policies(task.place?.root), moment.nanos)
  })

export const teamAt = (context: QueryContext, asked: Asked): Promise<TeamView | Refusal> =>
  at(context, 'team', asked, async ({ id }, moment) => {
    const past = await (await context.work()).past(moment)
    const team = past.teams.get(id)
    return team && teamView(past, id, team, moment.nanos)
  })

export const worktreeAt = (context: QueryContext, asked: Asked): Promise<WorktreeView | Refusal> =>
  at(context, 'worktree', asked, async ({ id }, moment) => {
    const all = await worktreesAt(context, moment)
    const worktree = all.get(id)
    const sessions = await context.sessions()
    await sessions.refresh()
    return worktree && worktreeView(worktree, all.values(), sessions, moment.nanos)
  })
