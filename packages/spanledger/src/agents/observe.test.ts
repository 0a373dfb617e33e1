import { describe, expect, it } from 'vitest'
import { isAgentOrigin, observe, type Observed } from './index.ts'
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
  TRACE,
} from './testing/records.ts'

const eventsOf = (records: readonly Observed[]) => records.flatMap((record) => observe(record))
const dataOf = (records: readonly Observed[]) => eventsOf(records).map(({ data }) => data)
const pairs = (attrs: object | undefined) =>
  ({ $kvlist: [...Object.entries({ twice: 0, ...attrs }), ['twice', 1]] }) as never
const namesOf = (records: readonly Observed[]) =>
  [...new Set(eventsOf(records).map(({ event }) => event))].toSorted()

const AGENTS = {
  'claude-code': claudeCode,
  codex,
  'gemini-cli': geminiCli,
  'copilot-cli': copilotCli,
  opencode,
}

describe.each(Object.entries(AGENTS))('%s', (agent, records) => {
  it('tells model calls, tools and prompts of its own session, under its own name', () => {
    const events = eventsOf(records('the-session'))
    expect(new Set(events.map(({ stream }) => stream))).toEqual(new Set(['session-the-session']))
    expect(new Set(events.map(({ data }) => data.agent))).toEqual(new Set([agent]))
    expect(namesOf(records('s-1'.padEnd(8, 'x')))).toEqual(
      expect.arrayContaining(['SessionModelCalled', 'SessionToolUsed']),
    )
  })

  it('gives the same events with the same ids for the same record', () => {
    expect(eventsOf(records())).toEqual(eventsOf(structuredClone(records())))
  })

  it('reads lists with a repeated name by their names', () => {
    const repeated = records('the-session').map(
      ({ origin: from, ...rest }) =>
        ({
          ...rest,
          record: { ...rest.record, attrs: pairs(rest.record.attrs) },
          origin: { ...from, resource: { attrs: pairs(from.resource?.attrs) } },
        }) as Observed,
    )
    expect(dataOf(repeated)).toEqual(dataOf(records('the-session')))
  })

  it('gives every event an id of its own', () => {
    const ids = eventsOf(records()).map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('counts input with its cached part and output with its reasoning part', () => {
    const told = eventsOf(records()).filter(({ data }) => data.tokens?.cacheRead !== undefined)
    expect(told.length).toBeGreaterThan(0)
    for (const { data } of told)
      expect(data.tokens).toMatchObject(
        agent === 'claude-code'
          ? { input: 4550, output: 180, cacheRead: 1800, cacheWrite: 350 }
          : agent === 'gemini-cli'
            ? { input: 2400, output: 244, cacheRead: 1800, reasoning: 64 }
            : { input: 2400, output: 180, cacheRead: 1800, reasoning: 64 },
      )
  })

  it('names the run and the task that its resource was given', () => {
    const attrs = {
      'spanledger.run.id': 'r-1',
      'spanledger.task.id': 'T 7',
      'vcs.repository.name': 'shop',
      'vcs.ref.head.name': 'fix',
    }
    const given = records().map((observed): Observed => {
      const { resource } = observed.origin
      const own = {
        ...observed.origin,
        resource: { ...resource, attrs: { ...resource?.attrs, ...attrs } },
      }
      return { ...observed, origin: own }
    })
    const events = eventsOf(given)
    expect(events.length).toBeGreaterThan(0)
    for (const { data } of events)
      expect(data).toMatchObject({ run: 'r-1', task: 'T 7', repository: 'shop', branch: 'fix' })
    expect(events.map(({ id }) => id)).toEqual(eventsOf(records()).map(({ id }) => id))
  })

  it('needs no content', () => {
    const content = /prompt$|arguments|^output$|function_args|full_command|args$|title/
    const without = records().map((observed) => {
      const copy = structuredClone(observed)
      for (const name of Object.keys(copy.record.attrs ?? {}))
        if (content.test(name)) delete copy.record.attrs![name]
      return copy
    })
    expect(namesOf(without)).toEqual(namesOf(records()))
  })
})

describe('a tool that failed', () => {
  it.each(Object.entries(AGENTS))('is known from what %s tells', (_agent, records) => {
    const failed = eventsOf(records()).filter(
      ({ event, data }) => event === 'SessionToolUsed' && data.outcome === 'failed',
    )
    expect(new Set(failed.map(({ data }) => data.toolUseId ?? data.command)).size).toBe(1)
  })
})

describe('unknown things', () => {
  it('passes an unknown name of a known agent by', () => {
    const from = origin('claude-code', '2.9.0', 'com.anthropic.claude_code.events')
    expect(
      observe(log(from, 1, 'claude_code.brand_new', { 'event.name': 'brand_new', 'session.id': 's' })),
    ).toEqual([])
  })

  it('reads a version nobody has seen with the nearest names', () => {
    const [record] = claudeCode()
    const newer = {
      ...record!,
      origin: origin('claude-code', '9.0.0', 'com.anthropic.claude_code.events'),
    } as Observed
    expect(observe(newer).map(({ event }) => event)).toEqual(['SessionPromptSubmitted'])
    expect(observe(newer)[0]?.data.agentVersion).toBe('9.0.0')
  })

  it('makes no event of a record without a session, nor of a metric point', () => {
    const from = origin('claude-code', '2.1.0', 'com.anthropic.claude_code.events')
    expect(
      observe(log(from, 1, '', { 'event.name': 'api_request', input_tokens: 1, output_tokens: 1 })),
    ).toEqual([])
    expect(
      observe({
        kind: 'point',
        record: { point: 'claude_code.token.usage', metric: 'm', time: at(0), in: 'o' },
        origin: from,
      }),
    ).toEqual([])
  })
})

describe("Orchestrate's own names", () => {
  const from = origin('orchestrate', '0.1', 'orchestrate-core')
  it('tell the same as the conventions: agent, tool, model, in one session for each trace', () => {
    const events = eventsOf([
      span(from, 'api_call', 'api', 1, 2, { model: 'm-1', input_tokens: '100', output_tokens: 20 }),
      span(from, 'tool_call', 'tool', 3, 4, { tool_name: 'Bash', command: 'npm test', exit_code: 1 }),
      span(from, 'database_query', 'db', 3, 1, { query_type: 'SELECT', table: 'agents' }),
      span(from, 'agent_execution', 'root', 0, 9, { agent_id: 'a1', agent_type: 'story_developer' }),
    ])
    expect(new Set(events.map(({ stream }) => stream))).toEqual(new Set([`session-trace-${TRACE}`]))
    expect(events.map(({ event, data }) => [event, data.agent, data.outcome])).toEqual([
      ['SessionModelCalled', 'orchestrate', 'ok'],
      ['SessionToolUsed', 'orchestrate', 'failed'],
      ['SessionAgentInvoked', 'orchestrate', 'ok'],
    ])
    expect(events.map(({ data }) => data)).toMatchObject([
      { model: 'm-1', tokens: { input: 100, output: 20 } },
      { name: 'Bash', command: 'npm test', exitCode: 1 },
      { agentId: 'a1', name: 'story_developer' },
    ])
    expect(isAgentOrigin('orchestrate', undefined)).toBe(true)
  })
})

describe('an agent nobody knows', () => {
  const from = origin('my-agent', '0.1', 'my.instrumentation')
  const chat = (attrs: Record<string, string | number>) =>
    span(from, 'chat m', 'chat', 0, 10, {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'm',
      ...attrs,
    })

  it('is read by the gen_ai conventions and named by its service', () => {
    const [event] = observe(
      chat({
        'gen_ai.conversation.id': 'c-1',
        'gen_ai.usage.input_tokens': 10,
        'gen_ai.usage.output_tokens': 3,
      }),
    )
    expect(event).toMatchObject({
      event: 'SessionModelCalled',
      stream: 'session-c-1',
      data: { agent: 'my-agent', source: 'span:chat', tokens: { input: 10, output: 3 }, outcome: 'ok' },
    })
  })

  it('has its trace for a session when it names none', () => {
    expect(observe(chat({}))[0]?.stream).toBe(`session-trace-${TRACE}`)
  })

  it('adds cached tokens to input when they cannot be a part of it', () => {
    const [event] = observe(
      chat({
        'gen_ai.usage.input_tokens': 10,
        'gen_ai.usage.output_tokens': 3,
        'gen_ai.usage.cache_read.input_tokens': 90,
      }),
    )
    expect(event?.data.tokens).toEqual({ input: 100, output: 3, cacheRead: 90 })
  })

  it('tells the command a shell tool was called with, and where its process works', () => {
    const elsewhere = origin('my-agent', '0.1', 'my.instrumentation', {
      'process.working_directory': '/repo',
    })
    const tool = (args: string) =>
      observe(
        span(elsewhere, 'execute_tool shell', 'tool', 0, 10, {
          'gen_ai.operation.name': 'execute_tool',
          'gen_ai.tool.name': 'shell',
          'gen_ai.tool.call.arguments': args,
        }),
      )[0]?.data
    expect(tool('{"command":"ls -la"}')).toMatchObject({ command: 'ls -la', workingDirectory: '/repo' })
    expect(tool('{"cmd":["git","diff"]}')).toMatchObject({ command: 'git diff' })
    expect(tool('[redacted:password]')).not.toHaveProperty('command')
    expect(tool('{"path":"a.ts"}')).not.toHaveProperty('command')
  })

  it('makes no session of other spans', () => {
    expect(observe(span(from, 'GET /', 'get', 0, 1, { 'http.route': '/' }))).toEqual([])
  })
})

it('knows agents by service or scope, and nobody else', () => {
  expect(isAgentOrigin('codex_exec', undefined)).toBe(true)
  expect(isAgentOrigin('something', 'com.anthropic.claude_code.tracing')).toBe(true)
  expect(isAgentOrigin('checkout', 'http')).toBe(false)
  expect(isAgentOrigin('', '')).toBe(false)
})
