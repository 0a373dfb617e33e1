import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { observe, type Observed, type SessionEvent } from '../agents/index.ts'
import {
  at,
  claudeCode,
  codex,
  copilotCli,
  geminiCli,
  log,
  opencode,
  origin,
  span,
  spanId,
  TRACE,
} from '../agents/testing/records.ts'
import { detailOf, evolve, initialState, priceTable, type ActivityNode, type SessionDetail } from './index.ts'

const NOW = Number(at(0)) / 1e6 + 1_000
const noPrices = priceTable([])

const eventsOf = (records: readonly Observed[]): SessionEvent[] =>
  records.flatMap((record) => observe(record))

function view(events: readonly SessionEvent[], now = NOW): SessionDetail {
  const state = initialState('s')
  for (const event of events) evolve(state, event)
  const detail = detailOf(state, noPrices, now)
  if (!detail) throw new Error('nothing told')
  return detail
}

const nodes = (tree: readonly ActivityNode[]): ActivityNode[] =>
  tree.flatMap((node) => [node, ...nodes(node.children)])

const AGENTS = {
  'claude-code': claudeCode,
  codex,
  'gemini-cli': geminiCli,
  'copilot-cli': copilotCli,
  opencode,
}

describe.each(Object.entries(AGENTS))('%s', (agent, records) => {
  const calls = agent === 'copilot-cli' ? 3 : 2

  it('counts every call once, whoever told it', () => {
    const per =
      agent === 'claude-code'
        ? { input: 4550, output: 180, cacheRead: 1800, cacheWrite: 350, reasoning: 0 }
        : agent === 'gemini-cli'
          ? { input: 2400, output: 244, cacheRead: 1800, cacheWrite: 0, reasoning: 64 }
          : { input: 2400, output: 180, cacheRead: 1800, cacheWrite: 0, reasoning: 64 }
    const tokens = Object.fromEntries(Object.entries(per).map(([part, n]) => [part, n * calls]))
    expect(view(eventsOf(records()))).toMatchObject({
      agent,
      prompts: 1,
      modelCalls: calls,
      failedModelCalls: 0,
      toolCalls: agent === 'copilot-cli' ? 3 : 2,
      failedToolCalls: 1,
      errors: 0,
      costUsd: null,
      unpricedModelCalls: calls,
      tokens,
    })
  })

  it('does not depend on order or repetition', () => {
    const events = eventsOf(records())
    const expected = view(events)
    fc.assert(
      fc.property(
        fc.shuffledSubarray(events, { minLength: events.length }),
        fc.subarray(events),
        (shuffled, repeated) => {
          expect(view([...repeated, ...shuffled, ...repeated])).toEqual(expected)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('has times that add up', () => {
    const { time } = view(eventsOf(records()))
    expect(time.toolMs).toBeGreaterThan(0)
    expect(time.modelMs).toBeGreaterThan(0)
    expect(time.modelMs + time.toolMs + time.waitingMs + time.idleMs).toBeCloseTo(time.totalMs, 2)
  })

  it('gives every node of the tree an agent above it', () => {
    const { tree } = view(eventsOf(records()))
    expect(tree).toHaveLength(1)
    expect(nodes(tree).filter(({ kind }) => kind === 'modelCall')).toHaveLength(calls)
  })
})

describe('status', () => {
  it('is completed when the agent said so and began nothing afterwards', () => {
    expect(view(eventsOf(claudeCode()), NOW + 3_600_000).status).toBe('completed')
    const next = eventsOf(claudeCode().slice(0, 3)).map((event) => ({
      ...event,
      id: `${event.id}-later`,
      data: { ...event.data, keys: [], startUnixNano: at(500), endUnixNano: at(501) },
    }))
    expect(view([...eventsOf(claudeCode()), ...next]).status).toBe('active')
  })

  it('is active while heard of and silent after', () => {
    const events = eventsOf(geminiCli())
    expect(view(events).status).toBe('active')
    expect(view(events, NOW + 301_000).status).toBe('silent')
  })
})

describe('subagents', () => {
  it('stand under the agent whose tool call started them, with their own calls', () => {
    const detail = view(eventsOf(copilotCli()))
    expect(detail.subagents).toBe(1)
    const [root] = detail.tree
    const sub = root!.children.find(({ kind }) => kind === 'agent')
    expect(sub).toMatchObject({ name: 'explore', tokens: { input: 2400 } })
    expect(sub!.children.map(({ kind, outcome }) => [kind, outcome])).toEqual([
      ['modelCall', 'ok'],
      ['toolCall', 'failed'],
    ])
    expect(root!.children.filter(({ kind }) => kind === 'modelCall')).toHaveLength(2)
  })

  it('count as their own time, not as the time of the tool call they worked in', () => {
    const { time } = view(eventsOf(copilotCli()))
    expect(time.toolMs).toBe(40)
    expect(time.modelMs).toBe(180)
  })

  it('are known by the ids on their calls where no span tells them, with the parent they name', () => {
    const from = origin('claude-code', '2.1.197', 'com.anthropic.claude_code.events')
    const call = (n: number, more: Record<string, string>): Observed =>
      log(from, n * 10, '', {
        'event.name': 'api_request',
        'session.id': 's',
        model: 'm',
        request_id: `r${n}`,
        duration_ms: 5,
        input_tokens: 1,
        output_tokens: 1,
        ...more,
      })
    const detail = view(
      eventsOf([
        call(1, {}),
        call(2, { agent_id: 'a' }),
        call(3, { agent_id: 'b', parent_agent_id: 'a' }),
        call(4, { agent_id: 'a' }),
      ]),
    )
    expect(detail.subagents).toBe(2)
    const a = detail.tree[0]!.children.find(({ id }) => id === 'a')!
    expect(a.tokens?.input).toBe(3)
    expect(a.children.map(({ kind, id }) => `${kind} ${id}`)).toEqual([
      'modelCall r2',
      'agent b',
      'modelCall r4',
    ])
  })

  it('that name each other as parent do not hang the view', () => {
    const from = origin('claude-code', '2.1.197', 'com.anthropic.claude_code.events')
    const call = (agent: string, parent: string): Observed =>
      log(from, 10, '', {
        'event.name': 'api_request',
        'session.id': 's',
        request_id: agent,
        agent_id: agent,
        parent_agent_id: parent,
        input_tokens: 1,
        output_tokens: 1,
      })
    const detail = view(eventsOf([call('a', 'b'), call('b', 'a'), call('c', 'c')]))
    expect(detail.subagents).toBe(3)
    expect(nodes(detail.tree).filter(({ kind }) => kind === 'modelCall')).toHaveLength(3)
  })
})

describe('what is missing is said', () => {
  it('when calls are known without their tokens', () => {
    const cut = opencode().filter(
      ({ record }) => !('name' in record && /doStream|streamText/.test(record.name ?? '')),
    )
    const detail = view(eventsOf(cut), NOW + 3_600_000)
    expect(detail).toMatchObject({ modelCalls: 2, unpricedModelCalls: 2, tokens: { input: 0 } })
    expect(detail.notes).toContain('missing: the tokens of 2 model calls, known from log:stream alone')
  })

  it('when the last model call asked for a tool and nothing followed', () => {
    const cut = opencode().filter(
      ({ record }) =>
        BigInt('start' in record ? record.start : (record as { log: string }).log) < BigInt(at(155)),
    )
    expect(view(eventsOf(cut), NOW + 3_600_000).notes.join('\n')).toContain('asked for a tool (tool-calls)')
  })

  it('when the figures of a call differ between sources', () => {
    expect(view(eventsOf(geminiCli())).notes).toContain(
      'output tokens: log:gemini_cli.api_response taken, span:llm_call tells others (2 model calls)',
    )
  })

  it("when an agent's sum is not that of its calls", () => {
    const without = copilotCli().filter(
      ({ record }) => !('span' in record && 'start' in record && record.start === at(250)),
    )
    expect(view(eventsOf(without)).notes).toContain(
      'input tokens: its own model calls sum to 2400, the agent reports 4800',
    )
    expect(view(eventsOf(copilotCli())).notes.filter((note) => note.includes('sum to'))).toEqual([])
  })
})

const only = (kind: 'span' | 'log', records: readonly Observed[]) =>
  records.filter((record) => record.kind === kind)

describe('one signal alone', () => {
  it('is enough for Claude Code', () => {
    for (const kind of ['span', 'log'] as const)
      expect(view(eventsOf(only(kind, claudeCode())))).toMatchObject({
        modelCalls: 2,
        toolCalls: 2,
        failedToolCalls: 1,
        tokens: { input: 9100 },
      })
  })

  it('counts calls, if not tokens, from spans of Codex', () => {
    expect(view(eventsOf(only('span', codex())))).toMatchObject({
      modelCalls: 2,
      toolCalls: 2,
      tokens: { input: 0 },
    })
    expect(view(eventsOf(only('log', codex())))).toMatchObject({
      modelCalls: 2,
      toolCalls: 2,
      failedToolCalls: 1,
      tokens: { input: 4800 },
    })
  })
})

it('waits are a person’s only when no rule decided', () => {
  const byPerson = claudeCode().map((observed) => {
    const copy = structuredClone(observed)
    if (copy.record.attrs?.['source'] === 'config') copy.record.attrs['source'] = 'user_temporary'
    return copy
  })
  expect(view(eventsOf(claudeCode())).time.waitingMs).toBe(0)
  const detail = view(eventsOf(byPerson))
  expect(detail.time.waitingMs).toBeGreaterThan(0)
  expect(nodes(detail.tree).filter(({ kind }) => kind === 'wait')).toHaveLength(2)
})

it('a rejected tool call is told by its decision alone, and did not fail', () => {
  const from = origin('claude-code', '2.1.197', 'com.anthropic.claude_code.events')
  const decision = log(from, 5, '', {
    'event.name': 'tool_decision',
    'session.id': 's',
    tool_use_id: 't',
    tool_name: 'Bash',
    decision: 'reject',
    source: 'user_reject',
  })
  expect(view(eventsOf([decision]))).toMatchObject({ toolCalls: 1, failedToolCalls: 0 })
  expect(view(eventsOf([decision])).tree[0]!.children).toMatchObject([
    { kind: 'toolCall', outcome: 'rejected' },
  ])
})

it('a failed attempt is a call of its own beside the one that was answered', () => {
  const from = origin('codex_exec', '0.169.0', 'codex_otel.log_only')
  const failed = log(
    from,
    0,
    null,
    {
      'event.name': 'codex.api_request',
      'conversation.id': 'cx-1',
      duration_ms: '3',
      'http.response.status_code': '503',
      'error.message': 'overloaded',
      attempt: '0',
    },
    { log: '0', observed: at(14) },
  )
  expect(view(eventsOf([...codex(), failed]))).toMatchObject({
    modelCalls: 3,
    failedModelCalls: 1,
    unpricedModelCalls: 2,
    tokens: { input: 4800 },
  })
})

it('keeps agents and the first nodes of a tree beyond its limit, and says how many it left out', () => {
  const state = initialState('s')
  for (const event of eventsOf(copilotCli())) evolve(state, event)
  const detail = detailOf(state, noPrices, NOW, 2)!
  expect(detail.omitted).toBe(5)
  expect(nodes(detail.tree).map(({ kind }) => kind)).toEqual(['agent', 'prompt', 'modelCall', 'agent'])
})

it('model calls without ids at the same time stay apart', () => {
  const from = origin('gemini-cli', 'v20', 'gemini-cli')
  const parallel = [1, 2, 3].flatMap((n) => [
    log(from, 100 + n, '', {
      'event.name': 'gemini_cli.api_response',
      'session.id': 's',
      model: 'm',
      duration_ms: 90,
      input_token_count: n,
      output_token_count: 1,
    }),
    span(from, 'llm_call', `llm${n}`, 10 + n, 91, {
      'gen_ai.conversation.id': 's',
      'gen_ai.usage.input_tokens': n,
      'gen_ai.usage.output_tokens': 1,
    }),
  ])
  const detail = view(eventsOf(parallel))
  expect(detail).toMatchObject({ modelCalls: 3, tokens: { input: 6 } })
  expect(detail.notes.filter((note) => note.includes('tells others'))).toEqual([])
})

describe('Gemini CLI', () => {
  const from = origin('gemini-cli', 'v20', 'gemini-cli')
  const response = (n: number, prompt: string): Observed =>
    log(
      from,
      n * 20,
      '',
      {
        'event.name': 'gemini_cli.api_response',
        'session.id': 's',
        prompt_id: prompt,
        duration_ms: 5,
        input_token_count: n,
        output_token_count: 1,
      },
      { trace: TRACE, span: spanId('around') },
    )

  it('writes the answers of a subagent with the span around it all: they stay calls of their own, and the subagent’s', () => {
    const detail = view(eventsOf([response(1, 's'), response(2, 'helper#0'), response(3, 'helper#1')]))
    expect(detail).toMatchObject({ modelCalls: 3, subagents: 1, tokens: { input: 6 } })
    const sub = detail.tree[0]!.children.find(({ kind }) => kind === 'agent')
    expect(sub).toMatchObject({ id: 'helper', tokens: { input: 5 } })
  })
})
