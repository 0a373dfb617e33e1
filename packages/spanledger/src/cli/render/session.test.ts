import picocolors from 'picocolors'
import { describe, expect, it } from 'vitest'
import type { AnswerOf } from '../../query/index.ts'
import { apportion, renderSession } from './session.ts'
import { displayWidth } from './width.ts'

const tokens = { input: 2100, output: 60, cacheRead: 0, cacheWrite: 0, reasoning: 0 }
type Session = AnswerOf<'session'>
type Node = Session['tree'][number]

const node = (kind: Node['kind'], name: string, more: Partial<Node> = {}): Node => ({
  kind,
  id: name,
  name,
  startedAt: '2026-11-21T12:00:00.000Z',
  durationMs: 240,
  outcome: 'ok',
  sources: [],
  children: [],
  ...more,
})

const session: Session = {
  id: '73633c63-1f8e-4c0e-9a55-d4a4ac7b3d11',
  agent: 'claude-code',
  agentVersion: '2.1.329',
  status: 'completed',
  startedAt: '2026-11-21T12:00:00.000Z',
  endedAt: '2026-11-21T12:02:05.000Z',
  workingDirectory: '/home/dev/price-list',
  run: null,
  task: null,
  repository: null,
  branch: null,
  worktree: null,
  ties: [],
  models: ['demo-model'],
  prompts: 1,
  modelCalls: 2,
  failedModelCalls: 0,
  toolCalls: 2,
  failedToolCalls: 1,
  subagents: 1,
  errors: 1,
  compactions: 0,
  tokens: { input: 12_400, output: 540, cacheRead: 10_200, cacheWrite: 0, reasoning: 120 },
  costUsd: 0.1234,
  unpricedModelCalls: 1,
  sources: [],
  time: { totalMs: 125_000, modelMs: 60_000, toolMs: 40_000, waitingMs: 25_000, idleMs: 0 },
  costByModel: [
    {
      model: 'demo-model',
      modelCalls: 2,
      tokens: { ...tokens, input: 12_400, output: 540, cacheRead: 10_200 },
      costUsd: 0.1234,
    },
    { model: 'unknown-model', modelCalls: 1, tokens, costUsd: null },
  ],
  notes: [
    '1 model call has no price: unknown-model is in neither prices.json nor the table that came with spanledger 0.1.0.',
  ],
  tree: [
    node('agent', 'claude-code', {
      durationMs: 125_000,
      tokens: { ...tokens, input: 12_400, output: 540 },
      costUsd: 0.1234,
      children: [
        node('prompt', 'Fix the failing test'),
        node('modelCall', 'demo-model', { tokens, costUsd: 0.0072 }),
        node('toolCall', 'Bash', {
          outcome: 'failed',
          detail: 'node --test · exit code 1',
          durationMs: 1_250,
        }),
        node('agent', 'reviewer', {
          durationMs: 5_000,
          children: [node('toolCall', 'Read', { detail: 'src/total.js', durationMs: 0.3 })],
        }),
        node('wait', 'permission: Bash', { durationMs: 25_000, outcome: 'rejected' }),
        node('error', 'overloaded \u001b[31m日本語\u001b[0m'),
      ],
    }),
  ],
  omitted: 3,
  cut: true,
  limit: 10,
}

const terminal = (columns: number) => ({ columns, colors: picocolors.createColors(false), nowMs: 0 })

process.env['TZ'] = 'UTC'

