import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RecordedEvent } from '@spanledger/sdk/model'
import type { Queries } from '../open-queries.ts'
import { isRefusal } from '../refusal.ts'
import { event, smallLedger, type SmallLedger } from '../testing/small-ledger.ts'
import { changesBetween, type ThingChange, type Things } from './changes.ts'

const fields = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', '__proto__'),
  fc.oneof(fc.nat(2), fc.constant([1]), fc.constant(null)),
)
const things: fc.Arbitrary<Things> = fc
  .dictionary(fc.constantFrom('one', 'two', 'three'), fields)
  .map((all) => new Map(Object.entries(all)) as Things)

const noted = (changes: readonly ThingChange[]): Map<string, unknown> =>
  new Map(
    changes.flatMap(({ id, changes: of }) =>
      Object.entries(of).map(([name, change]) => [`${id} ${name}`, change]),
    ),
  )

/** First `before`, last `after`; what comes to nothing is left out. */
function after(first: Map<string, any>, second: Map<string, any>): Map<string, unknown> {
  const sum = new Map<string, unknown>()
  for (const key of new Set([...first.keys(), ...second.keys()])) {
    const [a, b] = [first.get(key), second.get(key)]
    const { before } = a ?? b
    const { after: last } = b ?? a
    const whole = {
      ...(before === undefined ? {} : { before }),
      ...(last === undefined ? {} : { after: last }),
    }
    if (JSON.stringify(before) !== JSON.stringify(last)) sum.set(key, whole)
  }
  return sum
}

describe('changes', () => {
  it('from A to B and from B to C come to those from A to C; from A to A there are none', () => {
    fc.assert(
      fc.property(things, things, things, (a, b, c) => {
        expect(changesBetween(a, a)).toEqual([])
        const [ab, bc] = [noted(changesBetween(a, b)), noted(changesBetween(b, c))]
        expect(after(ab, bc)).toEqual(noted(changesBetween(a, c)))
        // What came and went is told by the thing itself.
        const came = changesBetween(a, c).filter(({ what }) => what === 'new')
        expect(came.map(({ id }) => id)).toEqual([...c.keys()].filter((id) => !a.has(id)).toSorted())
      }),
    )
  })
})

const FIXTURE = new URL('../../../../../fixtures/events-v1/tasks.jsonl', import.meta.url)
const REPOSITORY = 'shop-0a1b2c'
const SECOND = 1_000_000_000n

/** The events of tasks that are frozen, and beside them what happened in two worktrees. */
function story(): RecordedEvent[] {
  const tasks = readFileSync(FIXTURE, 'utf8')
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as RecordedEvent)
  let position = tasks.length
  const versions = new Map<string, number>()
  const told = (type: string, stream: string, atS: number, data: object): RecordedEvent => {
    const version = (versions.get(stream) ?? 0) + 1
    versions.set(stream, version)
    return { ...event(++position, type, stream, version, data), time: String(BigInt(atS) * SECOND) }
  }
  const of = (name: string, type: string, atS: number, data: object): RecordedEvent =>
    told(type, `worktree-${name}@${REPOSITORY}`, atS, { worktree: name, repository: REPOSITORY, ...data })
  const run = (type: string, atS: number, data: object): RecordedEvent =>
    told(type, 'run-r1', atS, { run: 'r1', attempt: 1, ...data })
  return [
    ...tasks,
    of('one', 'WorktreeCreated', 64, { path: '/shop.worktrees/one', branch: 'one', head: 'c0' }),
    run('RunStarted', 70, {
      program: 'codex',
      agent: 'codex',
      task: 'two',
      git: {
        repository: REPOSITORY,
        worktree: 'two',
        path: '/shop.worktrees/two',
        branch: 'two',
        commit: 'c1',
      },
    }),
    of('one', 'WorktreeConflictDetected', 74, { with: 'two', grade: 'same-file', fileCount: 2, files: [] }),
    run('RunEnded', 80, { exitCode: 1 }),
    told('SessionStarted', 'session-s1', 81, {
      session: 's1',
      agent: 'codex',
      source: 'log:test',
      rank: 3,
      startUnixNano: String(81n * SECOND),
      endUnixNano: String(81n * SECOND),
      workingDirectory: '/shop.worktrees/one/src',
    }),
    of('one', 'WorktreeConflictResolved', 84, { with: 'two' }),
    of('three', 'WorktreeRecycled', 90, {
      path: '/shop.worktrees/one',
      branch: 'three',
      previous: 'one',
      head: 'c2',
    }),
    of('three', 'WorktreeRemoved', 95, { path: '/shop.worktrees/one', branch: 'three', head: 'c2' }),
  ]
}

let ledger: SmallLedger
let queries: Queries
beforeEach(async () => {
  ledger = smallLedger()
  ledger.segment('events', story())
  queries = await ledger.queries()
})
afterEach(() => ledger.remove())

