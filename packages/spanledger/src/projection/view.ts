import { causesOf } from './causes.ts'
import { courseOf, timeOf } from './course.ts'
import { findingsOf } from './findings.ts'
import type { Interval } from './intervals.ts'
import { type Activity, addTokens, byStart, compare, field, NO_TOKENS, tokensOf } from './merge.ts'
import { notesOf } from './notes.ts'
import type { PriceOf } from './prices.ts'
import { reconcile, type Reconciliation } from './reconcile.ts'
import { type Priced, spendingOf, unpricedIn } from './spending.ts'
import type {
  ActivityNode,
  Course,
  SessionDetail,
  SessionStatus,
  SessionSummary,
  Spending,
  Tokens,
} from './session-view.ts'
import type { SessionState, Told } from './state.ts'
import { tiedOf, tieNotes } from './tied.ts'
import { thingsOf, type Things } from './things.ts'

/** A session that was not heard of for longer is silent. */
export const SILENT_AFTER_MS = 5 * 60_000

/** Nodes of a tree when the caller does not say. */
const TREE_NODES_DEFAULT = 500

const failed = (list: readonly Activity[]): number =>
  list.filter(({ outcome }) => outcome === 'failed').length
const iso = (at: number): string => new Date(at).toISOString()
const round = (value: number): number => Math.round(value * 1000) / 1000
/** Sums of dollars in binary carry noise in the 17th digit; a billionth of a dollar is kept. */
const dollars = (value: number): number => Math.round(value * 1e9) / 1e9

function modelOf(call: Activity): string {
  return field(call, 'model') ?? field(call, 'requestModel') ?? 'unknown'
}

function priced(call: Activity, prices: PriceOf): Priced {
  const model = modelOf(call)
  const tokens = tokensOf(call)
  const asked = field(call, 'requestModel')
  const price = (name: string): number | null => (tokens ? prices(name, call.start, tokens) : null)
  const costUsd = price(model) ?? (asked === undefined ? null : price(asked))
  // Rounded call by call, so that whatever is added up of them comes to the same.
  return { call, model, tokens, costUsd: costUsd === null ? null : dollars(costUsd) }
}

const sumOf = (calls: readonly Priced[]): { tokens: Tokens; costUsd: number | null } => {
  const costs = calls.map(({ costUsd }) => costUsd).filter((cost) => cost !== null)
  return {
    tokens: calls.reduce((sum, { tokens }) => (tokens ? addTokens(sum, tokens) : sum), { ...NO_TOKENS }),
    costUsd: costs.length === 0 ? null : dollars(costs.reduce((sum, cost) => sum + cost, 0)),
  }
}

/** State -> the line of `sessions`. Undefined when nothing with a time was told. */
export function summaryOf(state: SessionState, prices: PriceOf, nowMs: number): SessionSummary | undefined {
  return figuresOf(state, prices, nowMs)?.summary
}

/** The same, and what it adds to the cost and the time of days, models and causes. */
export function figuresOf(
  state: SessionState,
  prices: PriceOf,
  nowMs: number,
): { summary: SessionSummary; spending: Spending[]; course: Course[] } | undefined {
  const things = thingsOf(state)
  const calls = things.modelCalls.map((call) => priced(call, prices))
  const head = summary(state, things, calls, nowMs)
  if (!head) return undefined
  const cause = causesOf(things)
  const [start, end] = [Date.parse(head.startedAt), Date.parse(head.endedAt ?? head.startedAt)]
  return {
    summary: head,
    spending: spendingOf(calls, cause, sumOf),
    course: courseOf(things, cause, start, end),
  }
}

function summary(
  state: SessionState,
  things: Things,
  calls: Priced[],
  nowMs: number,
): SessionSummary | undefined {
  const told = toldOnce(state)
  const span = extent(state)
  if (told.agent === undefined || !span) return undefined
  const { tokens, costUsd } = sumOf(calls)
  const findings = findingsOf(state)
  const { unsure: _, ...belongs } = tiedOf(state, told)
  return {
    id: state.id,
    agent: told.agent,
    agentVersion: told.agentVersion ?? null,
    status: statusOf(things, span.end, nowMs),
    startedAt: iso(span.start),
    endedAt: iso(span.end),
    workingDirectory: told.workingDirectory ?? null,
    ...belongs,
    models: [...new Set(calls.map(({ model }) => model))].filter((model) => model !== 'unknown'),
    prompts: things.prompts.length,
    modelCalls: calls.length,
    failedModelCalls: failed(things.modelCalls),
    toolCalls: things.toolCalls.length,
    failedToolCalls: failed(things.toolCalls),
    subagents: things.agents.length,
    errors: things.errors.length,
    compactions: things.compactions.length,
    tokens,
    costUsd,
    unpricedModelCalls: unpricedIn(calls),
    sources: sourcesOf([...things.modelCalls, ...things.toolCalls, ...things.prompts, ...things.agents]),
    ...(findings.length === 0 ? {} : { findings }),
  }
}

