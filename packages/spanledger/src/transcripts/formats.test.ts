import { expect, it } from 'vitest'
import { createRedactor } from '@spanledger/sdk/redact'
import type { Reading, TranscriptFormat } from './format.ts'
import { claudeCode } from './formats/claude-code.ts'
import { codex } from './formats/codex.ts'
import { geminiCli } from './formats/gemini-cli.ts'
import { noTally } from './tally.ts'
import {
  claudeAnswer,
  claudePrompt,
  claudeSession,
  codexSession,
  geminiSession,
  nanosAt,
  textOf,
} from './testing/lines.ts'
import { TranscriptReader } from './transcript-reader.ts'

function read(format: TranscriptFormat, lines: readonly object[], reading: Reading = {}) {
  const tally = noTally()
  const reader = new TranscriptReader(format, reading, createRedactor({}), tally)
  for (const line of textOf(lines).split('\n').slice(0, -1)) reader.line(Buffer.from(line))
  reader.settle()
  const events = reader.take()
  const of = (name: string) => events.filter(({ event }) => event === name).map(({ data }) => data)
  return { tally, events, of }
}

it('reads Claude Code: the last usage of a message counts, results close their calls', () => {
  const { of, tally } = read(claudeCode, claudeSession())
  expect(tally).toMatchObject({ lines: 10, unknownKinds: {}, unknownVersions: [], badLines: 0 })
  expect(of('SessionPromptSubmitted')).toMatchObject([
    {
      text: 'Fix it.',
      promptId: 'prompt-10',
      workingDirectory: '/work/shop',
      branch: 'main',
      agentVersion: '2.1.197',
    },
  ])
  expect(of('SessionModelCalled')).toMatchObject([
    {
      keys: ['message:msg_1', 'request:req_1'],
      rank: 2.5,
      tokens: { input: 160, output: 42, cacheRead: 50, cacheWrite: 10 },
      startUnixNano: nanosAt(10),
      endUnixNano: nanosAt(120),
    },
    { tokens: { output: 43 }, startUnixNano: nanosAt(300), endUnixNano: nanosAt(500) },
    { tokens: { output: 44 }, finishReason: 'end_turn' },
  ])
  expect(of('SessionToolUsed')).toMatchObject([
    {
      toolUseId: 'toolu_1',
      name: 'Bash',
      command: 'npm test',
      outcome: 'failed',
      exitCode: 1,
      startUnixNano: nanosAt(120),
    },
    { toolUseId: 'toolu_2', command: 'npm run fix', outcome: 'ok', endUnixNano: nanosAt(700) },
  ])
  expect(of('SessionCompleted')).toHaveLength(1)
})

it('ranks the usage of an answer that never ended as a draft', () => {
  const { of } = read(claudeCode, [claudePrompt(0, 'Go.'), claudeAnswer(50, '1', 1, { stopReason: null })])
  expect(of('SessionModelCalled')).toMatchObject([{ rank: 0.5, tokens: { output: 1 } }])
})

it("leaves out what is no person's words, no answer of a model, and another session's", () => {
  const { of } = read(claudeCode, [
    claudePrompt(0, '<command-name>/clear</command-name>'),
    { ...claudePrompt(1, 'Caveat.'), isMeta: true },
    { ...claudePrompt(2, 'A summary.'), isCompactSummary: true },
    { ...claudePrompt(3, 'Look.'), isSidechain: true },
    claudeAnswer(4, 'x', 0, {
      more: {
        message: { id: 'm', model: '<synthetic>', content: [{ type: 'text', text: 'API Error' }] },
        isApiErrorMessage: true,
      },
    }),
    { ...claudeAnswer(5, 'y', 5), forkedFrom: { sessionId: 'another' } },
  ])
  expect(of('SessionPromptSubmitted')).toEqual([])
  expect(of('SessionModelCalled')).toEqual([])
  expect(of('SessionErrorOccurred')).toMatchObject([{ error: 'API Error' }])
})

it("knows whose a subagent's answers are", () => {
  const { of } = read(claudeCode, [
    claudeAnswer(1, '1', 5, { more: { agentId: 'a49', attributionAgent: 'general-purpose' } }),
  ])
  expect(of('SessionModelCalled')).toMatchObject([{ agentId: 'a49', agentName: 'general-purpose' }])
})

