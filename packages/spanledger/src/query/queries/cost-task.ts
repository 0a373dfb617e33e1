import * as v from 'valibot'
import {
  type ActivityNode,
  type Attempt,
  type CostFigures,
  costOf,
  latestFirst,
  type Outcomes,
  type RunOutcome,
  type SessionFigures,
  type SessionReadModel,
  type Ties,
  type Tokens,
} from '../../projection/index.ts'
import type { WorkState } from '../../work/index.ts'
import { limit, text } from '../params.ts'
import { query } from '../query.ts'
import { isRefusal, refusal, type Refusal } from '../refusal.ts'
import { tasksIn, tiesIn } from './cost-ties.ts'
import { findTask } from './task-view.ts'

/**
 * A part of what a task cost. What its children cost adds up to what it did: a task is its runs, its sessions outside of
 * runs and its subtasks; a run its attempts; an attempt its sessions; a session the agents that worked in it.
 */
export interface CostNode {
  kind: 'task' | 'run' | 'attempt' | 'sessions' | 'session' | 'agent'
  id: string
  name: string
  outcome: 'ok' | 'failed' | 'retry' | 'open' | null
  startedAt: string | null
  /** Null for an agent: only what it cost is told apart. */
  modelCalls: number | null
  tokens: Tokens
  costUsd: number | null
  /** Null for an agent: what it did beside others is not told apart. */
  figures: CostFigures | null
  children: CostNode[]
}

export interface TaskCost {
  task: string
  title: string | null
  status: string | null
  /** Of the task with its subtasks. */
  total: CostFigures
  /** Without them. */
  own: CostFigures
  tree: CostNode
  /** Sessions whose agents are not told apart because of the limit. */
  omitted: number
}

/** Subtasks of subtasks, however deep somebody's files make them. */
const DEPTH_MAX = 20

export const costTask = query({
  summary: 'Why a task cost what it did: its runs, retries, sessions, subagents and subtasks',
  params: v.strictObject({
    id: text('id of a task, or the beginning of one', 'ID', 1),
    limit: limit(100, 'sessions divided by agent'),
  }),
  async run(context, given): Promise<TaskCost | Refusal> {
    const model = await context.sessions()
    await model.refresh()
    const { ties, outcomes } = await tiesIn(context, { teams: true })
    const tasks = await tasksIn(context)
    const byTask = sessionsByTask(model, ties)
    const id = taskNamed(given.id, byTask, outcomes, tasks)
    if (isRefusal(id)) return id
    const chain = new Chain({ model, ties, outcomes, tasks, byTask, agentsLeft: given.limit })
    const { node: tree } = await chain.task(id)
    const task = tasks.tasks.get(id)
    return {
      task: id,
      title: task?.title ?? null,
      status: task?.status ?? null,
      total: tree.figures!,
      own: chain.sum(byTask.get(id) ?? []),
      tree,
      omitted: chain.omitted,
    }
  },
})

function sessionsByTask(model: SessionReadModel, ties: Ties): Map<string, SessionFigures[]> {
  const byTask = new Map<string, SessionFigures[]>()
  for (const one of model.figures()) {
    const task = ties.keyOf(one.summary, 'task')
    if (task === null) continue
    const list = byTask.get(task)
    if (list) list.push(one)
    else byTask.set(task, [one])
  }
  return byTask
}

/** What a run was for need not be a task that anybody wrote down. */
function taskNamed(
  asked: string,
  byTask: ReadonlyMap<string, unknown>,
  { runs }: Outcomes,
  tasks: WorkState,
): string | Refusal {
  if (byTask.has(asked) || tasks.find(asked) !== undefined) return asked
  for (const { task } of runs.values()) if (task === asked) return asked
  const beginning = [...byTask.keys()].filter((id) => id.startsWith(asked))
  if (beginning.length === 1) return beginning[0]!
  const found = findTask(tasks, asked)
  if (!isRefusal(found)) return found.id
  return found.refused === 'UNKNOWN_TASK' && tasks.tasks.size === 0
    ? refusal(
        'UNKNOWN_TASK',
        `nothing was recorded for a task "${asked}"`,
        'see which there are: spanledger cost --by task; record work for one: spanledger run --task ID -- COMMAND',
        [...byTask.keys()].slice(0, 5),
      )
    : found
}

interface Known {
  model: SessionReadModel
  ties: Ties
  outcomes: Outcomes
  tasks: WorkState
  byTask: ReadonlyMap<string, SessionFigures[]>
  /** Sessions that may still be divided by agent. */
  agentsLeft: number
}

class Chain {
  omitted = 0
  readonly #known: Known
  readonly #seen = new Set<string>()

  constructor(known: Known) {
    this.#known = known
  }

