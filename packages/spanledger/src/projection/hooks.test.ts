import type { Attributes } from '@spanledger/sdk/model'
import { describe, expect, it } from 'vitest'
import { observe, observeHook, type SessionEvent } from '../agents/index.ts'
import { at, claudeCode, codex, copilotCli, geminiCli, opencode } from '../agents/testing/records.ts'
import { detailOf, evolve, initialState, priceTable, type SessionDetail } from './index.ts'

const NOW = Number(at(0)) / 1e6 + 60_000

function view(events: readonly SessionEvent[]): SessionDetail {
  const state = initialState('s')
  for (const event of events) evolve(state, event)
  return detailOf(state, priceTable([]), NOW)!
}

/** How each agent calls what its hooks tell. */
const WORDS = {
  'claude-code': { session: 'session_id', hook: 'PostToolUse', name: 'tool_name', id: 'tool_use_id' },
  codex: { session: 'session_id', hook: 'PostToolUse', name: 'tool_name', id: 'tool_use_id' },
  'gemini-cli': { session: 'session_id', hook: 'AfterTool', name: 'tool_name', id: undefined },
  'copilot-cli': { session: 'sessionId', hook: 'postToolUse', name: 'toolName', id: undefined },
  opencode: { session: 'session_id', hook: 'tool.execute.after', name: 'tool_name', id: 'tool_use_id' },
} as const

const RECORDS = {
  'claude-code': claudeCode,
  codex,
  'gemini-cli': geminiCli,
  'copilot-cli': copilotCli,
  opencode,
}

/** A hook for each tool call that telemetry told, a few milliseconds after it was over. */
function hooksOf(agent: keyof typeof WORDS, telemetry: readonly SessionEvent[]): SessionEvent[] {
  const { session, hook, name, id } = WORDS[agent]
  const calls = new Map<string, SessionEvent>()
  for (const event of telemetry)
    if (event.event === 'SessionToolUsed' && event.data.toolUseId !== undefined)
      calls.set(event.data.toolUseId, event)
  return [...calls.values()].flatMap(({ data }, i) => {
    const endMs = Number(BigInt(data.endUnixNano!) / 1_000_000n)
    const payload: Attributes = { [session]: data.session, cwd: '/repository', [name]: data.name ?? '' }
    if (id !== undefined) payload[id] = data.toolUseId!
    return observeHook({ agent, hook, payload, writtenMs: endMs + 4, identity: String(i) })
  })
}

describe.each(Object.keys(WORDS) as (keyof typeof WORDS)[])('hooks of %s', (agent) => {
  const telemetry = RECORDS[agent]().flatMap((record) => observe(record))
  const hooks = hooksOf(agent, telemetry)

  it('tell no call twice that telemetry told, and where the session works', () => {
    const alone = view(telemetry)
    const both = view([...hooks, ...telemetry].toSorted((a, b) => (a.id < b.id ? -1 : 1)))
    expect(hooks.length).toBeGreaterThan(0)
    expect(both).toMatchObject({
      toolCalls: alone.toolCalls,
      failedToolCalls: alone.failedToolCalls,
      modelCalls: alone.modelCalls,
      tokens: alone.tokens,
      workingDirectory: alone.workingDirectory ?? '/repository',
    })
  })

  it('tell the calls where telemetry tells none', () => {
    expect(view(hooks)).toMatchObject({ agent, toolCalls: hooks.length, modelCalls: 0 })
  })
})

it('of which nothing arrived are noted', () => {
  const time = at(0)
  const data = { session: 's', agent: 'codex', source: 'hook:gap', rank: 0, missed: 2, startUnixNano: time }
  const gap: SessionEvent = { event: 'SessionHooksMissed', id: 'gap', stream: 'session-s', time, data }
  const { notes } = view([...codex().flatMap((record) => observe(record)), gap])
  expect(notes).toContain(
    'missing: 2 hooks that ran while this session did, of this session or of another one',
  )
})