/** Of a session as a whole. */
const TOLD_ONCE = [
  'agent',
  'agentVersion',
  'workingDirectory',
  'run',
  'task',
  'repository',
  'branch',
  'worktree',
] as const
type ToldOnce = (typeof TOLD_ONCE)[number]

/** Each by the observation of the highest rank that told it; ties by id. */
function toldOnce(state: SessionState): { [Name in ToldOnce]?: string } {
  const first: { [Name in ToldOnce]?: Told } = {}
  for (const one of state.told.values()) {
    if (one.event === 'SessionTied' || one.event === 'SessionUntied') continue
    for (const name of TOLD_ONCE) {
      if (one.data[name] === undefined) continue
      const before = first[name]
      if (
        !before ||
        one.data.rank > before.data.rank ||
        (one.data.rank === before.data.rank && one.id < before.id)
      )
        first[name] = one
    }
  }
  return Object.fromEntries(TOLD_ONCE.map((name) => [name, first[name]?.data[name]]))
}

function extent(state: SessionState): Interval | undefined {
  let [start, end] = [Infinity, -Infinity]
  for (const told of state.told.values()) {
    start = Math.min(start, told.start ?? Infinity)
    end = Math.max(end, told.end ?? -Infinity)
  }
  return Number.isFinite(start) && Number.isFinite(end) ? { start, end: Math.max(start, end) } : undefined
}

/** Ended when the agent said so and began nothing afterwards; else when its process was the first to end since. */
function statusOf(things: Things, lastHeard: number, nowMs: number): SessionStatus {
  let begun = -Infinity
  for (const list of [things.prompts, things.modelCalls, things.toolCalls])
    for (const { start } of list) begun = Math.max(begun, start)
  const said = things.endings.findLast(({ ofRun }) => ofRun !== true)
  const ending =
    said && begun <= said.at ? said : things.endings.find(({ at, ofRun }) => ofRun === true && begun <= at)
  if (ending) return ending.failed ? 'failed' : 'completed'
  return nowMs - lastHeard > SILENT_AFTER_MS ? 'silent' : 'active'
}

function sourcesOf(activities: readonly Activity[]): string[] {
  const sources = new Set<string>()
  for (const { told } of activities) for (const { data } of told) sources.add(data.source)
  return [...sources].toSorted(compare)
}

/** State -> the whole of `session show`. The tree keeps the first `limit` nodes; agents always stay. */
export function detailOf(
  state: SessionState,
  prices: PriceOf,
  nowMs: number,
  limit: number = TREE_NODES_DEFAULT,
): SessionDetail | undefined {
  const things = thingsOf(state)
  const calls = things.modelCalls.map((call) => priced(call, prices))
  const head = summary(state, things, calls, nowMs)
  if (!head) return undefined
  const { tree, omitted } = treeOf(head, things, calls, limit)
  return {
    ...head,
    time: timeOf(things, Date.parse(head.startedAt), Date.parse(head.endedAt ?? head.startedAt)),
    costByModel: byModel(calls),
    notes: [
      ...tieNotes(tiedOf(state, toldOnce(state))),
      ...notesOf(head, things, calls, reconcile(head, things, calls, state)),
    ],
    tree,
    omitted,
  }
}

/** State -> who told which figure. */
export function reconciliationOf(
  state: SessionState,
  prices: PriceOf,
  nowMs: number,
): Reconciliation | undefined {
  const things = thingsOf(state)
  const calls = things.modelCalls.map((call) => priced(call, prices))
  const head = summary(state, things, calls, nowMs)
  return head && reconcile(head, things, calls, state)
}

function byModel(calls: readonly Priced[]): SessionDetail['costByModel'] {
  const groups = new Map<string, Priced[]>()
  for (const call of calls) groups.set(call.model, [...(groups.get(call.model) ?? []), call])
  return [...groups]
    .map(([model, group]) => ({ model, modelCalls: group.length, ...sumOf(group) }))
    .toSorted((a, b) => (b.costUsd ?? -1) - (a.costUsd ?? -1) || compare(a.model, b.model))
}