it('reads what --output-format stream-json prints: no times, drafts, and the sums of the whole', () => {
  const init = {
    type: 'system',
    subtype: 'init',
    cwd: '/work/shop',
    session_id: 's',
    claude_code_version: '2.1.197',
  }
  const answer = {
    ...claudeAnswer(1, '1', 1, { stopReason: null }),
    session_id: 's',
    sessionId: undefined,
    timestamp: undefined,
  }
  const result = {
    type: 'result',
    is_error: false,
    duration_ms: 188,
    session_id: 's',
    total_cost_usd: 0.5,
    usage: { input_tokens: 240, output_tokens: 84 },
    uuid: 'r',
  }
  const { of } = read(claudeCode, [init, answer, result], { lastAt: 1_000, changedAt: 1_000 })
  expect(of('SessionModelCalled')).toMatchObject([{ session: 's', rank: 0.5, endUnixNano: '1000000000' }])
  expect(of('SessionCompleted')).toMatchObject([
    {
      reportedCostUsd: 0.5,
      tokens: { input: 240, output: 84 },
      startUnixNano: '812000000',
      endUnixNano: '1000000000',
    },
  ])
})

it.each(['records', 'sums'] as const)('reads Codex, told in %s: each answer once', (counted) => {
  const { of, tally } = read(codex, codexSession(counted))
  expect(tally).toMatchObject({ unknownKinds: {}, unknownVersions: [] })
  expect(of('SessionModelCalled')).toMatchObject([
    {
      model: 'gpt-example',
      tokens: { input: 120, output: 42, cacheRead: 50, reasoning: 7 },
      startUnixNano: nanosAt(5),
    },
    { tokens: { input: 200, output: 43 }, startUnixNano: nanosAt(151) },
  ])
  expect(of('SessionToolUsed')).toMatchObject([
    { toolUseId: 'call_1', name: 'exec_command', command: 'npm test', exitCode: 3, outcome: 'failed' },
  ])
  expect(of('SessionPromptSubmitted')).toMatchObject([{ text: 'Fix it.', branch: 'main' }])
  expect(of('SessionStarted')).toHaveLength(1)
  expect(of('SessionCompleted')).toHaveLength(1)
})

it('reads Gemini CLI: an answer that is written twice is one, thoughts are output', () => {
  const { of, events } = read(geminiCli, geminiSession())
  expect(new Set(of('SessionModelCalled').map(({ keys }) => keys![0]))).toEqual(
    new Set(['message:m2', 'message:m4']),
  )
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length - 1)
  expect(of('SessionModelCalled')[0]).toMatchObject({
    tokens: { input: 120, output: 49, cacheRead: 50, reasoning: 7 },
  })
  expect(of('SessionToolUsed')).toMatchObject([{ toolUseId: 'shell_1', exitCode: 3, outcome: 'failed' }])
  expect(of('SessionPromptSubmitted')).toMatchObject([{ text: 'Fix it.' }])
})

it("gives a Gemini subagent's lines to the session whose folder they stand in", () => {
  const path = '/home/.gemini/tmp/shop/chats/gemini-1/agent-7.jsonl'
  const lines = geminiSession().map((line) =>
    'sessionId' in line ? { ...line, sessionId: 'agent-7', kind: 'subagent' } : line,
  )
  const { of } = read(geminiCli, lines, geminiCli.fromPath!(path))
  expect(of('SessionModelCalled')[0]).toMatchObject({ session: 'gemini-1', agentId: 'agent-7' })
  expect(of('SessionPromptSubmitted')).toEqual([])
})

it('passes over kinds and versions nobody knows, and counts them', () => {
  const lines = [
    { ...claudePrompt(0, 'Go.'), version: '9.0.1' },
    { type: 'hologram', sessionId: 's' },
    { type: 'hologram', sessionId: 's' },
  ]
  const { of, tally } = read(claudeCode, lines)
  expect(of('SessionPromptSubmitted')).toHaveLength(1)
  expect(tally).toMatchObject({ unknownKinds: { hologram: 2 }, unknownVersions: ['9.0.1'] })
})

it('takes anything for a line without failing', () => {
  const shapes = [
    null,
    7,
    'x',
    [],
    {},
    { type: 'assistant' },
    { type: 'assistant', message: [] },
    { type: 'user', message: { content: [null, 7] } },
  ]
  const odd = [
    ...shapes,
    { type: 'event_msg', payload: { type: 'item_completed' } },
    { $set: { messages: [null] } },
    { type: 'gemini', tokens: 3, toolCalls: 'x' },
  ]
  for (const format of [claudeCode, codex, geminiCli])
    expect(() => read(format, odd as object[], { session: 's' })).not.toThrow()
})
