import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodePlatform } from '@spanledger/sdk/platform'
import { beginLive } from '../../run/index.ts'
import { lines, smallRepository, type SmallRepository } from '../../worktrees/testing/small-repository.ts'
import type { Queries } from '../open-queries.ts'
import { at, event, smallLedger, type SmallLedger } from '../testing/small-ledger.ts'

let ledger: SmallLedger
let repository: SmallRepository
let queries: Queries
beforeEach(async () => {
  ledger = smallLedger()
  repository = smallRepository('one', 'two')
  queries = await ledger.queries()
})
afterEach(async () => {
  await ledger.remove()
  repository.remove()
})

const conflicts = () => queries.run('worktree.conflicts', { repo: repository.shop })
const told = async (): Promise<string[]> => {
  const { rows } = (await queries.run('events', { limit: 1_000 })) as {
    rows: { event: string; stream: string; data: { with?: string; grade?: string } }[]
  }
  return rows.map(({ event: name, stream, data }) =>
    [
      name.replace('Worktree', ''),
      stream.replace(/^worktree-(.*)@shop-[0-9a-f]{6}$/, '$1'),
      data.with,
      data.grade,
    ]
      .filter((part) => part !== undefined)
      .join(' '),
  )
}

const status = async (repo: string) =>
  (await queries.run('worktree.status', { repo })) as unknown as { rows: Record<string, unknown>[] }

