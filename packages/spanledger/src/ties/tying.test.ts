import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Home, openHome } from '@spanledger/sdk/ledger'
import type { NewEvent } from '@spanledger/sdk/model'
import { nodePlatform } from '@spanledger/sdk/platform'
import { openEventStore } from '@spanledger/sdk/store'
import { openSessionReadModel, priceTable, type SessionSummary } from '../projection/index.ts'
import type { Git } from '../worktrees/index.ts'
import { Tying } from './tying.ts'

const platform = nodePlatform()
const START = Date.UTC(2026, 10, 21, 9)
const nano = (ms: number): string => String(BigInt(START + ms) * 1_000_000n)
const TRACE = 'a'.repeat(32)

let home: Home
beforeEach(async () => {
  home = await openHome(platform, mkdtempSync(join(tmpdir(), 'spanledger-tying-')))
})
afterEach(() => rmSync(home.dir, { recursive: true, force: true }))

/** A repository at /code/shop with one worktree beside it, whose branch has the name of a task. */
const git: Git = (folder, args) => {
  if (!folder.startsWith('/')) return Promise.reject(new Error('no repository'))
  const out = args.includes('--git-common-dir')
    ? '/\n'
    : 'worktree /code/shop\0HEAD abc\0branch refs/heads/main\0\0worktree /code/fix\0HEAD abc\0branch refs/heads/fix-login\0\0'
  return Promise.resolve({ code: 0, out })
}

/** A process of its own. */
async function open() {
  const events = await openEventStore(platform, home)
  const sessions = openSessionReadModel({ platform, home, events, prices: priceTable([]) })
  const clock = { ...platform.clock, nowMs: () => START + 60_000 }
  const work = { known: () => Promise.resolve({ present: () => [{ id: 'fix-login' }] }) } as never
  return {
    events,
    sessions,
    tying: new Tying({ clock, events, sessions, work, git }),
    async close() {
      await sessions.close()
      await events.close()
    },
  }
}

const observed = (session: string, ms: number, given: object = {}): [string, NewEvent] => [
  `session-${session}`,
  {
    event: 'SessionModelCalled',
    id: crypto.randomUUID(),
    time: nano(ms),
    data: {
      session,
      agent: 'claude-code',
      source: 'log:x',
      rank: 3,
      startUnixNano: nano(ms),
      endUnixNano: nano(ms),
      ...given,
    },
  },
]
const run = (event: string, ms: number, data: object): [string, NewEvent] => [
  'run-r1',
  { event, id: crypto.randomUUID(), time: nano(ms), data: { run: 'r1', attempt: 1, ...data } },
]

const STORY: [string, NewEvent][] = [
  run('RunStarted', 0, {
    program: 'claude',
    agent: 'claude-code',
    task: 'other-task',
    workingDirectory: '/code/shop',
    pid: 1,
    git: { repository: 'shop-1a2b3c', worktree: 'main', path: '/code/shop', branch: 'main', commit: null },
    traceparent: `00-${'f'.repeat(32)}-${'1'.repeat(16)}-01`,
  }),
  observed('in-run', 1_000, { run: 'r1', task: 'other-task' }),
  observed('beside-run', 2_000, { workingDirectory: '/code/shop' }),
  observed('in-worktree', 3_000, { workingDirectory: '/code/fix/src', agent: 'codex' }),
  observed('by-trace', 4_000, { trace: TRACE, agent: 'codex' }),
  [
    'task-fix-login',
    {
      event: 'TaskProgressed',
      id: crypto.randomUUID(),
      time: nano(4_500),
      data: { task: 'fix-login', by: { agent: 'codex' }, leaseUntilUnixNano: '0' },
      meta: { traceId: TRACE },
    },
  ],
  observed('lonely', 5_000),
  run('RunEnded', 10_000, { exitCode: 1, signal: null, stopped: false, retryInMs: null }),
]

const told = (sessions: readonly SessionSummary[]): Record<string, unknown[]> =>
  Object.fromEntries(
    sessions
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map(({ id, run: of, task, branch, status }) => [id, [of, task, branch, status]]),
  )

const EXPECTED = {
  'beside-run': ['r1', 'other-task', 'main', 'failed'],
  'by-trace': [null, 'fix-login', null, 'silent'],
  'in-run': ['r1', 'other-task', null, 'failed'],
  'in-worktree': [null, 'fix-login', 'fix-login', 'silent'],
  lonely: [null, null, null, 'silent'],
}

it('comes to the same with one that decides at the end as with two that decide all the while, and tells each tie once', async () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  let state = seed
  const next = (below: number): number =>
    Math.floor(((state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32) * below)
  const [first, second] = [await open(), await open()]
  for (const [stream, event] of STORY) {
    await first.events.append(stream, [event])
    const looks = [first, second].filter(() => next(2) === 0).map(({ tying }) => tying.look())
    await Promise.all(looks)
  }
  await Promise.all([first.tying.look(), second.tying.look()])
  expect(told(first.sessions.list().sessions), `FUZZ_SEED=${seed}`).toEqual(EXPECTED)
  expect(await second.tying.look()).toMatchObject({ tied: 0, ended: 0 })
  const ids: string[] = []
  for await (const { id } of first.events.readAll()) ids.push(id)
  expect(new Set(ids).size).toBe(ids.length)
  // Before anything was told of the run's end, and after all projections are gone.
  for await (const [past] of first.sessions.past([{ nanos: BigInt(nano(9_000)) }], 'beside-run'))
    expect(past!.summary('beside-run')).toMatchObject({ task: 'other-task', status: 'active' })
  await Promise.all([first.close(), second.close()])
  rmSync(home.index, { recursive: true })
  home = await openHome(platform, home.dir)
  const third = await open()
  await third.sessions.refresh()
  expect(told(third.sessions.list().sessions)).toEqual(EXPECTED)
  await third.close()
})

it('knows the folders that somebody worked in lately', async () => {
  const { tying, events, close } = await open()
  for (const [stream, event] of STORY) await events.append(stream, [event])
  expect((await tying.folders(START)).toSorted()).toEqual(['/code/fix/src', '/code/shop'])
  expect(await tying.folders(START + 9_500)).toEqual(['/code/shop'])
  expect(await tying.folders(START + 11_000)).toEqual([])
  await close()
})
