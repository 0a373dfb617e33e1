import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Queries } from '../open-queries.ts'
import { at, smallLedger, type SmallLedger } from '../testing/small-ledger.ts'

/** The hour that questions are asked at is T0 and one more. */
const NOW_MS = 3_600_000
const MINUTE_MS = 60_000

let ledger: SmallLedger
let queries: Queries
beforeEach(() => {
  ledger = smallLedger()
})
afterEach(() => ledger.remove())

const lines: object[] = []
function event(session: string, name: string, ms: number, data: object): void {
  const position = lines.length + 1
  const version =
    lines.filter((line) => (line as { stream: string }).stream === `session-${session}`).length + 1
  lines.push({
    event: name,
    id: `e${position}`,
    stream: `session-${session}`,
    version,
    position,
    time: at(ms),
    data: { session, ...data },
  })
}

const tool = (session: string, ms: number, outcome: string): void =>
  event(session, 'SessionToolUsed', ms, {
    agent: 'codex',
    source: 'log:x',
    rank: 3,
    name: 'exec_command',
    outcome,
    keys: [`tool:${ms}`],
    startUnixNano: at(ms),
    endUnixNano: at(ms + 10),
  })
const found = (session: string, ms: number, kind: string, more: object = {}): void =>
  event(session, 'SessionStuckDetected', ms, {
    finding: `f-${session}-${kind}`,
    kind,
    severity: 'serious',
    measured: 5,
    threshold: 5,
    unit: 'calls',
    positions: [1, 2],
    sinceUnixNano: at(ms - 1_000),
    tool: 'exec_command',
    ...more,
  })

beforeEach(async () => {
  lines.length = 0
  // At work and stuck; at work and over it; stuck, and not heard of any more.
  for (const session of ['stuck', 'over', 'gone']) {
    const ms = session === 'gone' ? 0 : NOW_MS - MINUTE_MS
    tool(session, ms, 'ok')
    tool(session, ms + 100, 'failed')
    found(session, ms + 200, 'repeated-call')
  }
  event('over', 'SessionStuckCleared', NOW_MS - MINUTE_MS + 900, {
    finding: 'f-over-repeated-call',
    kind: 'repeated-call',
    because: 'progress',
    positions: [9],
  })
  ledger.segment('events', lines)
  queries = await ledger.queries()
})

it('says what is stuck right now, why, and since when', async () => {
  expect(await queries.run('stuck', {})).toMatchObject({
    ok: false,
    active: 2,
    rows: [
      {
        id: 'stuck',
        agent: 'codex',
        what: 'the same call 5 times with the same result: exec_command',
        finding: {
          kind: 'repeated-call',
          since: '2026-11-21T12:58:59.200Z',
          foundAt: '2026-11-21T12:59:00.200Z',
        },
      },
    ],
  })
})

it('is not wrong where a limit alone is near', async () => {
  await ledger.remove()
  ledger = smallLedger()
  lines.length = 0
  tool('s', NOW_MS - MINUTE_MS, 'ok')
  event('s', 'SessionLimitNeared', NOW_MS - MINUTE_MS + 50, {
    finding: 'f',
    kind: 'context',
    severity: 'warning',
    measured: 172_000,
    threshold: 170_000,
    unit: 'tokens',
    positions: [1],
    sinceUnixNano: at(NOW_MS - MINUTE_MS),
    model: 'claude-haiku-4-5',
  })
  ledger.segment('events', lines)
  const answer = await (await ledger.queries()).run('stuck', {})
  expect(answer).toMatchObject({
    ok: true,
    rows: [{ what: 'the context of claude-haiku-4-5 is filling up: 172k tokens, warned at 170k' }],
  })
})

it('tells findings as they were made, and when they were over', async () => {
  const items = (await queries.run('watch', { since: '30m' })) as AsyncIterable<{
    session: string
    what: string
  }>
  const told: string[] = []
  for await (const { session, what } of items) told.push(`${session}: ${what}`)
  expect(told).toEqual([
    'stuck: the same call 5 times with the same result: exec_command',
    'over: the same call 5 times with the same result: exec_command',
    'over: repeated-call is over: it gets on',
  ])
})