describe('session show', () => {
  it('tells at 80 columns', () => {
    expect(renderSession(session, terminal(80))).toMatchInlineSnapshot(`
      "claude-code 2.1.329  completed
        session  73633c63-1f8e-4c0e-9a55-d4a4ac7b3d11
        when     2026-11-21 12:00:00, 2m 05s
        where    /home/dev/price-list
        model    demo-model

        1 prompt, 2 model calls, 2 tool calls (1 failed), 1 subagent, 1 error
        12.4k tokens in (10.2k from cache), 540 out (120 reasoning), $0.12 + 1 call
        without a price

        Where the time went: 2m 05s
        █████████████████████████████████████▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒
        █ model 1m 00s 48%   ▓ tools 40.0 s 32%   ▒ waiting 25.0 s 20%

        What it cost
        MODEL          CALLS  INPUT  FROM CACHE  TO CACHE  OUTPUT   COST
        demo-model         2  12.4k       10.2k         0     540  $0.12
        unknown-model      1   2.1k           0         0      60      -

        What happened
        ● claude-code                                                  $0.12   2m 05s
        ├─ › Fix the failing test                                              240 ms
        ├─ ◆ demo-model                                              $0.0072   240 ms
        ├─ ✗ Bash  node --test · exit code 1                                    1.3 s
        ├─ ● reviewer                                                           5.0 s
        │  └─ ✓ Read  src/total.js                                             300 µs
        ├─ … permission: Bash                                                  25.0 s
        └─ ! overloaded 日本語
        3 more left out: --limit N shows them

        Notes
        - 1 model call has no price: unknown-model is in neither prices.json nor the
          table that came with spanledger 0.1.0.
      "
    `)
  })

  it('tells at 120 columns', () => {
    expect(renderSession(session, terminal(120))).toMatchInlineSnapshot(`
      "claude-code 2.1.329  completed
        session  73633c63-1f8e-4c0e-9a55-d4a4ac7b3d11
        when     2026-11-21 12:00:00, 2m 05s
        where    /home/dev/price-list
        model    demo-model

        1 prompt, 2 model calls, 2 tool calls (1 failed), 1 subagent, 1 error
        12.4k tokens in (10.2k from cache), 540 out (120 reasoning), $0.12 + 1 call without a price

        Where the time went: 2m 05s
        ████████████████████████████████████████████████▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒
        █ model 1m 00s 48%   ▓ tools 40.0 s 32%   ▒ waiting 25.0 s 20%

        What it cost
        MODEL          CALLS  INPUT  FROM CACHE  TO CACHE  OUTPUT   COST
        demo-model         2  12.4k       10.2k         0     540  $0.12
        unknown-model      1   2.1k           0         0      60      -

        What happened
        ● claude-code                                                                           12.4k → 540    $0.12   2m 05s
        ├─ › Fix the failing test                                                                                      240 ms
        ├─ ◆ demo-model                                                                           2.1k → 60  $0.0072   240 ms
        ├─ ✗ Bash  node --test · exit code 1                                                                            1.3 s
        ├─ ● reviewer                                                                                                   5.0 s
        │  └─ ✓ Read  src/total.js                                                                                     300 µs
        ├─ … permission: Bash                                                                                          25.0 s
        └─ ! overloaded 日本語
        3 more left out: --limit N shows them

        Notes
        - 1 model call has no price: unknown-model is in neither prices.json nor the table that came with spanledger 0.1.0.
      "
    `)
  })

  it('of nothing but a start is short', () => {
    const bare = {
      ...session,
      endedAt: null,
      workingDirectory: null,
      models: [],
      costUsd: null,
      unpricedModelCalls: 0,
      status: 'silent' as const,
      costByModel: [],
      notes: [],
      tree: [],
      omitted: 0,
      time: { totalMs: 0, modelMs: 0, toolMs: 0, waitingMs: 0, idleMs: 0 },
    }
    expect(renderSession(bare, terminal(80))).toMatchInlineSnapshot(`
      "claude-code 2.1.329  silent
        session  73633c63-1f8e-4c0e-9a55-d4a4ac7b3d11
        when     2026-11-21 12:00:00, 0 ms
        where    not told
        model    none

        1 prompt, 2 model calls, 2 tool calls (1 failed), 1 subagent, 1 error
        12.4k tokens in (10.2k from cache), 540 out (120 reasoning), no price known
      "
    `)
  })

  it('keeps names readable in a tree that is deeper than the screen is wide', () => {
    let deep = node('toolCall', 'the deepest')
    for (let i = 0; i < 100; i++) deep = node('agent', `agent ${i}`, { children: [deep] })
    const text = renderSession({ ...session, tree: [deep] }, terminal(80))
    expect(text).toContain('✓ the deepest')
    for (const line of text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(80)
  })

  it.each([48, 60, 80, 100, 140, 250])('fits %i columns', (columns) => {
    const long = {
      ...session,
      workingDirectory: '/very'.repeat(100),
      models: Array.from({ length: 50 }, (_, i) => `model-${i}`),
    }
    for (const line of renderSession(long, terminal(columns)).split('\n'))
      expect(displayWidth(line)).toBeLessThanOrEqual(columns)
  })

  it('has no place where telemetry can speak to the terminal', () => {
    const hostile = '\u001b]0;owned\u0007\u001b[2J\u202e\r\n'
    const text = renderSession(
      {
        ...session,
        agent: hostile,
        agentVersion: hostile,
        workingDirectory: hostile,
        models: [hostile],
        notes: [hostile],
        costByModel: [{ ...session.costByModel[0]!, model: hostile }],
        tree: [node('toolCall', hostile, { detail: hostile })],
      },
      terminal(80),
    )
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u)
    expect(text.split('\n').length).toBeLessThan(30)
  })
})

describe('a bar', () => {
  it('is as long as it should be, and shows every part there is', () => {
    expect(apportion([0.5, 0.3, 0.2, 0], 10)).toEqual([5, 3, 2, 0])
    expect(apportion([0.998, 0.001, 0.001, 0], 10)).toEqual([8, 1, 1, 0])
    expect(apportion([1, 0, 0, 0], 7)).toEqual([7, 0, 0, 0])
    expect(apportion([1 / 3, 1 / 3, 1 / 3, 0], 10).reduce((a, b) => a + b)).toBe(10)
  })
})
