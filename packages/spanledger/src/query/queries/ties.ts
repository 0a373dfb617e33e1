import * as v from 'valibot'
import type { Tie, TieField } from '../../projection/index.ts'
import { factsOf, targetOf, type Tied, tieByHand, Tying } from '../../ties/index.ts'
import { git } from '../../worktrees/index.ts'
import type { QueryContext } from '../context.ts'
import { flag, text } from '../params.ts'
import { query } from '../query.ts'
import { isRefusal, refusal, type Refusal } from '../refusal.ts'
import { findSession } from './sessions.ts'
import { carriedTask } from './carried-task.ts'

/** What a session belongs to now. */
export interface SessionBelongs {
  session: string
  task: string | null
  run: string | null
  ties: Tie[]
}

type Target = { [Field in TieField]?: string }

const because = v.optional(text('why, for whoever reads it later', 'TEXT'), 'said by hand')
const WHICH = 'session id, the beginning of one, or "last"'

export const sessionTie = query({
  summary:
    'Says what task or run a session belongs to; --all decides it now for all sessions that do not say',
  effect: 'writes',
  creates: false,
  params: v.strictObject({
    id: v.optional(text(WHICH, 'ID', 1)),
    task: v.optional(text('the task it worked on', 'ID')),
    run: v.optional(text('the run it belongs to, with its task, branch and worktree', 'ID')),
    all: flag('by what is known of runs, traces, folders and branches, as the daemon does it by itself'),
    because,
  }),
  async run(context, given): Promise<SessionBelongs | Tied | Refusal> {
    if (given.all === true) return tieAll(context)
    if (given.id === undefined || (given.task === undefined && given.run === undefined))
      return refusal(
        'BAD_PARAMETER',
        'it is not said which session, or to what',
        'give a session and --task ID or --run ID; or --all',
      )
    const run = await runNamed(context, given.run)
    if (isRefusal(run)) return run
    const task = await taskNamed(context, given.task)
    if (isRefusal(task)) return task
    const target = { ...run, ...task }
    return say(context, given.id, target, given.because)
  },
})

export const sessionUntie = query({
  summary: 'Says that a session belongs to no task and no run, whatever speaks for one',
  effect: 'writes',
  creates: false,
  params: v.strictObject({ id: text(WHICH, 'ID', 1), because }),
  run: (context, given): Promise<SessionBelongs | Refusal> =>
    say(context, given.id, 'nothing', given.because),
})

async function say(
  context: QueryContext,
  id: string,
  target: Parameters<typeof tieByHand>[2],
  why: string,
): Promise<SessionBelongs | Refusal> {
  const model = await context.sessions()
  await model.refresh()
  const found = await findSession(model, id, 1)
  if (isRefusal(found)) return found
  const event = tieByHand(context.platform, found, target, why)
  await (await context.events()).append(`session-${found.id}`, [event])
  await model.refresh()
  const after = await findSession(model, found.id, 1)
  if (isRefusal(after)) return after
  const { task, run, ties } = after
  return { session: found.id, task, run, ties }
}

async function tieAll(context: QueryContext): Promise<Tied> {
  const { platform } = context
  const [events, sessions, work] = await Promise.all([context.events(), context.sessions(), context.work()])
  return new Tying({ clock: platform.clock, events, sessions, work, git }).look()
}

async function runNamed(context: QueryContext, run: string | undefined): Promise<Target | Refusal> {
  if (run === undefined) return {}
  const { runs } = await factsOf(await context.events())
  const found = [...runs.values()].filter((one) => one.run.startsWith(run))
  const ids = found.map((one) => one.run)
  if (found.length === 1) return targetOf(found[0]!)
  return found.length === 0
    ? refusal('UNKNOWN_RUN', `there is no run "${run}"`, 'see spanledger runs')
    : refusal(
        'AMBIGUOUS_ID',
        `"${run}" begins the ids of ${found.length} runs`,
        'give more of it',
        ids.slice(0, 5),
      )
}

async function taskNamed(context: QueryContext, task: string | undefined): Promise<Target | Refusal> {
  const found = task === undefined ? undefined : await carriedTask(context, task)
  if (isRefusal(found)) return found
  return found === undefined ? {} : { task: found }
}