const iso = (atS: number): string => new Date(atS * 1000).toISOString()
async function ask(
  name: 'state' | 'state.diff' | 'task' | 'team' | 'teams',
  params: object,
): Promise<Record<string, any>> {
  const answer = await queries.run(name, params)
  if (isRefusal(answer)) throw new Error(`${answer.refused}: ${answer.message}`)
  return answer as Record<string, any>
}
const changesOf = async (kind: string, id: string, from: number, to: number) =>
  (await ask('state.diff', { kind, id, from: iso(from), to: iso(to) }))['rows']
const KINDS = ['task', 'team', 'worktree'] as const

describe('state diff', () => {
  it('adds up, for every kind and any three moments', async () => {
    const moment = fc.integer({ min: 58, max: 102 })
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...KINDS), moment, moment, moment, async (kind, ...times) => {
        const [a, b, c] = times.toSorted((x, y) => x - y).map(iso)
        const between = async (from: string, to: string) =>
          noted((await ask('state.diff', { kind, from, to }))['rows'] as ThingChange[])
        expect(after(await between(a!, b!), await between(b!, c!))).toEqual(await between(a!, c!))
      }),
      { numRuns: 60 },
    )
  })

  it('tells one thing in its own words', async () => {
    expect(await changesOf('task', 'two', 68, 83)).toEqual([
      {
        id: 'two',
        what: 'changed',
        changes: {
          assignee: { after: 'ada' },
          progress: { before: 0, after: 100 },
          status: { before: 'todo', after: 'done' },
        },
      },
    ])
    expect(await changesOf('worktree', 'one', 65, 96)).toMatchObject([
      { changes: { status: { before: 'there', after: 'recycled' }, next: { after: 'three' } } },
    ])
    expect(await changesOf('team', 'web', 60, 96)).toMatchObject([
      {
        what: 'new',
        changes: { wipLimit: { after: 2 }, completed: { after: 1 }, wipViolations: { after: 2 } },
      },
    ])
    expect(await changesOf('task', 'one', 97, 100)).toMatchObject([{ what: 'gone' }])
  })
})

describe('state', () => {
  it('of a task at its last event is the present one', async () => {
    const now = await ask('task', { id: 'two' })
    for (const at of [iso(100), 'now'])
      expect(await ask('state', { kind: 'task', id: 'two', at })).toEqual(now)
  })

  it('of a team: its settings, members, claims and figures at that moment', async () => {
    expect(await ask('state', { kind: 'team', id: 'web', at: iso(72) })).toMatchObject({
      wipLimit: 2,
      wip: 1,
      pointsInProgress: 3,
      members: [{ agent: 'ada', claims: 1, completed: 0 }],
      claims: [{ task: 'two', agent: 'ada' }],
      week: { completed: 0 },
    })
    const later = await ask('state', { kind: 'team', id: 'web', at: iso(84) })
    expect(later).toMatchObject({
      wip: 0,
      claims: [],
      members: [{ completed: 1 }],
      week: { completed: 1, velocity: 3 },
    })
  })

  it('of a worktree: what ran and who worked in it, and what it collided with at that moment', async () => {
    expect(await ask('state', { kind: 'worktree', id: 'one', at: iso(82) })).toMatchObject({
      status: 'there',
      path: '/shop.worktrees/one',
      conflicts: [{ with: 'two', grade: 'same-file', files: 2 }],
      sessions: [{ id: 's1', agent: 'codex' }],
    })
    expect(await ask('state', { kind: 'worktree', id: 'one', at: iso(80) })).toMatchObject({ sessions: [] })
    expect(await ask('state', { kind: 'worktree', id: 'two', at: iso(75) })).toMatchObject({
      runs: [{ run: 'r1', task: 'two', exitCode: null }],
    })
    expect(await ask('state', { kind: 'worktree', id: 'two', at: '+10s' })).toMatchObject({
      runs: [{ exitCode: 1 }],
    })
    expect(await ask('state', { kind: 'worktree', id: 'three', at: 'now' })).toMatchObject({
      status: 'removed',
      previous: 'one',
    })
  })

  it.each([
    [{ kind: 'team', id: 'nobody', at: 'now' }, 'UNKNOWN_TEAM'],
    [{ kind: 'team', id: 'web', at: iso(50) }, 'UNKNOWN_TEAM'],
    [{ kind: 'worktree', id: 't', at: 'now' }, 'AMBIGUOUS_ID'],
    [{ kind: 'worktree', id: 'three', at: iso(70) }, 'UNKNOWN_WORKTREE'],
    [{ kind: 'task', id: 'one', at: iso(100) }, 'UNKNOWN_TASK'],
    [{ kind: 'job', id: 'one', at: 'now' }, 'BAD_PARAMETER'],
  ])('refuses %j', async (params, refused) => {
    expect(await queries.run('state', params as never)).toMatchObject({ refused })
  })

  it.each([
    { kind: 'task', from: '+1s' },
    { kind: 'team', id: 'web', from: iso(90), to: iso(80) },
  ])('diff refuses %j', async (params) => {
    expect(await queries.run('state.diff', params as never)).toMatchObject({ refused: 'BAD_PARAMETER' })
  })
})
