import { definedFields, type Json } from '../document/document.ts'
import type { Draft } from '../events.ts'
import { capacityOf, leaseNano, wipLimitOf } from '../policies.ts'
import { dependenciesOf, evolve, isHeld, storyPointsOf, type Task, teamOf, typeOf } from '../state.ts'
import { DEFAULT_TEAM } from '../team.ts'
import { workItemId } from '../task-id.ts'
import { isOver } from '../words.ts'
import { type Decision, decided, type Moment, points, refuse, unknownTask } from './decision.ts'
import { isTitle } from './create.ts'
import { cycleThrough } from './cycle.ts'
import { illegal, withStatus } from './status.ts'

/** A known task by its id, or work by its type and title: the open one of that name, else a new one. */
export type ClaimWork = { team?: string | undefined } & (
  | { id: string }
  | { type: string; title: string; fields: Record<string, Json | undefined> }
)

/**
 * One agent takes one task, until it says that it is done or its lease runs out.
 *
 * Refuses  UNKNOWN_AGENT where the policies list agents and this is none of them; ALREADY_CLAIMED, NOT_CLAIMABLE, BLOCKED,
 *          WIP_LIMIT, CAPACITY, STORY_POINTS
 */
export function decideClaim(moment: Moment, command: ClaimWork): Decision {
  const { state } = moment
  if ('id' in command) {
    const task = state.find(command.id)
    return task === undefined
      ? unknownTask(moment, command.id, 'claim')
      : claimed(moment, task, command.team, [])
  }
  const { type, title, team } = command
  if (!isTitle(title))
    return refuse(
      moment,
      { task: '', command: 'claim' },
      'BAD_VALUE',
      'a title is one line of 1 to 200 characters',
      'give a shorter one',
    )
  for (const task of state.titled(title))
    if (typeOf(task) === type && !isOver(task.status)) return claimed(moment, task, team, [])
  const id = workItemId(type, title, (taken) => state.tasks.has(taken))
  const fields = definedFields({ type, status: 'todo', team, ...command.fields })
  const created: Draft = {
    event: 'TaskCreated',
    data: { task: id, title, fields, sections: {}, by: moment.by },
  }
  // Decisions about it are the same as about one that is there.
  return claimed(moment, evolve(undefined, created, moment.nowNano)!, team, [created])
}

/** @param before what makes the task, when it is new */
function claimed(moment: Moment, task: Task, asked: string | undefined, before: Draft[]): Decision {
  const { policies, by, nowNano, state } = moment
  const team = asked ?? teamOf(task) ?? DEFAULT_TEAM
  const { id } = task
  const no = (code: Parameters<typeof refuse>[2], message: string, next: string): Decision =>
    refuse(moment, { task: id, command: 'claim', team }, code, message, next)

  if (policies.agents.length > 0 && !policies.agents.includes(by.agent))
    return no(
      'UNKNOWN_AGENT',
      `"${by.agent}" is none of the agents that may claim`,
      'add it to policies.yaml',
    )
  if (isHeld(task, nowNano) && task.claim.agent !== by.agent)
    return no(
      'ALREADY_CLAIMED',
      `${id} is claimed by ${task.claim.agent}`,
      'take another: spanledger work list --status todo',
    )
  const claim = leased(moment, task, team)
  // The same agent asking again means that it is still there.
  if (isHeld(task, nowNano)) return decided(id, [claim.renewed])
  if (task.status !== 'todo' && task.status !== 'in_progress')
    return no(
      'NOT_CLAIMABLE',
      `${id} is ${task.status}`,
      task.status === 'blocked' || isOver(task.status)
        ? `once it can go on: spanledger task status ${id} todo`
        : 'wait for the review',
    )
  const cycle = before.length > 0 ? cycleThrough(state, id, task.fields) : undefined
  if (cycle !== undefined)
    return no('CYCLE', `it would wait for itself: ${cycle.join(' > ')}`, 'leave one out')
  const waitsFor = dependenciesOf(task).filter((one) => state.find(one)?.status !== 'done')
  if (waitsFor.length > 0)
    return no('BLOCKED', `${id} waits for ${waitsFor.join(', ')}`, 'take one of these first')
  const size = storyPointsOf(task)
  if (policies.storyPointsMax !== undefined && size !== undefined && size > policies.storyPointsMax)
    return no(
      'STORY_POINTS',
      `${id} has ${size} story points, at most ${policies.storyPointsMax} are allowed`,
      'break it down: spanledger task promote, then task add',
    )
  const limit = wipLimitOf(policies, team)
  const capacity = capacityOf(policies, team)
  const isLimited = [limit, capacity, policies.agentWipLimit].some((one) => one !== undefined)
  let [ofTeam, pointsOfTeam, ofAgent] = [0, 0, 0]
  for (const held of isLimited ? state.holding(nowNano) : []) {
    if (held.claim.team === team) {
      ofTeam++
      pointsOfTeam += storyPointsOf(held) ?? 0
    }
    if (held.claim.agent === by.agent) ofAgent++
  }
  if (limit !== undefined && ofTeam >= limit)
    return no(
      'WIP_LIMIT',
      `team ${team} is at its limit: ${ofTeam} claimed`,
      'finish one: spanledger work list',
    )
  if (capacity !== undefined && size !== undefined && pointsOfTeam + size > capacity)
    return no(
      'CAPACITY',
      `team ${team} works on ${pointsOfTeam} of ${capacity} story points, and ${id} has ${size}`,
      'finish one, or take smaller work: spanledger work list',
    )
  if (policies.agentWipLimit !== undefined && ofAgent >= policies.agentWipLimit)
    return no(
      'WIP_LIMIT',
      `${by.agent} is at its limit: ${ofAgent} claimed`,
      'finish one: spanledger work list',
    )
  const expired = task.claim === undefined ? [] : [expiry(moment, task)]
  const { drafts, steps } = withStatus(moment, task, 'in_progress', { more: [claim.taken] })
  return decided(id, [...before, ...expired, ...drafts], steps)
}

