import { asOf, type SessionFigures } from '../../projection/index.ts'
import {
  counter,
  type Family,
  gauge,
  type Histogram,
  histogramOf,
  observe,
  type Sample,
  Table,
} from './families.ts'

const SECONDS = [1, 5, 15, 60, 300, 900, 3_600, 14_400]
const MICRO = 1e6

/** What the sessions of one agent come to. */
interface AgentSums {
  states: Record<SessionFigures['summary']['status'], number>
  seconds: Histogram
  modelCalls: number
  failedModelCalls: number
  toolCalls: number
  failedToolCalls: number
  errors: number
  compactions: number
}

/** What the calls of one model come to; `microUsd` as sums of binary fractions would carry noise. */
interface ModelSums {
  input: number
  cacheRead: number
  cacheWrite: number
  output: number
  microUsd: number
  unpriced: number
}

interface FindingSums {
  open: number
  found: number
}

/**
 * What sessions of agents come to. `type` is the agent, as other orchestrators call it.
 *
 * Cost  one pass, nothing made for each session: a scraper comes every few seconds
 */
export function sessionFamilies(figures: Iterable<SessionFigures>, nowMs: number): Family[] {
  const agents = new Table<AgentSums>(() => ({
    states: { active: 0, silent: 0, completed: 0, failed: 0 },
    seconds: histogramOf(SECONDS),
    modelCalls: 0,
    failedModelCalls: 0,
    toolCalls: 0,
    failedToolCalls: 0,
    errors: 0,
    compactions: 0,
  }))
  const models = new Table<ModelSums>(() => ({
    input: 0,
    cacheRead: 0,
    cacheWrite: 0,
    output: 0,
    microUsd: 0,
    unpriced: 0,
  }))
  const findings = new Table<FindingSums>(() => ({ open: 0, found: 0 }))
  for (const { summary: kept, spending } of figures) {
    const summary = asOf(kept, nowMs)
    const agent = agents.at(summary.agent)
    agent.states[summary.status]++
    agent.modelCalls += summary.modelCalls
    agent.failedModelCalls += summary.failedModelCalls
    agent.toolCalls += summary.toolCalls
    agent.failedToolCalls += summary.failedToolCalls
    agent.errors += summary.errors
    agent.compactions += summary.compactions
    if (summary.status !== 'active') observe(agent.seconds, secondsOf(summary.startedAt, summary.endedAt))
    for (const { kind, clearedAt } of summary.findings ?? []) {
      const finding = findings.at(kind)
      finding.found++
      if (summary.status === 'active' && clearedAt === undefined) finding.open++
    }
    for (const { model, tokens, costUsd, unpricedModelCalls } of spending) {
      const sums = models.at(model)
      sums.input += Math.max(0, tokens.input - tokens.cacheRead - tokens.cacheWrite)
      sums.cacheRead += tokens.cacheRead
      sums.cacheWrite += tokens.cacheWrite
      sums.output += tokens.output
      sums.microUsd += Math.round((costUsd ?? 0) * MICRO)
      sums.unpriced += unpricedModelCalls
    }
  }
  return [...agentFamilies(agents), ...modelFamilies(models), ...findingFamilies(findings)]
}

function agentFamilies(agents: Table<AgentSums>): Family[] {
  const active = agents.rows().reduce((sum, [, { states }]) => sum + states.active, 0)
  return [
    gauge(
      'agents',
      'Sessions of coding agents by the state they are in.',
      agents.samples('type', 'state', ({ states }) => states),
    ),
    gauge('sessions_active', 'Sessions at work: heard of within five minutes, and no end seen.', [
      { labels: {}, value: active },
    ]),
    gauge(
      'agent_success_ratio',
      'Sessions that ended well, of those that told how they ended.',
      agents.rows().flatMap(([type, { states }]): Sample[] => {
        const ended = states.completed + states.failed
        return ended === 0 ? [] : [{ labels: { type }, value: states.completed / ended }]
      }),
      'ratio',
    ),
    {
      ...gauge(
        'agent_execution_seconds',
        'Wall time of sessions that are not at work.',
        agents.rows().map(([type, { seconds }]) => ({ labels: { type }, value: seconds })),
        'seconds',
      ),
      type: 'histogram',
    },
    counter(
      'model_calls',
      'Requests to models.',
      agents.samples('type', 'outcome', ({ modelCalls, failedModelCalls: failed }) => ({
        ok: modelCalls - failed,
        failed,
      })),
    ),
    counter(
      'tool_calls',
      'Tools that agents used.',
      agents.samples('type', 'outcome', ({ toolCalls, failedToolCalls: failed }) => ({
        ok: toolCalls - failed,
        failed,
      })),
    ),
    counter(
      'errors',
      'Model calls and tool calls that failed, and errors that are neither.',
      agents.samples('type', 'of', ({ failedModelCalls, failedToolCalls, errors }) => ({
        model_call: failedModelCalls,
        tool_call: failedToolCalls,
        other: errors,
      })),
    ),
    counter(
      'compactions',
      'Conversations that were shortened.',
      agents.rows().map(([type, { compactions }]) => ({ labels: { type }, value: compactions })),
    ),
  ]
}

function modelFamilies(models: Table<ModelSums>): Family[] {
  return [
    counter(
      'tokens',
      'Tokens by model; the directions add up. Reasoning is output.',
      models.samples('model', 'direction', ({ input, cacheRead, cacheWrite, output }) => ({
        input,
        cache_read: cacheRead,
        cache_write: cacheWrite,
        output,
      })),
    ),
    counter(
      'cost_usd',
      'What model calls cost by the price table, in US dollars.',
      models.rows().map(([model, { microUsd }]) => ({ labels: { model }, value: microUsd / MICRO })),
      'usd',
    ),
    counter(
      'unpriced_model_calls',
      'Model calls that the cost leaves out.',
      models.rows().map(([model, { unpriced }]) => ({ labels: { model }, value: unpriced })),
    ),
  ]
}

function findingFamilies(findings: Table<FindingSums>): Family[] {
  const by = (value: (sums: FindingSums) => number): Sample[] =>
    findings.rows().map(([kind, sums]) => ({ labels: { kind }, value: value(sums) }))
  return [
    gauge(
      'findings_open',
      'What is wrong with sessions at work: stuck, run away, over a limit.',
      by(({ open }) => open),
    ),
    counter(
      'findings',
      'What was found wrong with sessions while they worked.',
      by(({ found }) => found),
    ),
  ]
}

const secondsOf = (start: string, end: string | null): number =>
  Math.max(0, (Date.parse(end ?? start) - Date.parse(start)) / 1_000)
