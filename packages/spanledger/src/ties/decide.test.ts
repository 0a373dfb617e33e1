import { describe, expect, it } from 'vitest'
import type { RecordedEvent } from '@spanledger/sdk/model'
import { endOf, namesIn, reasonsFor, type Session, tieOf } from './decide.ts'
import { Facts } from './facts.ts'

const START = Date.UTC(2026, 10, 21, 9)
const nano = (ms: number): string => String(BigInt(START + ms) * 1_000_000n)
const iso = (ms: number): string => new Date(START + ms).toISOString()
const TRACE = 'a'.repeat(32)

const session = (given: Partial<Session> = {}): Session => ({
  id: 's1',
  agent: 'claude-code',
  status: 'silent',
  startedAt: iso(1_000),
  endedAt: iso(9_000),
  workingDirectory: '/code/shop',
  run: null,
  task: null,
  repository: null,
  branch: null,
  worktree: null,
  ties: [],
  traces: [],
  ...given,
})

let position = 0
const event = (name: string, ms: number, data: object, traceId?: string): RecordedEvent =>
  ({
    event: name,
    id: `e${++position}`,
    position,
    time: nano(ms),
    data,
    ...(traceId ? { meta: { traceId } } : {}),
  }) as never
const started = (run: string, ms: number, given: object = {}): RecordedEvent =>
  event('RunStarted', ms, {
    run,
    attempt: 1,
    program: 'claude',
    agent: 'claude-code',
    task: 'fix-login',
    workingDirectory: '/code/shop',
    pid: 1,
    git: { repository: 'shop-1a2b3c', worktree: 'fix', path: '/code/shop', branch: 'fix', commit: null },
    traceparent: `00-${'f'.repeat(32)}-${'1'.repeat(16)}-01`,
    ...given,
  })
const ended = (run: string, ms: number, given: object = {}): RecordedEvent =>
  event('RunEnded', ms, { run, attempt: 1, exitCode: 0, signal: null, retryInMs: null, ...given })
const factsOf = (...events: RecordedEvent[]): Facts => {
  const facts = new Facts()
  for (const one of events) facts.take(one)
  return facts
}
const kinds = (
  of: Session,
  facts: Facts,
  tasks: { id: string }[],
  place?: Parameters<typeof reasonsFor>[3],
): [string, object][] =>
  reasonsFor(of, facts, namesIn(tasks), place).map(({ kind, target }) => [kind, target])

