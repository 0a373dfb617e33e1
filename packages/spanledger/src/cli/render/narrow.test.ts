import picocolors from 'picocolors'
import { describe, expect, it } from 'vitest'
import type { AnswerOf } from '../../query/index.ts'
import type { DoctorAnswer } from '../settings-answers.ts'
import { renderBudgets } from './budgets.ts'
import { renderDoctor } from './doctor.ts'
import { renderTraces } from './lists.ts'
import { renderSessions } from './sessions.ts'
import { displayWidth } from './width.ts'

const long = 'a long name that goes on'
const when = '2025-11-20T14:30:00.000Z'

const sessions = {
  rows: [
    {
      id: '73633c63-0d5e-4b5c-8a55-1f2e3d4c5b6a',
      agent: long,
      status: 'completed',
      startedAt: when,
      endedAt: '2025-11-20T16:31:00.000Z',
      modelCalls: 1234,
      failedModelCalls: 12,
      toolCalls: 1234,
      failedToolCalls: 12,
      tokens: { input: 1_234_567, output: 123_456 },
      costUsd: 1234.56,
      branch: long,
    },
  ],
} as unknown as AnswerOf<'sessions'>

const traces = {
  rows: [
    {
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      name: long,
      service: long,
      startedAt: when,
      durationMs: 7_260_000,
      spans: 12_345,
      errors: 1234,
    },
  ],
} as unknown as AnswerOf<'traces'>

const budgets = {
  rows: [
    {
      of: 'team',
      name: long,
      period: 'month',
      usd: 1234.56,
      spentUsd: 1034.56,
      share: 0.84,
      leftUsd: 200,
      forecast: { low: 1100, middle: 1234, high: 2345, chance: 0.5 },
      unpricedModelCalls: 0,
    },
  ],
} as unknown as AnswerOf<'budgets'>

const doctor: DoctorAnswer = {
  ok: true,
  home: { dir: '/h', writable: true },
  daemon: null,
  spool: { waiting: 0, aside: 0, missed: 0 },
  agents: [
    {
      agent: 'claude-code',
      title: 'Claude Code',
      installed: { path: '/x', version: '12.10.197' },
      telemetry: 'variables',
      hooks: 'part',
      arrived: { sessions: 1234, telemetry: 123_456, hooks: 123_456, transcripts: 123_456, lastAt: when },
    },
  ],
  findings: [],
  hints: [],
}

const drawn = (columns: number): Record<string, string> => {
  const terminal = { columns, colors: picocolors.createColors(false), nowMs: Date.UTC(2026, 10, 21) }
  return {
    sessions: renderSessions(sessions, terminal),
    traces: renderTraces(traces, terminal),
    budgets: renderBudgets(budgets, terminal),
    doctor: renderDoctor(doctor, terminal),
  }
}

describe('a narrow terminal', () => {
  it.each([48, 60, 80])('of %i columns wraps no row', (columns) => {
    for (const [name, text] of Object.entries(drawn(columns)))
      for (const line of text.split('\n'))
        expect([name, line, displayWidth(line) <= columns]).toEqual([name, line, true])
  })

  it('still says what matters most', () => {
    expect(drawn(60)).toMatchObject({
      sessions: expect.stringMatching(/^SESSION +AGENT +STATUS .*COST\n/),
      traces: expect.stringMatching(/^TRACE +NAME .*TOOK +ERRORS\n/),
      budgets: expect.stringMatching(/^BUDGET +EVERY .*USED/),
      doctor: expect.stringMatching(/AGENT +TELEMETRY +HOOKS/),
    })
  })
})