function treeOf(
  head: SessionSummary,
  things: Things,
  calls: readonly Priced[],
  limit: number,
): { tree: ActivityNode[]; omitted: number } {
  const price = new Map(calls.map((entry) => [entry.call, entry]))
  const nodes = new Map<Activity, ActivityNode>()
  const root: ActivityNode = {
    kind: 'agent',
    id: head.id,
    name: head.agent,
    startedAt: head.startedAt,
    durationMs: Date.parse(head.endedAt ?? head.startedAt) - Date.parse(head.startedAt),
    outcome: head.status === 'completed' ? 'ok' : head.status === 'failed' ? 'failed' : 'unknown',
    tokens: head.tokens,
    costUsd: head.costUsd,
    sources: head.sources,
    children: [],
  }
  for (const agent of things.agents) nodes.set(agent, nodeOf(agent, price.get(agent)))
  const others = [
    ...things.prompts,
    ...things.modelCalls,
    ...things.toolCalls,
    ...things.waits,
    ...things.errors,
    ...things.compactions,
  ]
  const kept = others.toSorted(byStart).slice(0, Math.max(0, limit))
  for (const activity of kept) nodes.set(activity, nodeOf(activity, price.get(activity)))
  for (const activity of [...things.agents, ...kept].toSorted(byStart)) {
    const above =
      (activity.of && nodes.get(activity.of)) ?? (activity.agent && nodes.get(activity.agent)) ?? root
    above.children.push(nodes.get(activity)!)
  }
  for (const [agent, node] of nodes) if (agent.kind === 'agent') totalsOf(agent, node, calls)
  return { tree: [root], omitted: others.length - kept.length }
}

/** An agent's own model calls and those of the agents it started. */
function totalsOf(agent: Activity, node: ActivityNode, calls: readonly Priced[]): void {
  const within = (at: Activity | undefined): boolean => at !== undefined && (at === agent || within(at.agent))
  const { tokens, costUsd } = sumOf(calls.filter(({ call }) => within(call.agent)))
  node.tokens = tokens
  node.costUsd = costUsd
}

function nodeOf(activity: Activity, price: Priced | undefined): ActivityNode {
  const node: ActivityNode = {
    kind: activity.kind,
    id: idOf(activity),
    name: nameOf(activity),
    startedAt: iso(activity.start),
    durationMs: round(activity.end - activity.start),
    outcome: activity.outcome,
    sources: sourcesOf([activity]),
    children: [],
  }
  const detail = detailLine(activity)
  if (detail !== undefined) node.detail = detail
  if (activity.inferred !== undefined) node.inferred = activity.inferred
  if (price) {
    if (price.tokens) node.tokens = price.tokens
    node.costUsd = price.costUsd
  }
  return node
}

/** The agent's own id where it gives one: what its transcript and its logs call it. */
const idOf = (activity: Activity): string =>
  field(
    activity,
    activity.kind === 'modelCall' ? 'requestId' : activity.kind === 'agent' ? 'agentId' : 'toolUseId',
  ) ?? activity.id

function nameOf(activity: Activity): string {
  if (activity.kind === 'modelCall') return modelOf(activity)
  if (activity.kind === 'prompt') return field(activity, 'text') ?? 'prompt'
  if (activity.kind === 'error') return field(activity, 'error') ?? field(activity, 'name') ?? 'error'
  if (activity.kind === 'wait') return (activity.of && field(activity.of, 'name')) ?? 'person'
  return field(activity, 'name') ?? activity.name ?? activity.kind
}

function detailLine(activity: Activity): string | undefined {
  const exit = field(activity, 'exitCode')
  const parts = [
    field(activity, 'command'),
    activity.outcome === 'failed' && activity.kind !== 'error' ? field(activity, 'error') : undefined,
    exit !== undefined && exit !== 0 ? `exit ${exit}` : undefined,
    activity.kind === 'modelCall'
      ? (field(activity, 'finishReason') ?? field(activity, 'purpose'))
      : undefined,
    activity.kind === 'wait' ? field(activity.of ?? activity, 'decision') : undefined,
  ]
  const line = parts.filter((part) => part !== undefined).join(' · ')
  return line === '' ? undefined : line
}