describe('worktrees', () => {
  it('tell each conflict once in the streams of both, again when it changes, and that it is resolved', async () => {
    repository.write('one', 'a.txt', lines({ 3: 'mine' }))
    repository.write('two', 'a.txt', lines({ 20: 'other' }))
    for (let i = 0; i < 3; i++)
      expect(await conflicts()).toMatchObject({ collisions: [{ grade: 'same-file' }] })
    expect(await told()).toEqual(['ConflictDetected one two same-file', 'ConflictDetected two one same-file'])
    repository.write('two', 'a.txt', lines({ 3: 'other' }))
    await conflicts()
    repository.write('two', 'a.txt', lines())
    await conflicts()
    expect((await told()).slice(2)).toEqual([
      'ConflictDetected one two merge-conflict',
      'ConflictDetected two one merge-conflict',
      'ConflictResolved one two',
      'ConflictResolved two one',
    ])
    repository.write('two', 'a.txt', lines({ 3: 'other' }))
    await conflicts()
    expect(await told()).toHaveLength(8)
  })

  it('are made, listed with the sessions that worked in them, recycled and removed; the branch stays', async () => {
    const created = await queries.run('worktree.create', { branch: 'fix/login', repo: repository.shop })
    const path = join(repository.dir, 'shop.worktrees/fix-login')
    expect(created).toMatchObject({ done: 'created', worktree: { name: 'fix/login', path } })
    const data = {
      session: 's1',
      agent: 'codex',
      source: 'log:x',
      rank: 3,
      keys: [],
      startUnixNano: at(0),
      endUnixNano: at(1),
      workingDirectory: join(path, 'src'),
    }
    ledger.segment('events', [event(2, 'SessionStarted', 'session-s1', 1, data)], {
      name: '00000000000000000002',
    })
    queries = await ledger.queries()
    const { rows } = (await queries.run('worktree.list', { repo: path })) as { rows: { name: string }[] }
    expect(rows.find(({ name }) => name === 'fix/login')).toMatchObject({ sessions: ['s1'], uncommitted: 0 })
    expect(rows.find(({ name }) => name === 'main')).toMatchObject({ sessions: [], main: true })
    repository.write('shop.worktrees/fix-login', 'new.txt', 'work')
    for (const [name, params] of [
      ['worktree.remove', { name: 'fix/login' }],
      ['worktree.recycle', { name: 'fix/login', branch: 'next' }],
    ] as const)
      expect(await queries.run(name, { ...params, repo: repository.shop } as never)).toMatchObject({
        refused: 'UNCOMMITTED_WORK',
        message: 'fix/login has uncommitted work: new.txt',
      })
    repository.commit('shop.worktrees/fix-login')
    const recycled = await queries.run('worktree.recycle', {
      name: path,
      branch: 'next',
      repo: repository.shop,
    })
    expect(recycled).toMatchObject({ done: 'recycled', worktree: { name: 'next' } })
    expect(existsSync(join(path, 'new.txt'))).toBe(false)
    expect(await queries.run('worktree.remove', { name: 'next', repo: repository.shop })).toMatchObject({
      done: 'removed',
    })
    expect(existsSync(path)).toBe(false)
    expect(repository.run('shop', 'branch', '--format=%(refname:short)').trim().split('\n')).toEqual([
      'fix/login',
      'main',
      'next',
      'one',
      'two',
    ])
    expect((await told()).filter((line) => !line.startsWith('Session'))).toEqual([
      'Created fix/login',
      'Recycled next',
      'Removed next',
    ])
  })

  it('tell what goes on in each: branch, commits, who is at work on what, what it cost, what collides', async () => {
    repository.write('one', 'a.txt', lines({ 3: 'mine' }))
    repository.commit('one')
    repository.write('two', 'a.txt', lines({ 3: 'other' }))
    const data = {
      session: 's1',
      agent: 'codex',
      source: 'log:x',
      rank: 3,
      keys: [],
      startUnixNano: at(0),
      endUnixNano: at(1),
    }
    ledger.segment('events', [
      event(1, 'SessionStarted', 'session-s1', 1, {
        ...data,
        repository: 'shop',
        worktree: 'one',
        task: 'fix',
      }),
      event(2, 'SessionStarted', 'session-s2', 1, {
        ...data,
        session: 's2',
        workingDirectory: join(repository.dir, 'two'),
      }),
      event(3, 'SessionStarted', 'session-s3', 1, {
        ...data,
        session: 's3',
        repository: 'other',
        worktree: 'one',
      }),
    ])
    queries = await ledger.queries()
    const { rows } = (await queries.run('worktree.status', { repo: repository.shop })) as {
      rows: { name: string }[]
    }
    const of = (name: string) => rows.find((row) => row.name === name)
    expect(of('one')).toMatchObject({
      base: 'main',
      ahead: 1,
      behind: 0,
      uncommitted: 0,
      sessions: 1,
      tasks: ['fix'],
      conflicts: [{ with: 'two', grade: 'merge-conflict', files: 1 }],
    })
    expect(of('two')).toMatchObject({
      ahead: 0,
      behind: 0,
      uncommitted: 1,
      sessions: 1,
      tasks: [],
      atWork: [],
    })
    expect(of('main')).toMatchObject({ base: null, ahead: null, sessions: 0, costUsd: null, conflicts: [] })
  })

  it('tell what they can of a repository without commits, a detached HEAD and a folder that is gone', async () => {
    const { head } = (await status(repository.shop)).rows[0] as { head: string }
    repository.run('one', 'checkout', '--quiet', '--detach')
    rmSync(join(repository.dir, 'two'), { recursive: true })
    expect((await status(repository.shop)).rows).toMatchObject([
      { name: 'main' },
      { name: 'one', branch: null, head, ahead: 0, behind: 0, base: 'main' },
      { name: 'two', missing: true, uncommitted: null, ahead: null },
    ])
    const empty = join(repository.dir, 'empty')
    mkdirSync(empty)
    repository.run('empty', 'init', '--quiet', '-b', 'main')
    expect((await status(empty)).rows).toMatchObject([
      { name: 'main', branch: 'main', head: null, uncommitted: 0, ahead: null, base: null },
    ])
  })

  it.each([
    ['ä', 'ä'],
    ['修正/фикс_1', '修正-фикс_1'],
  ])('of the branch %s stands in the folder %s', async (branch, folder) => {
    expect(await queries.run('worktree.create', { branch, repo: repository.shop })).toMatchObject({
      worktree: { path: join(repository.dir, 'shop.worktrees', folder) },
    })
  })

  it('of branches that would have one folder have two', async () => {
    for (const [branch, folder] of [
      ['feat/a', 'feat-a'],
      ['feat-a', 'feat-a-2'],
      ['feat+a', 'feat-a-3'],
    ] as const)
      expect(await queries.run('worktree.create', { branch, repo: repository.shop })).toMatchObject({
        worktree: { branch, path: join(repository.dir, 'shop.worktrees', folder) },
      })
  })

  it('are not taken away from under a run, which is at work in them before its agent tells anything', async () => {
    const home = { run: join(ledger.dir, 'run') }
    const live = await beginLive(nodePlatform(), home, {
      run: 'r1',
      program: 'claude',
      workingDirectory: join(repository.dir, 'one'),
      task: 'fix',
      log: null,
    })
    const { rows } = await status(repository.shop)
    expect(rows.map(({ name, atWork }) => [name, atWork])).toEqual([
      ['main', []],
      ['one', [{ id: 'r1', agent: 'claude-code', task: 'fix' }]],
      ['two', []],
    ])
    const remove = (params: object) =>
      queries.run('worktree.remove', { name: 'one', repo: repository.shop, ...params })
    expect(await remove({})).toMatchObject({
      refused: 'RUN_AT_WORK',
      next: expect.stringContaining('spanledger runs stop r1'),
    })
    expect(
      await queries.run('worktree.recycle', { name: 'one', branch: 'next', repo: repository.shop }),
    ).toMatchObject({ refused: 'RUN_AT_WORK' })
    expect(await remove({ force: true })).toMatchObject({ done: 'removed' })
    await live.end()
  })

  it('whose folders are gone are forgotten one by one: a disk may be away', async () => {
    for (const name of ['one', 'two']) rmSync(join(repository.dir, name), { recursive: true })
    await queries.run('worktree.remove', { name: 'one', repo: repository.shop })
    expect((await status(repository.shop)).rows).toMatchObject([
      { name: 'main' },
      { name: 'two', missing: true },
    ])
  })

  it('refuse what git refuses, in its words, and a folder that is in no repository', async () => {
    const ask = (name: string, params: object) => queries.run(name, { repo: repository.shop, ...params })
    expect(await ask('worktree.create', { branch: 'one' })).toMatchObject({ refused: 'GIT_FAILED' })
    expect(await ask('worktree.create', { branch: 'x', from: 'nowhere' })).toMatchObject({
      refused: 'GIT_FAILED',
    })
    expect(await ask('worktree.create', { branch: '--orphan' })).toMatchObject({ refused: 'GIT_FAILED' })
    expect(await ask('worktree.remove', { name: 'main' })).toMatchObject({ refused: 'GIT_FAILED' })
    expect(await ask('worktree.remove', { name: 'onee' })).toMatchObject({ refused: 'UNKNOWN_WORKTREE' })
    expect(await ask('worktree.list', { repo: repository.dir })).toMatchObject({
      refused: 'NOT_A_REPOSITORY',
    })
    expect(repository.run('shop', 'branch', '--format=%(refname:short)').trim().split('\n')).toEqual([
      'main',
      'one',
      'two',
    ])
  })
})
