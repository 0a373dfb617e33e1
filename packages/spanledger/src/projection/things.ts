import { placeAll } from './edges.ts'
import { join } from './join.ts'
import { Activity, activityOf, byStart, compare, field, modelCallOf } from './merge.ts'
import type { SessionState, Told } from './state.ts'
import type { SessionEventName } from '../agents/index.ts'

/** Everything a session did, by kind, each in order of start. */
export interface Things {
  modelCalls: Activity[]
  toolCalls: Activity[]
  prompts: Activity[]
  waits: Activity[]
  errors: Activity[]
  compactions: Activity[]
  /** Runs of hooks of which nothing arrived. */
  hooksMissed: Told[]
  agents: Activity[]
  /** Turns of the session's own agent as spans tell them: they hold sums over their model calls. */
  turns: Activity[]
  /** When the agent said it was done; `ofRun` where its process ended, whatever it said. */
  endings: { at: number; failed: boolean; ofRun?: boolean }[]
}

/** Of what is told of a session because the run that it was in ended. */
export const RUN_SOURCE = 'run'

/** Decided by a rule or a hook, not by a person. */
const BY_MACHINE = /^(config|hook|auto)/i

const joined = (kind: Activity['kind'], observations: Told[]): Activity[] =>
  join(observations, (told) => activityOf(kind, told))

export function thingsOf(state: SessionState): Things {
  const groups = new Map<SessionEventName, Told[]>()
  for (const one of state.told.values()) {
    const group = groups.get(one.event)
    if (group) group.push(one)
    else groups.set(one.event, [one])
  }
  const of = (...names: SessionEventName[]): Told[] => names.flatMap((name) => groups.get(name) ?? [])
  const inOrder = (name: SessionEventName): Told[] => of(name).toSorted((a, b) => compare(a.id, b.id))
  const each = (kind: Activity['kind'], name: SessionEventName): Activity[] =>
    of(name)
      .map((one) => activityOf(kind, [one]))
      .toSorted(byStart)

  const modelCalls = join(of('SessionModelCalled'), modelCallOf)
  const toolCalls = joined('toolCall', of('SessionToolUsed', 'SessionToolDecided'))
  const invoked = each('agent', 'SessionAgentInvoked')
  const prompts = joined('prompt', withPromptKeys(of('SessionPromptSubmitted')))
  const waits = each('wait', 'SessionPersonAwaited')

  const starts = inOrder('SessionSubagentStarted')
  const { agents, turns } = placeAll({ modelCalls, toolCalls, waits, prompts, invoked, starts }, state.id)
  return {
    modelCalls,
    toolCalls,
    prompts: withTurns(prompts, turns),
    waits: waits.filter(({ of: tool }) => !BY_MACHINE.test((tool && field(tool, 'decidedBy')) ?? '')),
    errors: each('error', 'SessionErrorOccurred'),
    compactions: joined('compaction', of('SessionCompacted')),
    hooksMissed: inOrder('SessionHooksMissed'),
    agents: agents.toSorted(byStart),
    turns,
    endings: endingsOf(inOrder('SessionCompleted'), inOrder('SessionFailed'), turns),
  }
}

/** Where a transcript names prompts by the id that telemetry tells beside them, that id joins the two. */
function withPromptKeys(prompts: Told[]): Told[] {
  const named = new Set(
    prompts.flatMap(({ data }) => data.keys?.filter((key) => key.startsWith('prompt:')) ?? []),
  )
  if (named.size === 0) return prompts
  return prompts.map((one) => {
    const key = `prompt:${one.data.promptId}`
    return named.has(key) ? { ...one, data: { ...one.data, keys: [...(one.data.keys ?? []), key] } } : one
  })
}

/** By time: what the agent said, how its process ended, how its turns did. */
function endingsOf(
  completed: readonly Told[],
  failures: readonly Told[],
  turns: readonly Activity[],
): Things['endings'] {
  const endings: Things['endings'] = turns.map(({ end, outcome }) => ({
    at: end,
    failed: outcome === 'failed',
  }))
  for (const [list, failed] of [[completed, false] as const, [failures, true] as const])
    for (const one of list)
      endings.push({ at: activityOf('agent', [one]).end, failed, ofRun: one.data.source === RUN_SOURCE })
  return endings.toSorted((a, b) => a.at - b.at)
}

/** Turns stand in for prompts that nobody told. */
function withTurns(prompts: Activity[], turns: readonly Activity[]): Activity[] {
  const untold = turns.filter((turn) => !prompts.some((prompt) => overlaps(prompt, turn)))
  if (untold.length === 0) return prompts
  return [...prompts, ...untold.map(asPrompt)].toSorted(byStart)
}

const asPrompt = (turn: Activity): Activity => new Activity('prompt', turn.id, turn.told, turn)

const overlaps = (a: Activity, b: Activity): boolean => a.start <= b.end && b.start <= a.end