describe('statistics', () => {
  it('are of sessions that began in that time, and of findings', async () => {
    expect(await queries.run('statistics', { since: '30m' })).toMatchObject({
      sessions: {
        begun: 2,
        active: 2,
        silent: 0,
        perHour: 4,
        toolCalls: 4,
        errorRate: 0.5,
        successRate: null,
        seconds: null,
        findings: { open: { 'repeated-call': 1 }, found: { 'repeated-call': 2 } },
      },
      work: { tasks: 0, completed: 0 },
    })
    expect(await queries.run('statistics', { since: '2h' })).toMatchObject({
      sessions: { begun: 3, silent: 1, seconds: { p50: 0.11, p95: 0.11 } },
    })
  })

  it('stand in the exposition, of all time', async () => {
    const { text, contentType } = (await queries.run('exposition', {})) as {
      text: string
      contentType: string
    }
    expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8')
    const values = Object.fromEntries(
      text
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => line.split(/ (?=[^ ]*$)/)),
    ) as Record<string, string>
    expect(values).toMatchObject({
      'spanledger_agents{type="codex",state="active"}': '2',
      'spanledger_agents{type="codex",state="silent"}': '1',
      spanledger_sessions_active: '2',
      'spanledger_tool_calls_total{type="codex",outcome="failed"}': '3',
      'spanledger_agent_execution_seconds_count{type="codex"}': '1',
      'spanledger_findings_open{kind="repeated-call"}': '1',
      'spanledger_findings_total{kind="repeated-call"}': '3',
      spanledger_events: '10',
    })
  })

  it('of work: how it ended, how long it took, what was refused', async () => {
    const task = (name: string, id: string, ms: number, data: object): object => ({
      event: name,
      id: `${id}-${name}-${ms}`,
      stream: `task-${id}`,
      version: lines.filter((line) => (line as { stream: string }).stream === `task-${id}`).length + 1,
      position: lines.length + 1,
      time: at(ms),
      data: { task: id, by: { agent: 'a1' }, ...data },
    })
    await ledger.remove()
    ledger = smallLedger()
    lines.length = 0
    for (const [id, ms] of [
      ['t1', 60_000],
      ['t2', 600_000],
    ] as const) {
      lines.push(
        task('TaskCreated', id, 0, {
          title: id,
          fields: {},
          sections: {},
          placement: { task: id, place: null, parent: null, order: null },
        }),
      )
      lines.push(
        task('TaskClaimed', id, 0, { team: 'core', leaseUntilUnixNano: at(NOW_MS * 2), storyPoints: 3 }),
      )
      lines.push(task('TaskStatusChanged', id, 0, { from: 'todo', to: 'in_progress' }))
      lines.push(
        task('TaskCompleted', id, ms, {
          team: 'core',
          outcome: id === 't1' ? 'done' : 'failed',
          storyPoints: 3,
        }),
      )
    }
    lines.push(
      task('TaskChangeRefused', 't2', 700_000, {
        command: 'claim',
        code: 'WIP_LIMIT',
        message: 'x',
        team: 'core',
      }),
    )
    ledger.segment('events', lines)
    const { text } = (await (await ledger.queries()).run('exposition', {})) as { text: string }
    for (const line of [
      'spanledger_work_ended_total{team="core",outcome="done"} 1',
      'spanledger_work_ended_total{team="core",outcome="failed"} 1',
      'spanledger_work_transitions_total{to="in_progress"} 2',
      'spanledger_work_duration_seconds_bucket{team="core",le="60.0"} 1',
      'spanledger_work_duration_seconds_sum{team="core"} 60',
      'spanledger_team_velocity{team="core"} 3',
      'spanledger_team_cycle_time_seconds{team="core",percentile="p95"} 60',
      'spanledger_team_error_ratio{team="core"} 0.5',
      'spanledger_wip_violations_total{team="core"} 1',
      'spanledger_work_success_ratio 0.5',
    ])
      expect(text.split('\n')).toContain(line)
  })
})
