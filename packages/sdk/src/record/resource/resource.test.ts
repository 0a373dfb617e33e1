import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { detectResource } from './detect.ts'
import { gitAttributes } from './git.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'spanledger-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const git = (cwd: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
    cwd,
    encoding: 'utf8',
  }).trim()

describe('git, without git', () => {
  test('branch, commit, packed refs, a detached HEAD, a worktree', () => {
    const repository = join(dir, 'shop')
    mkdirSync(join(repository, 'deep', 'er'), { recursive: true })
    git(repository, 'init', '-q', '-b', 'feature/x')
    expect(gitAttributes(repository)).toMatchObject({ 'vcs.ref.head.name': 'feature/x' })
    git(repository, 'commit', '-q', '--allow-empty', '-m', 'one')
    git(repository, 'remote', 'add', 'origin', 'https://user:token@example.com/acme/store.git')
    const revision = git(repository, 'rev-parse', 'HEAD')
    const expected = {
      'vcs.repository.name': 'store',
      'vcs.repository.url.full': 'https://example.com/acme/store.git',
      'vcs.ref.head.name': 'feature/x',
      'vcs.ref.head.type': 'branch',
      'vcs.ref.head.revision': revision,
      'spanledger.vcs.worktree': undefined,
    }
    expect(gitAttributes(join(repository, 'deep', 'er'))).toEqual(expected)
    git(repository, 'pack-refs', '--all')
    expect(gitAttributes(repository)).toEqual(expected)

    const worktree = join(dir, 'other')
    git(repository, 'worktree', 'add', '-q', '-b', 'fix', worktree)
    expect(gitAttributes(worktree)).toEqual({
      ...expected,
      'vcs.ref.head.name': 'fix',
      'spanledger.vcs.worktree': worktree,
    })
    git(worktree, 'checkout', '-q', '--detach')
    expect(gitAttributes(worktree)).toMatchObject({
      'vcs.ref.head.name': undefined,
      'vcs.ref.head.revision': revision,
    })
  })

  test('nothing where there is none, or what is there is damaged', () => {
    expect(gitAttributes(dir)).toEqual({})
    writeFileSync(join(dir, '.git'), 'garbage')
    expect(gitAttributes(dir)).toEqual({})
  })
})

test('what the program says goes before what is configured, which goes before what is found', () => {
  const { attributes } = detectResource({
    configured: { deployment: 'a b', 'host.name': 'h' },
    folder: dir,
    serviceName: 'shop',
    instanceId: '1',
    attributes: { deployment: 'mine' },
  })
  const found = Object.fromEntries(
    Array.from({ length: attributes.length / 2 }, (_, i) => [attributes[i * 2], attributes[i * 2 + 1]]),
  )
  expect(found).toMatchObject({
    'service.name': 'shop',
    deployment: 'mine',
    'host.name': 'h',
    'process.pid': process.pid,
  })
})
