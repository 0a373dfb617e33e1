import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { run, type Ran } from './testing/run.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spanledger-tasks-'))
  mkdirSync(join(folder, '.tasks/.templates'), { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const ask = (...argv: string[]): Promise<Ran> =>
  run(argv, { home: join(folder, 'home'), workingDirectory: folder })
async function json<T>(...argv: string[]): Promise<T> {
  const { out, err } = await ask(...argv, '--json')
  return JSON.parse(out || err) as T
}
interface Changed {
  task: { id: string; path: string; root: string; status: string; progress: number }
}

it('makes, changes, finds and shows a task; ids may be cut to their beginning', async () => {
  const { task } = await json<Changed>('task', 'create', 'Fix the login', '--type', 'bug', '--tag', 'auth')
  const file = join(task.root, task.path)
  const updated = await ask('task', 'update', 'fix-the', '--append', 'Log=- found', '--set', 'estimate=3')
  expect(updated).toMatchObject({ exit: 0, err: '' })
  expect(readFileSync(file, 'utf8')).toContain('estimate: 3\n---')
  expect(readFileSync(file, 'utf8')).toContain('## Log\n\n- found\n')
  expect((await ask('task', 'status', 'fix-the', 'In Review')).err).toContain(
    'is todo, and cannot become reviewing',
  )
  expect((await ask('task', 'status', 'fix-the', 'nonsense')).exit).toBe(2)
  expect((await ask('task', 'search', 'FOUND login')).out).toContain(task.id)
  expect((await ask('task', 'get', 'fix-the')).out).toContain('- found')
  expect(await ask('task', 'get', 'fux')).toMatchObject({
    exit: 1,
    err: expect.stringContaining('no task "fux"'),
  })
  expect((await ask('task', 'list')).out).toMatch(/todo +fix-the-login/)
})

it('names tasks by the beginnings of their ids wherever it names them, and refuses what names none', async () => {
  const create = async (title: string, ...more: string[]) =>
    (await json<Changed>('task', 'create', title, ...more)).task.id
  const first = await create('Fix the login')
  const second = await create('Write the tests', '--depends-on', 'fix-the')
  for (const words of [
    ['task', 'update', 'fix-the', '--depends-on', 'fix-the'],
    ['task', 'update', 'fix-the', '--depends-on', 'write'],
    ['work', 'claim', 'bug', 'Other', '--depends-on', 'nobody'],
    ['task', 'create', 'Other', '--depends-on', 'nobody'],
    ['budget', 'set', 'task', 'nobody', '--usd', '5'],
  ])
    expect(await ask(...words)).toMatchObject({
      exit: 1,
      err: expect.stringMatching(/wait for itself|no task "nobody"/),
    })
  expect(await json('task', 'get', second)).toMatchObject({ dependsOn: [first] })
  await ask('budget', 'set', 'task', 'fix-the', '--usd', '5')
  expect(await json('budget', 'list')).toMatchObject({ rows: [{ of: 'task', name: first }] })
  expect(await ask('budget', 'remove', 'task', 'fix-the')).toMatchObject({ exit: 0 })
  await create('Fix the logout')
  for (const words of [
    ['task', 'create', 'Other', '--depends-on', 'fix-the'],
    ['budget', 'set', 'task', 'fix-the', '--usd', '5'],
    ['runs', '--task', 'fix-the'],
    ['commits', '--task', 'fix-the'],
  ])
    expect(await ask(...words)).toMatchObject({ exit: 2, err: expect.stringContaining('of 2 tasks') })
})

it('lists the tasks of a folder however it is written, and refuses one that has none', async () => {
  const { task } = await json<Changed>('task', 'create', 'Fix the login')
  const from = relative(process.cwd(), join(folder, '.tasks'))
  for (const root of [from, `${from}/`, `${join(folder, '.tasks')}/`])
    expect(await json('task', 'list', '--root', root)).toMatchObject({ rows: [{ id: task.id }] })
  for (const root of [`${from}x`, folder])
    expect(await ask('task', 'list', '--root', root)).toMatchObject({
      exit: 2,
      err: expect.stringContaining(join(folder, '.tasks')),
    })
})

it('says nothing of the copies in worktrees, and nothing of a worktree that was removed', async () => {
  const git = (...words: string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@t', ...words])
  const worktree = join(folder, 'worktrees/fix')
  const inWorktree = (...argv: string[]) =>
    run(argv, { home: join(folder, 'home'), workingDirectory: worktree })
  await ask('task', 'create', 'Fix the login')
  git('init', '--quiet')
  git('add', '.tasks')
  git('commit', '--quiet', '-m', 'tasks')
  git('worktree', 'add', '--quiet', worktree)
  expect(await inWorktree('task', 'create', 'Write the tests')).toMatchObject({ exit: 0 })
  expect(await json('task', 'list')).toMatchObject({ rows: { length: 2 }, findings: [] })
  expect(await inWorktree('task', 'status', 'fix-the', 'in_progress')).toMatchObject({ exit: 0 })
  git('worktree', 'remove', '--force', worktree)
  expect(await json('task', 'list')).toMatchObject({ rows: { length: 2 }, findings: [] })
  expect(await ask('task', 'sync')).toMatchObject({ exit: 0 })
  expect(await ask('task', 'delete', 'write-the-tests')).toMatchObject({ exit: 0 })
  expect(await json('task', 'list')).toMatchObject({ rows: { length: 1 }, findings: [] })
})

it('parents, templates and edits by hand', async () => {
  writeFileSync(
    join(folder, '.tasks/.templates/bug.md'),
    '# T\n\n---\ntype: bug\nsteps: [a]\n---\n\n## Steps\n\nshow\n',
  )
  expect((await ask('task', 'template', 'list')).out).toMatch(/bug +bug/)
  const { task } = await json<Changed>('task', 'template', 'apply', 'bug', 'It broke')
  expect(readFileSync(join(task.root, task.path), 'utf8')).toContain('steps: [a]')
  const parent = await json<Changed>('task', 'parent', 'create', 'Big')
  expect((await ask('task', 'adopt', parent.task.id, task.id)).out).toContain('TaskAdopted')
  await ask('task', 'add', parent.task.id, 'Other')
  await ask('task', 'resequence', parent.task.id, 'other')
  expect((await ask('task', 'parent', 'list')).out).toContain('0/2')
  writeFileSync(join(folder, '.tasks/current/bad-11A.task.md'), '---\na: [\n---\n')
  const synced = await ask('task', 'sync')
  expect(synced).toMatchObject({ exit: 1, out: expect.stringContaining('bad-11A.task.md:3') })
  expect((await ask('task', 'reindex')).out).toContain('3 tasks from')
})

it('claims: one winner with exit code 0, the other 1; then the past', async () => {
  const { task } = await json<Changed>('work', 'claim', 'bug', 'One', '--agent', 'a', '--team', 'web')
  expect(await ask('work', 'claim', 'bug', 'One', '--agent', 'b')).toMatchObject({ exit: 1, out: '' })
  expect(await json('work', 'claim', '--id', task.id, '--agent', 'b')).toMatchObject({
    error: { code: 'ALREADY_CLAIMED' },
  })
  expect((await json<Changed>('work', 'progress', task.id, '0', '--agent', 'a')).task.progress).toBe(0)
  expect((await ask('work', 'progress', task.id, '101', '--agent', 'a')).exit).toBe(2)
  expect((await ask('work', 'list', '--claimed')).out).toContain('a, 30 min left')
  // Of one task, which may be one of the past, a lease's end is told.
  expect((await ask('task', 'get', task.id)).out).toMatch(/claim +a, until \d/)
  expect((await ask('team', 'set', 'web', '--wip-limit', '1')).out).toContain('at most 1')
  expect((await ask('work', 'claim', 'bug', 'Two', '--team', 'web')).err).toContain('at its limit')
  expect((await ask('team', 'list')).out).toMatch(/web +1 +1/)
  expect((await ask('work', 'complete', task.id, '--score', '0.5', '--agent', 'a')).exit).toBe(0)
  expect((await ask('work', 'stats')).out).toMatch(/web +0 of 1 +1 +0 +100%/)
  expect((await ask('state', 'task', task.id, '--at', '+0s')).out).toContain('One')
  expect((await ask('state', 'task', task.id, '--at', '1970-01-02')).exit).toBe(1)
  expect((await ask('work', 'claim', 'bug')).exit).toBe(2)
  expect((await ask('work', 'claim', 'bug', 'X', '--carrier', 'nonsense')).err).toContain('--carrier')
})

it('lists work as a table, as JSON and as CSV, with the traces that changed it', async () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
  const carrier = ['--carrier', `00-${trace}-00f067aa0ba902b7-01`]
  await ask('work', 'claim', 'bug', '=SUM("1", 2)', '--team', 'web', '--agent', 'ada', ...carrier)
  await ask('work', 'claim', 'bug', 'Two', '--agent', 'bob')
  const csv = (await ask('work', 'list', '--format', 'csv', '--show-traces')).out.split('\r\n')
  expect(csv[0]).toMatch(/^id,title,type,status,/)
  expect(csv[1]).toMatch(/,"'=SUM\(""1"", 2\)",bug,in_progress,medium,web,ada,/)
  expect(csv[1]).toContain(trace)
  expect(csv).toHaveLength(4)
  const { rows } = JSON.parse((await ask('work', 'list', '--format', 'json', '--show-traces')).out) as {
    rows: { traces: string[] }[]
  }
  expect(rows[0]!.traces).toEqual([trace])
  expect((await ask('work', 'list', '--show-traces')).out).toContain(trace.slice(0, 12))
  expect((await ask('work', 'list')).out).not.toContain('TRACES')
})

it('lists the agents that work on tasks, and those that may', async () => {
  expect((await ask('agent', 'list')).out).toContain('No agent has claimed')
  await ask('work', 'claim', 'bug', 'One', '--team', 'web', '--agent', 'ada')
  await ask('work', 'complete', 'one', '--agent', 'ada')
  await ask('work', 'claim', 'bug', 'Two', '--team', 'api', '--agent', 'ada')
  writeFileSync(join(folder, 'home/policies.yaml'), 'agents: [ada, bob]\n')
  expect(await json('agent', 'list')).toMatchObject({
    rows: [
      { agent: 'ada', teams: ['web', 'api'], claimed: 1, claims: 2, completed: 1, failed: 0 },
      { agent: 'bob', teams: [], claimed: 0, claims: 0, lastHeard: null },
    ],
  })
  expect((await json<{ rows: unknown[] }>('agent', 'list', '--team', 'api')).rows).toHaveLength(1)
})
