import { Activity, activityOf, byStart, compare, field } from './merge.ts'
import type { Told } from './state.ts'

/** What the edges of a session's tree are made of. Everything in order of start. */
export interface Placed {
  modelCalls: readonly Activity[]
  toolCalls: readonly Activity[]
  waits: readonly Activity[]
  prompts: readonly Activity[]
  /** Spans around the work of one agent, the session's own turns among them. */
  invoked: readonly Activity[]
  /** Starts of subagents, told by themselves. */
  starts: readonly Told[]
}

/**
 * Who did what. Sets `agent` of every activity, and `inferred` where no unbroken chain of spans says so; `of` of waits.
 *
 * In this order: the chain of its spans up to an agent's; the agent's id on it; the tool call that its agent worked in;
 * the innermost agent around it in time. What none of these tells is the session's own agent's. Nothing is ever left
 * out, rings are cut where the later of two would close one, and the order in which anything was told does not matter.
 */
export function placeAll(placed: Placed, session: string): { agents: Activity[]; turns: Activity[] } {
  const { modelCalls, toolCalls, waits, invoked } = placed
  const spans = new Spans(placed)
  const turns = invoked.filter(
    (one) => spans.above(one).agent === undefined && around(one, invoked) === undefined,
  )
  const isTurn = new Set(turns)
  const agents = invoked.filter((one) => !isTurn.has(one))
  const calls = [...modelCalls, ...toolCalls]
  const named = namedAgents(calls, placed.starts, agents, session)
  // Agents that tell ids tell them of every call of a subagent: those without one are the session's own.
  const hasIds = calls.some((call) => field(call, 'agentId') !== undefined)
  for (const one of [...agents, ...calls, ...waits].toSorted(byStart)) {
    const { agent: by, isWhole } = spans.above(one)
    const chained = by !== undefined && !isTurn.has(by) ? by : undefined
    const id = named.get(field(one, one.kind === 'agent' ? 'parentAgentId' : 'agentId') ?? '')
    if (chained) put(one, chained, undefined)
    else if (id !== undefined && id !== one) put(one, id, 'agent-id')
    else if (isWhole) continue
    else {
      const near = around(one, invoked)
      if (near !== undefined && !isTurn.has(near)) put(one, near, 'time')
      else one.inferred = hasIds ? 'agent-id' : 'time'
    }
  }
  const others = [...new Set(named.values())].filter((agent) => !agents.includes(agent))
  for (const agent of others) agent.inferred ??= 'agent-id'
  const all = [...agents, ...others]
  holdAgents(spans, calls, all)
  stretch(all, calls)
  holdByTime(toolCalls, all)
  for (const wait of waits) {
    const parent = spans.parentOf(wait)
    if (parent?.kind === 'toolCall') wait.of = parent
  }
  return { agents: all, turns }
}

/** An agent below itself, by whatever it was placed, stays where it is: the session's own. */
function put(one: Activity, agent: Activity | undefined, inferred: Activity['inferred']): void {
  if (agent === one || (agent && one.kind === 'agent' && leadsTo(agent, one))) one.inferred = 'time'
  else {
    if (agent) one.agent = agent
    if (inferred) one.inferred = inferred
  }
}

/** Where things stand among each other, by their spans. */
class Spans {
  /** Trace -> span -> what it is of. */
  readonly #bySpan = new Map<string | undefined, Map<string, Activity>>()
  readonly #above = new Map<Activity, { agent: Activity | undefined; isWhole: boolean }>()

  constructor({ modelCalls, toolCalls, prompts, invoked }: Placed) {
    for (const activity of [...prompts, ...modelCalls, ...toolCalls, ...invoked])
      for (const { data } of activity.told)
        if (data.span !== undefined) this.#ofTrace(data.trace).set(data.span, activity)
  }

