import { appendFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { findCollisions, git, NotARepositoryError, readRepository } from './index.ts'
import { lines, ODD_NAME, smallRepository } from './testing/small-repository.ts'

const cleanups: (() => void)[] = []
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()))

function setUp(...names: string[]) {
  const repository = smallRepository(...names)
  cleanups.push(repository.remove)
  const read = () => readRepository(git, repository.shop)
  const collisions = async () => (await findCollisions(git, await read())).collisions
  return { ...repository, read, collisions }
}

describe('collisions between worktrees', () => {
  it('are none while everybody changes files of their own, or the same file in the same way', async () => {
    const { write, commit, collisions } = setUp('one', 'two')
    write('one', 'a.txt', lines({ 3: 'mine' }))
    write('two', 'src/b.txt', lines({ 3: 'mine' }))
    for (const name of ['one', 'two']) write(name, 'new.txt', 'the same\n')
    commit('one')
    expect(await collisions()).toEqual([])
  })

  it('are graded: the same file, the same lines, and what git cannot merge; committed, uncommitted or untracked', async () => {
    const { write, commit, collisions } = setUp('one', 'two')
    write('one', ODD_NAME, lines({ 2: 'mine' }))
    write('two', ODD_NAME, lines({ 25: 'other' }))
    write('one', 'a.txt', lines({ 10: 'mine', 11: 'too' }))
    commit('one')
    write('two', 'a.txt', lines({ 11: 'other' }))
    write('one', 'new.txt', 'one\n')
    write('two', 'new.txt', 'two\n')
    expect(await collisions()).toEqual([
      {
        worktrees: ['one', 'two'],
        grade: 'merge-conflict',
        files: [
          { path: 'a.txt', grade: 'merge-conflict', lines: [{ from: 11, count: 1 }] },
          { path: 'new.txt', grade: 'merge-conflict', lines: [{ from: 0, count: 0 }] },
          { path: ODD_NAME, grade: 'same-file', lines: [] },
        ],
      },
    ])
  })

  it('see a file that one deletes and another changes, and binary files', async () => {
    const { dir, write, commit, collisions } = setUp('one', 'two')
    write('shop', 'logo.bin', new Uint8Array([0, 1, 2]))
    rmSync(join(dir, 'one/a.txt'))
    write('two', 'a.txt', lines({ 1: 'kept' }))
    write('one', 'logo.bin', new Uint8Array([0, 1, 3]))
    write('two', 'logo.bin', new Uint8Array([0, 9, 2]))
    commit('one')
    const found = await collisions()
    expect(
      found
        .find(({ worktrees }) => worktrees.join() === 'one,two')
        ?.files.map(({ path, grade }) => `${path} ${grade}`),
    ).toEqual(['a.txt merge-conflict', 'logo.bin merge-conflict'])
    expect(found.map(({ worktrees }) => worktrees.join())).toEqual(['main,one', 'main,two', 'one,two'])
  })

  it('do not count what came from upstream, and count what changed since both took it', async () => {
    const { run, write, commit, collisions } = setUp('one', 'two', 'old')
    write('shop', 'a.txt', lines({ 5: 'upstream' }))
    commit('shop')
    for (const name of ['one', 'two']) run(name, 'merge', '-q', 'main')
    expect(await collisions()).toEqual([])
    write('one', 'a.txt', lines({ 5: 'upstream', 20: 'mine' }))
    write('two', 'a.txt', lines({ 5: 'upstream', 28: 'other' }))
    expect((await collisions()).map(({ worktrees, grade }) => [worktrees.join(), grade])).toEqual([
      ['one,two', 'same-file'],
    ])
  })

  it('leave the repository, its index and its worktrees as they are', async () => {
    const { dir, run, write, collisions } = setUp('one', 'two')
    for (const name of ['one', 'two']) {
      write(name, 'a.txt', lines({ 3: name }))
      write(name, 'new.txt', name)
    }
    appendFileSync(join(dir, 'one/src/b.txt'), 'staged\n')
    run('one', 'add', 'src/b.txt')
    const state = () =>
      ['one', 'two', 'shop'].map((name) => run(name, 'status', '--porcelain')).join() +
      run('shop', 'count-objects') +
      run('shop', 'for-each-ref') +
      readdirSync(join(dir, 'shop/.git')).join()
    const before = state()
    expect(await collisions()).toHaveLength(1)
    expect(state()).toBe(before)
  })

  it('are found with no commit yet, a detached head, a worktree that is gone, another inside of the first, and no git at all', async () => {
    const { dir, run, write, read, collisions } = setUp('one')
    run('shop', 'worktree', 'add', '-q', '--detach', join(dir, 'shop/inner'))
    run('shop', 'worktree', 'add', '-q', '-b', 'gone', join(dir, 'gone'))
    rmSync(join(dir, 'gone'), { recursive: true })
    write('one', 'a.txt', lines({ 1: 'mine' }))
    write('shop/inner', 'a.txt', lines({ 1: 'other' }))
    expect((await collisions()).map(({ worktrees }) => worktrees)).toEqual([['inner', 'one']])
    expect((await findCollisions(git, await read())).skipped).toEqual([
      { worktree: 'gone', why: 'its folder is gone' },
    ])
    mkdirSync(join(dir, 'bare'))
    await expect(readRepository(git, join(dir, 'bare'))).rejects.toThrow(NotARepositoryError)
    await expect(readRepository(git, join(dir, 'nowhere'))).rejects.toThrow(NotARepositoryError)
    run('bare', 'init', '-q', '-b', 'main')
    expect((await readRepository(git, join(dir, 'bare'))).worktrees).toMatchObject([
      { name: 'main', head: null, main: true },
    ])
    expect(await findCollisions(git, await readRepository(git, join(dir, 'bare')))).toMatchObject({
      collisions: [],
      compared: 1,
    })
  })
})
