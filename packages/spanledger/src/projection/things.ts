import { placeAll } from './edges.ts'
import { join } from './join.ts'
import { byStart, compare, field, modelCallOf, thingOf, type Thing } from './merge.ts'
import type { SessionState, Told } from './state.ts'
import type { ActivityNode } from './session-view.ts'
import type { SessionEventName } from '../agents/index.ts'

/** A thing with its place in the tree. */
export interface Activity extends Thing {
  kind: ActivityNode['kind']
  /** The agent that did it; for an agent: the one that started it. Undefined: the session's own agent. */
  agent?: Activity
  /** How `agent` was found out, where no unbroken chain of spans tells it. */
  inferred?: NonNullable<ActivityNode['inferred']>
  /** Of an agent that only its calls name. */
  name?: string | undefined
  /** The tool call a wait was for. */
  of?: Activity
  /** A tool call inside of which a subagent worked: its time is the subagent's. */
  holdsAgent?: boolean
}

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

const as = (kind: Activity['kind'], things: readonly Thing[]): Activity[] =>
  things.map((thing) => Object.assign(thing, { kind }))

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
    as(
      kind,
      of(name)
        .map((one) => thingOf([one]))
        .toSorted(byStart),
    )

  const modelCalls = as('modelCall', join(of('SessionModelCalled'), modelCallOf))
  const toolCalls = as('toolCall', join(of('SessionToolUsed', 'SessionToolDecided'), thingOf))
  const invoked = each('agent', 'SessionAgentInvoked')
  const prompts = as('prompt', join(withPromptKeys(of('SessionPromptSubmitted')), thingOf))
  const waits = each('wait', 'SessionPersonAwaited')

  const starts = inOrder('SessionSubagentStarted')
  const { agents, turns } = placeAll({ modelCalls, toolCalls, waits, prompts, invoked, starts }, state.id)
  return {
    modelCalls,
    toolCalls,
    prompts: [
      ...prompts,
      ...turns.filter((turn) => !prompts.some((prompt) => overlaps(prompt, turn))).map(asPrompt),
    ].toSorted(byStart),
    waits: waits.filter(({ of: tool }) => !BY_MACHINE.test((tool && field(tool, 'decidedBy')) ?? '')),
    errors: each('error', 'SessionErrorOccurred'),
    compactions: as('compaction', join(of('SessionCompacted'), thingOf)),
    hooksMissed: inOrder('SessionHooksMissed'),
    agents: agents.toSorted(byStart),
    turns,
    endings: [
      ...inOrder('SessionCompleted').map((one) => ending(one, false)),
      ...inOrder('SessionFailed').map((one) => ending(one, true)),
      ...turns.map(({ end, outcome }) => ({ at: end, failed: outcome === 'failed' })),
    ].toSorted((a, b) => a.at - b.at),
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

const ending = (one: Told, failed: boolean): Things['endings'][number] => ({
  at: thingOf([one]).end,
  failed,
  ofRun: one.data.source === RUN_SOURCE,
})

const asPrompt = (turn: Activity): Activity => ({ ...turn, kind: 'prompt' })

const overlaps = (a: Activity, b: Activity): boolean => a.start <= b.end && b.start <= a.end
