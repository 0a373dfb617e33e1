import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Queries } from '../open-queries.ts'
import { at, type SmallLedger, smallLedger } from '../testing/small-ledger.ts'
import type { CostNode, TaskCost } from './cost-task.ts'

let ledger: SmallLedger
beforeEach(() => (ledger = smallLedger()))
afterEach(() => ledger.remove())

interface Line {
  event: string
  stream: string
  time: string
  data: Record<string, unknown>
}

/** Events in the order given, as lines of one segment. */
function write(target: SmallLedger, events: readonly Line[]): void {
  const versions = new Map<string, number>()
  target.segment(
    'events',
    events.map(({ event, stream, time, data }, i) => {
      const version = (versions.get(stream) ?? 0) + 1
      versions.set(stream, version)
      const id = `00000000-0000-8000-8000-${String(i).padStart(12, '0')}`
      return { event, id, stream, version, position: i + 1, time, data }
    }),
  )
}

const task = (id: string, parent?: string): Line => ({
  event: 'TaskCreated',
  stream: `task-${id}`,
  time: at(0),
  data: {
    task: id,
    title: `Task ${id}`,
    fields: {},
    sections: {},
    placement: { task: id, place: null, ...(parent === undefined ? {} : { parent }) },
    by: { agent: 'test' },
  },
})

function run(id: string, of: string, ends: readonly number[]): Line[] {
  return ends.flatMap((exitCode, i) => [
    {
      event: 'RunStarted',
      stream: `run-${id}`,
      time: at(i * 60_000),
      data: { run: id, attempt: i + 1, agent: 'claude-code', task: of, git: null },
    },
    {
      event: 'RunEnded',
      stream: `run-${id}`,
      time: at(i * 60_000 + 50_000),
      data: { run: id, attempt: i + 1, exitCode, durationMs: 50_000, git: null },
    },
  ])
}

interface Call {
  agentId?: string
  agentName?: string
  parentAgentId?: string
  input: number
}

const session = (
  id: string,
  ties: Record<string, unknown>,
  startMs: number,
  calls: readonly Call[],
): Line[] =>
  calls.map(({ input, ...agent }, i) => ({
    event: 'SessionModelCalled',
    stream: `session-${id}`,
    time: at(startMs + i * 100),
    data: {
      session: id,
      agent: 'claude-code',
      ...ties,
      source: 'log:claude_code.api_request',
      rank: 3,
      model: 'm',
      outcome: 'ok',
      keys: [`request:${id}-${i}`],
      tokens: { input, output: 10 },
      startUnixNano: at(startMs + i * 100),
      endUnixNano: at(startMs + i * 100 + 80),
      ...agent,
    },
  }))

const asked = async (queries: Queries, id: string): Promise<TaskCost> => {
  const answer = await queries.run('cost.task', { id })
  if ('refused' in answer) throw new Error(answer.message)
  return answer
}

const billionths = (usd: number | null): number => Math.round((usd ?? 0) * 1e9)

/** Nodes that are not what their children are together. */
function faultsIn(node: CostNode): string[] {
  const { children, figures, tokens, costUsd, modelCalls, name } = node
  const sum = (of: (child: CostNode) => number): number => children.reduce((all, one) => all + of(one), 0)
  const isWhole = children.every((child) => child.figures !== null)
  const adds =
    sum((child) => billionths(child.costUsd)) === billionths(costUsd) &&
    sum((child) => child.tokens.input) === tokens.input &&
    (!isWhole || sum((child) => child.modelCalls!) === modelCalls) &&
    (!isWhole || sum((child) => child.figures!.time.totalMs!) === figures!.time.totalMs)
  return [...(children.length === 0 || adds ? [] : [`${node.kind} ${name}`]), ...children.flatMap(faultsIn)]
}

const kinds = (node: CostNode): string[] => [
  `${node.kind} ${node.name} ${node.outcome ?? ''}`.trim(),
  ...node.children.flatMap(kinds),
]

