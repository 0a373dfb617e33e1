import { expect, it } from 'vitest'
import { runCli, type CliHost, type RunOptions } from '../cli/index.ts'
import { startRun } from './run-start.ts'

/** Small and repeatable: the same seed gives the same command lines. */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const WORDS = [
  [
    'run',
    'run',
    'run',
    '--',
    '--',
    '--json',
    '--no-color',
    '--home',
    '--task',
    '--on-success',
    '--worktree',
    '--retries',
  ],
  [
    '--detach',
    '--help',
    '-h',
    '-V',
    '--bad',
    '--task=7',
    'up',
    'sessions',
    '',
    'x',
    'done',
    'keep',
    '0',
    '1',
    '3',
  ],
].flat()

const nothing = () => Promise.reject(new Error('not asked for'))

/** What the whole command line makes of the same words. */
async function parsed(argv: string[]): Promise<RunOptions | undefined> {
  let asked: RunOptions | undefined
  const host: CliHost = {
    up: nothing,
    demo: nothing,
    settings: nothing,
    open: nothing,
    run(options) {
      asked = options
      return Promise.resolve({ run: '', attempts: 1, exitCode: 0, signal: null, durationMs: 0 })
    },
    version: '1',
    env: {},
    homeFolder: '/home/me',
    nowMs: () => 0,
    stdout: { write: () => true },
    stderr: { write: () => true },
  }
  await runCli(argv, host)
  return asked
}

const start = (options: RunOptions) => Promise.resolve(options)

it('starts ahead only what the whole command line would start in the same way', async () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  const next = random(seed)
  let ahead = 0
  for (let i = 0; i < 400; i++) {
    const argv = Array.from({ length: 1 + next(8) }, () => WORDS[next(WORDS.length)]!)
    if (next(2) === 0) argv.unshift('run')
    const started = await startRun(argv, { env: {}, homeFolder: '/home/me' }, (options) =>
      Promise.resolve(options),
    )
    if (started === undefined) continue
    ahead++
    expect(started, `FUZZ_SEED=${seed}: ${JSON.stringify(argv)}`).toEqual(await parsed(argv))
  }
  expect(ahead).toBeGreaterThan(5)
})

it.each([
  [['run', '--', 'claude', '-p', 'hi'], { command: ['claude', '-p', 'hi'], home: '/home/me/.spanledger' }],
  [
    [
      '--home',
      '/h',
      'run',
      '--json',
      '--task',
      '7',
      '--on-success',
      'reviewing',
      '--retries',
      '2',
      '--',
      'npm',
      '--home',
    ],
    { command: ['npm', '--home'], home: '/h', task: '7', onSuccess: 'reviewing', retries: 2 },
  ],
])('understands %j', async (argv, expected) => {
  expect(await startRun(argv, { env: {}, homeFolder: '/home/me' }, start)).toEqual(expected)
  expect(await parsed(argv)).toEqual(expected)
})

it.each([
  [['run', 'npm', 'test']],
  [['run', '--help']],
  [['run', '--']],
  [['run', '--retries', '3', '--', 'x']],
  [['run', '--task=7', '--', 'x']],
  [['sessions', '--', 'run', '--', 'x']],
])('leaves %j to the whole command line', (argv) => {
  expect(startRun(argv, { env: {}, homeFolder: '/home/me' }, () => Promise.resolve())).toBeUndefined()
})