function leased(
  { by, nowNano, policies }: Moment,
  task: Task,
  team: string,
): { taken: Draft; renewed: Draft } {
  const leaseUntilUnixNano = String(nowNano + leaseNano(policies))
  const of = { task: task.id, by, leaseUntilUnixNano }
  return {
    taken: { event: 'TaskClaimed', data: { ...of, team, ...points(task) } },
    renewed: { event: 'TaskProgressed', data: of },
  }
}

function expiry({ by }: Moment, { id, claim }: Task): Draft {
  const { agent: holder, leaseUntilNano } = claim!
  return {
    event: 'TaskClaimExpired',
    data: { task: id, holder, leaseUntilUnixNano: String(leaseUntilNano), by: { ...by, noticed: true } },
  }
}

/** Claims whose agents have not been heard of: their tasks are there to be claimed again. */
export function decideExpiries(moment: Moment): Decision[] {
  const { state, nowNano } = moment
  return [...state.claimed]
    .map((id) => state.tasks.get(id)!)
    .filter((task) => !isHeld(task, nowNano))
    .map((task) => {
      const lost = withStatus({ by: { ...moment.by, noticed: true }, state }, task, 'todo')
      return decided(task.id, [expiry(moment, task), ...lost.drafts], lost.steps)
    })
}

/** Still at work, and how far in percent. Refuses  UNKNOWN_TASK, NOT_CLAIMED, NOT_YOURS, LEASE_EXPIRED */
export function decideProgress(
  moment: Moment,
  { id, progress }: { id: string; progress?: number | undefined },
): Decision {
  const held = holdOf(moment, id, 'progress')
  if ('drafts' in held) return held
  const { renewed } = leased(moment, held.task, held.task.claim!.team)
  const draft = renewed as Extract<Draft, { event: 'TaskProgressed' }>
  return decided(id, [{ ...draft, data: { ...draft.data, ...(progress === undefined ? {} : { progress }) } }])
}

export interface CompleteWork {
  id: string
  outcome: 'done' | 'reviewing' | 'failed'
  /** 0 to 1. */
  score?: number | undefined
}

/** Refuses  UNKNOWN_TASK, NOT_CLAIMED, NOT_YOURS, LEASE_EXPIRED, ILLEGAL_STATUS */
export function decideComplete(moment: Moment, { id, outcome, score }: CompleteWork): Decision {
  const held = holdOf(moment, id, 'complete')
  if ('drafts' in held) return held
  const { task } = held
  const to = outcome === 'failed' ? 'todo' : outcome
  if (task.status === 'blocked' && to !== 'todo') return illegal(moment, task, to, 'complete')
  const completed: Draft = {
    event: 'TaskCompleted',
    data: {
      task: id,
      team: task.claim!.team,
      outcome,
      ...(score === undefined ? {} : { score }),
      ...points(task),
      by: moment.by,
    },
  }
  const { drafts, steps } = withStatus(moment, task, to)
  return decided(id, [completed, ...drafts], steps)
}

/** The agent gives the task back undone. Refuses  as `decideProgress` */
export function decideRelease(
  moment: Moment,
  { id, reason }: { id: string; reason?: string | undefined },
): Decision {
  const held = holdOf(moment, id, 'release')
  if ('drafts' in held) return held
  const released: Draft = {
    event: 'TaskReleased',
    data: { task: id, ...(reason === undefined ? {} : { reason }), by: moment.by },
  }
  const { drafts, steps } = withStatus(moment, held.task, 'todo')
  return decided(id, [released, ...drafts], steps)
}

function holdOf(moment: Moment, id: string, command: string): Decision | { task: Task } {
  const { state, by, nowNano } = moment
  const task = state.find(id)
  if (task === undefined) return unknownTask(moment, id, command)
  const no = (code: Parameters<typeof refuse>[2], message: string): Decision =>
    refuse(
      moment,
      { task: id, command, team: task.claim?.team },
      code,
      message,
      `claim it: spanledger work claim --id ${id}`,
    )
  if (task.claim === undefined) return no('NOT_CLAIMED', `nobody has claimed ${id}`)
  if (task.claim.agent !== by.agent) return no('NOT_YOURS', `${id} is claimed by ${task.claim.agent}`)
  if (!isHeld(task, nowNano)) return no('LEASE_EXPIRED', `the lease of ${by.agent} on ${id} has run out`)
  return { task }
}
