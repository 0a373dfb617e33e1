import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Family } from '../run/index.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/spanledger.js', import.meta.url))

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'spanledger-detached-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function spanledger(...words: string[]): Promise<{ exit: number | null; out: string; err: string }> {
  const env = { ...process.env, SPANLEDGER_HOME: join(dir, 'home') }
  const child = spawn(process.execPath, [PROGRAM, ...words], {
    cwd: dir,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    // As a terminal that is closed would end all that is its own.
    detached: true,
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => (out += chunk))
  child.stderr.on('data', (chunk) => (err += chunk))
  return new Promise((resolve) =>
    child.on('close', (exit) => {
      try {
        process.kill(-child.pid!, 'SIGHUP')
      } catch {
        // Nothing of it is left.
      }
      resolve({ exit, out, err })
    }),
  )
}

const shown = async (id: string): Promise<Record<string, unknown>> =>
  JSON.parse((await spanledger('runs', 'show', id, '--json')).out) as Record<string, unknown>

/** Says hello, and ends with 9 when it is told to end. */
const WAITING = [
  '--',
  process.execPath,
  '-e',
  `process.on('SIGTERM', () => { console.log('told to end'); process.exit(9) }); console.log('hello'); setInterval(() => {}, 1000)`,
]

it('goes on by itself, is told what it printed and how it is, and ends when it is told to', async () => {
  const started = await spanledger('run', '--detach', '--retries', '2', ...WAITING)
  const id = started.out.trim()
  expect(started).toMatchObject({ exit: 0, out: expect.stringMatching(/^[0-9a-f-]{36}\n$/) })
  // What it was started with is gone by now.
  expect(await shown(id)).toMatchObject({ status: 'running', mode: 'detached', endedAt: null })
  const following = spanledger('runs', 'logs', id, '--follow')
  while (!(await spanledger('runs', 'logs', id)).out.includes('hello')) await sleep(50)
  expect(await spanledger('runs', 'stop', id)).toMatchObject({ exit: 0, out: `run ${id} stopped\n` })
  expect(await following).toMatchObject({
    exit: 0,
    out: 'hello\ntold to end\n',
  })
  expect(await shown(id)).toMatchObject({
    status: 'stopped',
    exitCode: 9,
    attempts: 1,
    tries: [{ retryInMs: null }],
  })
  expect(await spanledger('runs', 'stop', id)).toMatchObject({
    exit: 1,
    err: expect.stringContaining('is not at work'),
  })
}, 30_000)

it.each([
  ['stop', `process.on('SIGTERM', () => process.exit())`],
  ['stop --force', `process.on('SIGTERM', () => {})`],
])(
  '%s ends what the command started too, and begins nothing more of it',
  async (words, onSignal) => {
    const agent = `${onSignal}; console.log('pid', process.pid); setInterval(() => {}, 1000)`
    const shell = `${process.execPath} -e "${agent}"; echo went on`
    const id = (await spanledger('run', '--detach', '--retries', '2', '--', 'sh', '-c', shell)).out.trim()
    const printed = async () => (await spanledger('runs', 'logs', id)).out
    while (!(await printed()).includes('pid')) await sleep(50)
    const pid = Number((await printed()).slice('pid '.length))
    expect(await spanledger('runs', ...words.split(' '), id)).toMatchObject({
      exit: 0,
      out: expect.stringContaining('stopped'),
    })
    expect(new Family(pid).present()).toEqual([])
    expect(await printed()).not.toContain('went on')
  },
  30_000,
)

it('is refused and fails to start as any run', async () => {
  await spanledger('work', 'claim', 'bug', 'Fix it', '--agent', 'codex-1')
  const { rows } = JSON.parse((await spanledger('work', 'list', '--json')).out) as { rows: { id: string }[] }
  expect(await spanledger('run', '--detach', '--task', rows[0]!.id, ...WAITING)).toMatchObject({
    exit: 1,
    out: '',
    err: expect.stringContaining('is claimed by codex-1'),
  })
  expect(await spanledger('run', '--detach', '--', 'no-such-program')).toMatchObject({
    exit: 3,
    err: expect.stringContaining('"no-such-program" could not be started'),
  })
}, 30_000)

it('is lost when its recording process is killed, and says so', async () => {
  const { out } = await spanledger('run', '--detach', '--json', ...WAITING)
  const { run, pid } = JSON.parse(out) as { run: string; pid: number }
  const { tries } = (await shown(run)) as { tries: { pid: number }[] }
  expect(tries).toMatchObject([{ pid }])
  const stop = await spanledger('runs', 'stop', run, '--force')
  expect(stop).toMatchObject({ exit: 0, out: expect.stringContaining(`run ${run} stopped`) })
  const again = JSON.parse((await spanledger('run', '--detach', '--json', ...WAITING)).out) as typeof JSON & {
    run: string
    pid: number
  }
  const live = JSON.parse(readFileSync(join(dir, 'home/run', `active-${again.run}.json`), 'utf8')) as {
    process: { pid: number }
  }
  process.kill(live.process.pid, 'SIGKILL')
  process.kill(again.pid, 'SIGKILL')
  // The system takes a moment to let go of a process.
  while ((await shown(again.run))['status'] === 'running') await sleep(50)
  expect(await shown(again.run)).toMatchObject({ status: 'lost', endedAt: null })
}, 30_000)
