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

export function thingsOf(state: SessionState): Things {
  const groups = new Map<SessionEventName, Told[]>()
  for (const one of state.told.values()) {
    const group = groups.get(one.event)
    if (group) group.push(one)
    else groups.set(one.event, [one])
  }
  const of = (...names: SessionEventName[]): Told[] => names.flatMap((name) => groups.get(name) ?? [])
  const inOrder = (name: SessionEventName): Told[] => of(name).toSorted((a, b) => compare(a.id, b.id))
  const as = (kind: Activity['kind'], things: readonly Thing[]): Activity[] =>
    things.map((thing) => Object.assign(thing, { kind }))
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

  const bySpan = new Map<string, Activity>()
  for (const activity of [...modelCalls, ...toolCalls, ...invoked])
    for (const { data } of activity.told)
      if (data.span !== undefined) bySpan.set(`${data.trace}/${data.span}`, activity)

  const place = placing(bySpan, invoked)
  const turns = invoked.filter((activity) => !place.within(activity))
  const agents = invoked.filter((activity) => place.within(activity))
  const calls = [...modelCalls, ...toolCalls]
  const named = namedAgents(calls, inOrder('SessionSubagentStarted'), agents, state.id)
  for (const activity of [...calls, ...agents, ...waits]) {
    const agent =
      place.agentOf(activity, turns) ??
      named.get(field(activity, activity.kind === 'agent' ? 'parentAgentId' : 'agentId') ?? '')
    if (agent && agent !== activity) activity.agent = agent
  }
  agents.push(...[...new Set(named.values())].filter((agent) => !agents.includes(agent)))
  holdAgents(place.parentOf, calls, agents)
  stretch(agents, calls)
  holdByTime(toolCalls, agents)

  for (const wait of waits) {
    const parent = place.parentOf(wait)
    if (parent?.kind === 'toolCall') wait.of = parent
  }
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

/** Where things stand among each other, by their spans. */
function placing(bySpan: ReadonlyMap<string, Activity>, invoked: readonly Activity[]) {
  const parentOf = (activity: Thing): Activity | undefined => {
    for (const { data } of activity.told) {
      const parent =
        data.parentSpan === undefined ? undefined : bySpan.get(`${data.trace}/${data.parentSpan}`)
      if (parent && parent !== activity) return parent
    }
    return undefined
  }
  /** The agent span above, past tool calls; where spans in between were not told, the innermost one around it in its trace. */
  const above = (activity: Thing): Activity | undefined => {
    const seen = new Set<Thing>([activity])
    for (let at = parentOf(activity); at && !seen.has(at); at = parentOf(at)) {
      if (at.kind === 'agent') return at
      seen.add(at)
    }
    const trace = field(activity, 'trace')
    if (trace === undefined || !activity.told.some(({ data }) => data.parentSpan !== undefined))
      return undefined
    return invoked
      .filter((agent) => agent !== activity && field(agent, 'trace') === trace)
      .filter(
        (agent) =>
          agent.start <= activity.start &&
          agent.end >= activity.end &&
          agent.end - agent.start > activity.end - activity.start,
      )
      .toSorted((a, b) => a.end - a.start - (b.end - b.start) || compare(a.id, b.id))[0]
  }
  return {
    parentOf,
    within: (activity: Activity): boolean => above(activity) !== undefined,
    /** Undefined for what the session's own agent did in one of its turns. */
    agentOf: (activity: Activity, turns: readonly Activity[]): Activity | undefined => {
      const agent = above(activity)
      return agent && !turns.includes(agent) ? agent : undefined
    },
  }
}

/** Agents told by an id on their calls or by a start of their own, where no span of theirs was told. */
function namedAgents(
  calls: readonly Activity[],
  starts: readonly Told[],
  spans: readonly Activity[],
  session: string,
): Map<string, Activity> {
  const agents = new Map<string, Activity>()
  for (const agent of spans) {
    const id = field(agent, 'agentId')
    if (id !== undefined && !agents.has(id)) agents.set(id, agent)
  }
  const parents = new Map<string, string>()
  const mention = (id: string | undefined, thing: Thing, told: Told[]): void => {
    if (id === undefined || id === session) return
    const parent = field(thing, 'parentAgentId')
    if (parent !== undefined && !parents.has(id)) parents.set(id, parent)
    if (!agents.has(id)) agents.set(id, { ...thing, id, told, outcome: 'unknown', kind: 'agent' })
    const agent = agents.get(id)!
    agent.name ??= field(thing, 'agentName')
  }
  const started = new Map<string, Told[]>()
  for (const one of starts) {
    const id = one.data.agentId
    if (id !== undefined) started.set(id, [...(started.get(id) ?? []), one])
  }
  for (const [id, told] of started) mention(id, thingOf(told), told)
  for (const call of calls) mention(field(call, 'agentId'), call, [])
  for (const [id, parent] of parents) {
    const [agent, above] = [agents.get(id), agents.get(parent)]
    if (agent && above && !leadsTo(above, agent)) agent.agent = above
  }
  return agents
}

/** A tool call inside of which another agent worked started that agent, for the agent whose call it is. */
function holdAgents(
  parentOf: (activity: Thing) => Activity | undefined,
  calls: readonly Activity[],
  agents: readonly Activity[],
): void {
  for (const activity of [...calls, ...agents]) {
    const tool = parentOf(activity)
    if (tool?.kind !== 'toolCall') continue
    const agent = activity.kind === 'agent' ? activity : activity.agent
    if (!agent || agent === tool.agent) continue
    tool.holdsAgent = true
    if (tool.agent && !agent.agent && !leadsTo(tool.agent, agent)) agent.agent = tool.agent
  }
}

/** Where no span tells it: the shortest tool call of the agent above that lasted as long as the subagent worked. */
function holdByTime(toolCalls: readonly Activity[], agents: readonly Activity[]): void {
  for (const agent of agents) {
    const around = toolCalls
      .filter((tool) => tool.agent === agent.agent && tool.start <= agent.start && tool.end >= agent.end)
      .toSorted((a, b) => a.end - a.start - (b.end - b.start) || compare(a.id, b.id))
    if (around[0] && !around.some(({ holdsAgent }) => holdsAgent)) around[0].holdsAgent = true
  }
}

/** Whether `target` is among those above: agents that claim each other as parent must not make a ring. */
function leadsTo(from: Activity, target: Activity): boolean {
  for (let at: Activity | undefined = from; at; at = at.agent) if (at === target) return true
  return false
}

/** An agent known by its calls alone lasts from the first to the last of them. */
function stretch(agents: readonly Activity[], calls: readonly Activity[]): void {
  for (const agent of agents.filter(({ told }) => told.every(({ data }) => data.span === undefined))) {
    const own = calls.filter((call) => call.agent === agent)
    if (own.length === 0) continue
    agent.start = Math.min(...own.map(({ start }) => start))
    agent.end = Math.max(...own.map(({ end }) => end))
  }
}