  sum(sessions: readonly SessionFigures[]): CostFigures {
    return costOf(() => sessions, 'agent', {}, { ties: this.#known.ties, limit: 0 }).total
  }

  /** A task and what is below it, with the sessions that are in there. */
  async task(id: string, depth = 0): Promise<{ node: CostNode; sessions: SessionFigures[] }> {
    const { tasks, byTask } = this.#known
    this.#seen.add(id)
    const children = await this.#runs(id)
    const sessions = [...(byTask.get(id) ?? [])]
    // A ring of parents, which files can make, ends here.
    for (const child of depth < DEPTH_MAX ? tasks.childrenOf(id) : []) {
      if (this.#seen.has(child.id)) continue
      const below = await this.task(child.id, depth + 1)
      children.push(below.node)
      sessions.push(...below.sessions)
    }
    const known = tasks.tasks.get(id)
    const name = known?.title ?? id
    const outcome = known === undefined ? null : known.status === 'done' ? 'ok' : 'open'
    return { node: this.#node('task', id, sessions, { name, outcome, children }), sessions }
  }

  async #runs(task: string): Promise<CostNode[]> {
    const { outcomes, byTask } = this.#known
    const outside: SessionFigures[] = []
    const byRun = new Map<string, SessionFigures[]>()
    for (const { run, task: of } of outcomes.runs.values()) if (of === task) byRun.set(run, [])
    for (const one of byTask.get(task) ?? []) {
      const { run } = one.summary
      if (run === null || !outcomes.runs.has(run)) outside.push(one)
      else byRun.set(run, [...(byRun.get(run) ?? []), one])
    }
    const nodes: CostNode[] = []
    for (const [run, sessions] of byRun) nodes.push(await this.#run(outcomes.runs.get(run)!, sessions))
    if (outside.length > 0)
      nodes.push(
        this.#node('sessions', '', outside, {
          name: 'outside of runs',
          children: await this.#sessions(outside),
        }),
      )
    return nodes.toSorted((a, b) => ((a.startedAt ?? '') < (b.startedAt ?? '') ? -1 : 1))
  }

  async #run({ run, agent, attempts }: RunOutcome, sessions: readonly SessionFigures[]): Promise<CostNode> {
    const { outcomes } = this.#known
    const children: CostNode[] = []
    for (const attempt of attempts) {
      const made = sessions.filter(({ summary }) => outcomes.attemptOf(run, summary.startedAt) === attempt)
      children.push(
        this.#node('attempt', `${run}/${attempt.attempt}`, made, {
          name: `attempt ${attempt.attempt}`,
          outcome: outcomeOf(attempt),
          startedAt: new Date(attempt.startedMs).toISOString(),
          children: await this.#sessions(made),
        }),
      )
    }
    const last = attempts.at(-1)
    return this.#node('run', run, sessions, {
      name: agent === null ? 'run' : `run of ${agent}`,
      outcome: last === undefined ? null : outcomeOf(last),
      startedAt: children[0]?.startedAt ?? null,
      children,
    })
  }

  async #sessions(sessions: readonly SessionFigures[]): Promise<CostNode[]> {
    const nodes: CostNode[] = []
    const order = sessions.toSorted((a, b) => latestFirst(b.summary, a.summary))
    for (const one of order) {
      const { id, agent, status, startedAt } = one.summary
      nodes.push(
        this.#node('session', id, [one], {
          name: agent,
          outcome: status === 'completed' ? 'ok' : status === 'failed' ? 'failed' : 'open',
          startedAt,
          children: await this.#agents(one),
        }),
      )
    }
    return nodes
  }

  async #agents({ summary: { id, subagents } }: SessionFigures): Promise<CostNode[]> {
    if (subagents === 0) return []
    if (this.#known.agentsLeft === 0) {
      this.omitted++
      return []
    }
    this.#known.agentsLeft--
    const shown = await this.#known.model.show(id, { limit: 0 })
    return shown.found ? agentsIn(shown.session.tree) : []
  }

  #node(
    kind: CostNode['kind'],
    id: string,
    sessions: readonly SessionFigures[],
    more: Pick<CostNode, 'name' | 'children'> & Partial<CostNode>,
  ): CostNode {
    const figures = this.sum(sessions)
    const { modelCalls, tokens, costUsd } = figures
    return {
      kind,
      id,
      outcome: null,
      startedAt: more.children[0]?.startedAt ?? null,
      modelCalls,
      tokens,
      costUsd,
      figures,
      ...more,
    }
  }
}

function outcomeOf({ attempt, exitCode }: Attempt): CostNode['outcome'] {
  if (exitCode === null) return 'open'
  return exitCode !== 0 ? 'failed' : attempt > 1 ? 'retry' : 'ok'
}

/** Each agent of a session with what it cost itself: the tree's own figures hold those of the agents below. */
function agentsIn(tree: readonly ActivityNode[]): CostNode[] {
  return innermost(tree).flatMap((node) => {
    const below = innermost(node.children)
    const own: CostNode = {
      kind: 'agent',
      id: node.id,
      name: node.name,
      outcome: null,
      startedAt: node.startedAt,
      modelCalls: null,
      ...without(node, below),
      figures: null,
      children: [],
    }
    return [own, ...agentsIn(node.children)]
  })
}

/** The agents among these nodes, and those in nodes that are none. */
const innermost = (nodes: readonly ActivityNode[]): ActivityNode[] =>
  nodes.flatMap((node) => (node.kind === 'agent' ? [node] : innermost(node.children)))

const NANO = 1e9

function without(node: ActivityNode, below: readonly ActivityNode[]): Pick<CostNode, 'tokens' | 'costUsd'> {
  const tokens: Tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0, ...node.tokens }
  let nano = node.costUsd == null ? null : Math.round(node.costUsd * NANO)
  for (const one of below) {
    for (const part of Object.keys(tokens) as (keyof Tokens)[]) tokens[part] -= one.tokens?.[part] ?? 0
    if (nano !== null) nano -= Math.round((one.costUsd ?? 0) * NANO)
  }
  return { tokens, costUsd: nano === null ? null : nano / NANO }
}
