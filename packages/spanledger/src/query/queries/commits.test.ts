import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { at, type SmallLedger, smallLedger, T0 } from '../testing/small-ledger.ts'

let ledger: SmallLedger
let repo: string
beforeEach(() => {
  ledger = smallLedger()
  repo = mkdtempSync(join(tmpdir(), 'spanledger-commits-'))
  git(0, 'init', '-q', '-b', 'main')
  commit(-900_000, 'Begin')
  git(0, 'checkout', '-q', '-b', 'fix')
})
afterEach(async () => {
  rmSync(repo, { recursive: true })
  await ledger.remove()
})

function git(ms: number, ...args: string[]): string {
  const date = new Date(T0 + ms).toISOString()
  const env = {
    ...process.env,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_DATE: date,
    GIT_CONFIG_GLOBAL: '/dev/null',
    ...Object.fromEntries(
      ['GIT_AUTHOR_', 'GIT_COMMITTER_'].flatMap((who) => [
        [`${who}NAME`, 'dev'],
        [`${who}EMAIL`, 'dev@example.invalid'],
      ]),
    ),
  }
  return execFileSync('git', ['-C', repo, ...args], { env, encoding: 'utf8' }).trim()
}

function commit(ms: number, subject: string): string {
  writeFileSync(join(repo, 'a.txt'), subject)
  git(ms, 'add', '-A')
  git(ms, 'commit', '-q', '-m', subject)
  return git(ms, 'rev-parse', 'HEAD')
}

/** A session in the repository that ran a command. */
function session(id: string, startMs: number, command: string, more: Record<string, unknown> = {}): void {
  const of = { session: id, agent: 'claude-code', workingDirectory: repo, source: 'log:x', rank: 3, ...more }
  const lines = [
    { event: 'SessionStarted', startUnixNano: at(startMs), endUnixNano: at(startMs) },
    {
      event: 'SessionToolUsed',
      name: 'Bash',
      command,
      keys: [`tool:${id}`],
      startUnixNano: at(startMs + 20_000),
      endUnixNano: at(startMs + 20_200),
    },
  ]
  ledger.segment(
    'events',
    lines.map(({ event, ...data }, i) => ({
      event,
      id: `00000000-0000-8000-8000-00000000000${i}`,
      stream: `session-${id}`,
      version: i + 1,
      position: i + 1,
      time: at(startMs),
      data: { ...of, ...data },
    })),
  )
}

const asked = async (params: object = {}) => (await ledger.queries()).run('commits', { repo, ...params })

describe('commits', () => {
  it('are tied to the session that made them, once, and stay so when their branch is gone', async () => {
    session('s1', 0, 'git commit -qm fix', { task: 'login', branch: 'fix', repository: 'shop' })
    const made = commit(20_000, 'Fix the login')
    commit(300_000, 'Something by hand')
    const first = await asked()
    expect(first).toMatchObject({
      rows: [
        { subject: 'Something by hand', session: null, score: 0 },
        {
          commit: made,
          subject: 'Fix the login',
          session: 's1',
          task: 'login',
          uncertain: false,
          branch: 'fix',
        },
        { subject: 'Begin', session: null },
      ],
    })
    expect(await asked()).toEqual(first)
    const queries = await ledger.queries()
    expect(await queries.run('events', { type: 'CommitTied' })).toMatchObject({ rows: { length: 1 } })
    git(0, 'checkout', '-q', 'main')
    git(0, 'branch', '-q', '-D', 'fix')
    expect(await asked({ task: 'login' })).toMatchObject({
      rows: [{ commit: made, subject: null, session: 's1', branch: 'fix' }],
    })
  })

  it('are told of a home that is only read, which stays as it is', async () => {
    session('s1', 0, 'git commit -qm fix', { task: 'login', branch: 'fix', repository: 'shop' })
    commit(20_000, 'Fix the login')
    const queries = await ledger.queries({ readOnly: true })
    expect(await queries.run('commits', { repo })).toMatchObject({
      rows: [{ subject: 'Fix the login' }, { subject: 'Begin' }],
    })
    expect(await queries.run('events', { type: 'CommitTied' })).toMatchObject({ rows: [] })
  })

  it('make a pull request of what merged them, and of what somebody tells', async () => {
    session('s1', 0, 'git commit -qm fix', { branch: 'fix' })
    commit(20_000, 'Fix the login')
    git(0, 'checkout', '-q', 'main')
    git(400_000, 'merge', '-q', '--no-ff', '-m', 'Merge pull request #12 from acme/fix', 'fix')
    await asked()
    const queries = await ledger.queries()
    expect(await queries.run('pull-requests', {})).toMatchObject({
      rows: [{ number: 12, branch: 'fix', sessions: ['s1'] }],
    })
    expect(await queries.run('cost', { by: 'pull-request' })).toMatchObject({
      rows: [{ key: expect.stringMatching(/#12$/) as string, sessions: 1 }],
    })
    const address = 'https://github.com/acme/shop/pull/13'
    const told = await queries.run('pull-request.tie', { pullRequest: address, session: 's1', repo })
    expect(told).toMatchObject({ number: 13, url: address, sessions: ['s1'] })
    expect(await queries.run('cost', { by: 'pull-request' })).toMatchObject({
      rows: [{ key: expect.stringMatching(/#13$/) as string }],
    })
  })

  it('are told of a repository without any, and outside of one', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'spanledger-empty-'))
    try {
      expect(await asked({ repo: empty })).toMatchObject({ repository: null, rows: [] })
      execFileSync('git', ['init', '-q', empty])
      expect(await asked({ repo: empty })).toMatchObject({ rows: [] })
    } finally {
      rmSync(empty, { recursive: true })
    }
  })

  it('refuse what is no pull request', async () => {
    const queries = await ledger.queries()
    expect(await queries.run('pull-request.tie', { pullRequest: 'x', branch: 'b', repo })).toMatchObject({
      refused: 'BAD_PARAMETER',
    })
    expect(await queries.run('pull-request.tie', { pullRequest: '12', repo })).toMatchObject({
      refused: 'BAD_PARAMETER',
    })
  })
})