  #ofTrace(trace: string | undefined): Map<string, Activity> {
    let spans = this.#bySpan.get(trace)
    if (spans === undefined) this.#bySpan.set(trace, (spans = new Map()))
    return spans
  }

  parentOf(activity: Activity): Activity | undefined {
    for (const { data } of activity.told) {
      if (data.parentSpan === undefined) continue
      const parent = this.#bySpan.get(data.trace)?.get(data.parentSpan)
      if (parent && parent !== activity) return parent
    }
    return undefined
  }

  /** The agent span above, past tool calls, and whether the chain is whole: to an agent, a prompt, or a span without a parent. */
  above(activity: Activity): { agent: Activity | undefined; isWhole: boolean } {
    const known = this.#above.get(activity)
    if (known) return known
    const seen = new Set<Activity>([activity])
    let agent: Activity | undefined
    let last: Activity = activity
    for (let at = this.parentOf(activity); at && !seen.has(at); at = this.parentOf(at)) {
      if (at.kind === 'agent') agent ??= at
      seen.add(at)
      last = at
      if (at.kind === 'prompt') break
    }
    // Of a turn whose own parent was not told, nobody knows that it is one.
    const found = { agent, isWhole: isRoot(last) || last.kind === 'prompt' }
    this.#above.set(activity, found)
    return found
  }
}

/** It has a span, and that has no parent. */
const isRoot = (thing: Activity): boolean =>
  thing.told.some(({ data }) => data.span !== undefined) &&
  thing.told.every(({ data }) => data.parentSpan === undefined)

/** Where spans in between were not told: the innermost agent around it in its trace. */
function around(activity: Activity, invoked: readonly Activity[]): Activity | undefined {
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
  const mention = (id: string | undefined, thing: Activity, told: Told[]): void => {
    if (id === undefined || id === session) return
    const parent = field(thing, 'parentAgentId')
    if (parent !== undefined && !parents.has(id)) parents.set(id, parent)
    if (!agents.has(id))
      agents.set(
        id,
        new Activity('agent', id, told, { start: thing.start, end: thing.end, outcome: 'unknown' }),
      )
    const agent = agents.get(id)!
    agent.name ??= field(thing, 'agentName')
  }
  const started = new Map<string, Told[]>()
  for (const one of starts) {
    const id = one.data.agentId
    if (id !== undefined) started.set(id, [...(started.get(id) ?? []), one])
  }
  for (const [id, told] of started) mention(id, activityOf('agent', told), told)
  for (const call of calls) mention(field(call, 'agentId'), call, [])
  for (const [id, parent] of parents) {
    const [agent, above] = [agents.get(id), agents.get(parent)]
    if (!agent || !above || agent.agent || leadsTo(above, agent)) continue
    agent.agent = above
    agent.inferred = 'agent-id'
  }
  return agents
}

/** A tool call inside of which another agent worked started that agent, for the agent whose call it is. */
function holdAgents(spans: Spans, calls: readonly Activity[], agents: readonly Activity[]): void {
  for (const activity of [...calls, ...agents]) {
    const tool = spans.parentOf(activity)
    if (tool?.kind !== 'toolCall') continue
    const agent = activity.kind === 'agent' ? activity : activity.agent
    if (!agent || agent === tool.agent) continue
    tool.holdsAgent = true
    if (agent.agent || (tool.agent && leadsTo(tool.agent, agent))) continue
    if (tool.agent) agent.agent = tool.agent
    // The tool call's own place may be inferred: what hangs on it is no surer.
    if (agent.inferred) agent.inferred = 'tool-call'
  }
}

/** Where no span tells it: the shortest tool call of the agent above that lasted as long as the subagent worked. */
function holdByTime(toolCalls: readonly Activity[], agents: readonly Activity[]): void {
  for (const agent of agents) {
    const enclosing = toolCalls
      .filter((tool) => tool.agent === agent.agent && tool.start <= agent.start && tool.end >= agent.end)
      .toSorted((a, b) => a.end - a.start - (b.end - b.start) || compare(a.id, b.id))
    if (enclosing[0] && !enclosing.some(({ holdsAgent }) => holdsAgent)) enclosing[0].holdsAgent = true
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