describe('a session that was started elsewhere', () => {
  const target = { run: 'r1', task: 'fix-login', repository: 'shop', branch: 'fix', worktree: 'fix' }

  it('is tied to the run whose trace it is in, wherever it worked', () => {
    const facts = factsOf(started('r1', 0, { traceparent: `00-${TRACE}-${'1'.repeat(16)}-01` }))
    expect(kinds(session({ traces: [TRACE], workingDirectory: '/elsewhere' }), facts, [])).toEqual([
      ['trace', target],
    ])
  })

  it('is tied to the run of its agent that was at work in its folder all the while, and to no other', () => {
    const fits = factsOf(started('r1', 0), ended('r1', 10_000))
    expect(kinds(session({ workingDirectory: '/code/shop/src' }), fits, [])).toEqual([
      ['folder-and-time', target],
    ])
    expect(kinds(session({ workingDirectory: '/code/shop2' }), fits, [])).toEqual([])
    expect(kinds(session({ agent: 'codex' }), fits, [])).toEqual([])
    expect(kinds(session({ endedAt: iso(30_000) }), fits, [])).toEqual([])
    expect(kinds(session({ workingDirectory: null }), fits, [])).toEqual([])
    expect(kinds(session(), factsOf(started('r1', 5_000), ended('r1', 10_000)), [])).toEqual([])
  })

  it('is tied to the task of which something was said in its trace, and to the one that its branch names', () => {
    const facts = factsOf(event('TaskClaimed', 0, { task: 'fix-login' }, TRACE))
    expect(kinds(session({ traces: [TRACE] }), facts, [])).toEqual([['work-in-trace', { task: 'fix-login' }]])
    const said = factsOf(event('TaskCompleted', 0, { task: 'fix-login', by: { agent: 'a', session: 's1' } }))
    expect(kinds(session(), said, [])).toEqual([['work-in-session', { task: 'fix-login' }]])
    expect(kinds(session({ id: 's2' }), said, [])).toEqual([])
    const place = { repository: 'shop', branch: 'feature/fix-login', worktree: 'x', atMs: START + 10_000 }
    const tasks = ['fix-login', 'login', 'fix', 'other'].map((id) => ({ id }))
    expect(kinds(session(), new Facts(), tasks, place)).toEqual([
      ['look', { repository: 'shop', worktree: 'x', branch: 'feature/fix-login' }],
      ['branch', { task: 'fix-login' }],
      ['branch', { task: 'login' }],
    ])
    const late = { ...place, atMs: START + 3_600_000 }
    expect(kinds(session(), new Facts(), [], late)).toEqual([['look', { repository: 'shop' }]])
  })

  it('is left alone where its agent told, or somebody said by hand, what it belongs to', () => {
    const facts = factsOf(started('r1', 0), event('TaskClaimed', 0, { task: 'x' }, TRACE))
    const told = session({ run: 'r0', task: 't', branch: 'b', traces: [TRACE] })
    expect(kinds(told, facts, [{ id: 'fix-login' }])).toEqual([])
    const untied = [
      { fields: ['run' as const, 'task' as const], by: 'hand' as const, confidence: 1, because: '' },
    ]
    expect(kinds(session({ ties: untied, traces: [TRACE] }), facts, [])).toEqual([])
  })

  it('gets the same events whoever decides, in whatever order the facts came, and however often', () => {
    const all = [
      started('r1', 0),
      started('r2', 100),
      ended('r1', 20_000),
      event('TaskProgressed', 0, { task: 'x' }, TRACE),
    ]
    const decide = (facts: Facts) =>
      reasonsFor(session({ traces: [TRACE] }), facts, namesIn([])).map(
        (reason) => tieOf(session(), reason).id,
      )
    const expected = decide(factsOf(...all)).toSorted()
    expect(new Set(expected).size).toBe(3)
    expect(decide(factsOf(all[1]!, all[3]!, all[0]!, all[2]!)).toSorted()).toEqual(expected)
    expect(decide(factsOf(...all, ...all)).toSorted()).toEqual(expected)
    // What we tied ourselves stays open to what is found later.
    const tied = session({
      run: 'r1',
      traces: [TRACE],
      ties: [{ fields: ['run'], by: 'spanledger', confidence: 0.8, because: '' }],
    })
    expect(kinds(tied, factsOf(...all), [])).toHaveLength(3)
  })
})

const endOfSession = (given: Partial<Session>, ...events: RecordedEvent[]) =>
  endOf(session({ run: 'r1', ...given }), factsOf(...events))

describe('a session whose run has ended', () => {
  it('ends as its process did', () => {
    expect(endOfSession({}, started('r1', 0), ended('r1', 10_000))).toMatchObject({
      event: 'SessionCompleted',
      time: nano(10_000),
      data: { source: 'run', exitCode: 0, endUnixNano: nano(10_000) },
    })
    expect(
      endOfSession({}, started('r1', 0), ended('r1', 10_000, { exitCode: 137, signal: 'SIGKILL' })),
    ).toMatchObject({
      event: 'SessionFailed',
      data: { error: 'ended by SIGKILL' },
    })
  })

  it('ends with the first attempt that it did not outlive', () => {
    const attempts = [
      started('r1', 0),
      ended('r1', 10_000, { exitCode: 1, retryInMs: 2_000 }),
      started('r1', 12_000, { attempt: 2 }),
      ended('r1', 20_000, { attempt: 2 }),
    ]
    expect(endOfSession({}, ...attempts)).toMatchObject({ event: 'SessionFailed', time: nano(10_000) })
    expect(endOfSession({ startedAt: iso(13_000), endedAt: iso(14_000) }, ...attempts)).toMatchObject({
      event: 'SessionCompleted',
    })
  })

  it('is left alone while it goes on, and where its agent said how it ended', () => {
    expect(endOfSession({}, started('r1', 0))).toBeUndefined()
    expect(endOfSession({ endedAt: iso(60_000) }, started('r1', 0), ended('r1', 10_000))).toBeUndefined()
    expect(
      endOfSession({ status: 'completed' }, started('r1', 0), ended('r1', 10_000, { exitCode: 1 })),
    ).toBeUndefined()
    expect(endOfSession({ run: null }, started('r1', 0), ended('r1', 10_000))).toBeUndefined()
  })
})