describe('what a task cost', () => {
  it('is its runs with their attempts, its sessions outside of runs, their agents, and its subtasks', async () => {
    write(ledger, [
      task('login'),
      task('tests', 'login'),
      ...run('r1', 'login', [1, 0]),
      ...session('a', { run: 'r1', task: 'login' }, 1_000, [{ input: 1_000 }]),
      ...session('b', { run: 'r1', task: 'login' }, 61_000, [
        { input: 1_000 },
        { agentId: 'x', agentName: 'explore', input: 4_000 },
        { agentId: 'y', agentName: 'deep', parentAgentId: 'x', input: 500 },
      ]),
      ...session('c', { task: 'login' }, 90_000, [{ input: 2_000 }]),
      ...session('d', { task: 'tests' }, 95_000, [{ input: 300 }]),
      ...session('e', { task: 'other' }, 95_000, [{ input: 9_999 }]),
    ])
    const answer = await asked(await ledger.queries({ pricePerMillion: 10 }), 'login')
    expect(faultsIn(answer.tree)).toEqual([])
    expect(kinds(answer.tree)).toEqual([
      'task Task login open',
      'run run of claude-code retry',
      'attempt attempt 1 failed',
      'session claude-code open',
      'attempt attempt 2 retry',
      'session claude-code open',
      'agent claude-code',
      'agent explore',
      'agent deep',
      'sessions outside of runs',
      'session claude-code open',
      'task Task tests open',
      'sessions outside of runs',
      'session claude-code open',
    ])
    expect(answer.total).toMatchObject({ sessions: 4, modelCalls: 6, tokens: { input: 8_800 } })
    expect(answer.own).toMatchObject({ sessions: 3, tokens: { input: 8_500 } })
    expect(answer.total.causes.failed).toMatchObject({ modelCalls: 1, tokens: 1_010 })
    expect(answer.total.causes.retry).toMatchObject({ modelCalls: 3, tokens: 5_530 })
    expect(answer.total.causes.work).toMatchObject({ modelCalls: 2, tokens: 2_320 })
  })

  it('adds up whatever was recorded, also where tasks are each other’s parents', async () => {
    const ids = ['t0', 't1', 't2'] as const
    const sessions = fc.array(
      fc.record({
        task: fc.constantFrom(...ids),
        run: fc.constantFrom(undefined, 'r0', 'r1', 'lost'),
        startMs: fc.nat(180_000),
        calls: fc.array(
          fc.record(
            {
              input: fc.nat(100_000),
              agentId: fc.constantFrom('x', 'y', 'z'),
              parentAgentId: fc.constantFrom('x', 'y', 'z'),
            },
            { requiredKeys: ['input'] },
          ),
          { minLength: 1, maxLength: 5 },
        ),
      }),
      { maxLength: 8 },
    )
    const parents = fc.tuple(...ids.map(() => fc.constantFrom(undefined, ...ids)))
    const ends = fc.array(fc.constantFrom(0, 1), { minLength: 1, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(sessions, parents, ends, async (made, parentOf, exitCodes) => {
        const one = smallLedger()
        try {
          write(one, [
            ...ids.map((id, i) => task(id, parentOf[i])),
            ...run('r0', 't0', exitCodes),
            ...run('r1', 't1', [0]),
            ...made.flatMap(({ calls, startMs, ...ties }, i) =>
              session(`s${i}`, ties, startMs, calls as readonly Call[]),
            ),
          ])
          const queries = await one.queries({ pricePerMillion: 3.7 })
          for (const id of ids) {
            const answer = await asked(queries, id)
            expect(faultsIn(answer.tree)).toEqual([])
            const causes = Object.values(answer.total.causes)
            expect(causes.reduce((sum, { costUsd }) => sum + billionths(costUsd), 0)).toBe(
              billionths(answer.total.costUsd),
            )
          }
        } finally {
          await one.remove()
        }
      }),
      { numRuns: 25 },
    )
  })

  it('says what there is instead, where nothing was recorded for a task', async () => {
    write(ledger, session('a', { task: 'login' }, 0, [{ input: 1 }]))
    expect(await (await ledger.queries()).run('cost.task', { id: 'logout' })).toMatchObject({
      refused: 'UNKNOWN_TASK',
      near: ['login'],
    })
  })
})

it('is also told by worktree, as its runs tell, and by team, as its tasks do', async () => {
  write(ledger, [
    { ...task('login'), data: { ...task('login').data, fields: { team: 'web' } } },
    ...run('r1', 'login', [0]).map((line) =>
      line.event === 'RunStarted'
        ? {
            ...line,
            data: { ...line.data, git: { repository: 'shop-1', worktree: 'fix-login', branch: 'fix' } },
          }
        : line,
    ),
    ...session('a', { run: 'r1', task: 'login' }, 1_000, [{ input: 1_000 }]),
    ...session('b', {}, 1_000, [{ input: 1_000 }]),
  ])
  const queries = await ledger.queries()
  for (const [by, key] of [
    ['team', 'web'],
    ['worktree', 'fix-login'],
  ] as const)
    expect(await queries.run('cost', { by })).toMatchObject({
      rows: [
        { key: '(none)', sessions: 1 },
        { key, sessions: 1 },
      ],
    })
})
