import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  at,
  event,
  log,
  origin,
  smallLedger,
  type SmallLedger,
  span,
  traceId,
} from '../query/testing/small-ledger.ts'
import { paramsOf, QUERIES, queryNamed } from '../query/index.ts'
import { ASKING } from './commands.ts'
import { run } from './testing/run.ts'

process.env['TZ'] = 'UTC'

let ledger: SmallLedger
beforeEach(() => {
  ledger = smallLedger()
})
afterEach(() => ledger.remove())

const shop = origin('shop')
const ask = (...argv: string[]) => run(argv, { home: ledger.dir, columns: 80 })
const fill = (): void => {
  ledger.segment('spans', [
    shop,
    span(1, 1, { name: 'GET /cart', start: at(0), in: shop.origin }),
    span(2, 2, { name: 'POST \u001b[31m/order', status: 'error', start: at(10), in: shop.origin }),
  ])
  ledger.segment('logs', [shop, log(0, { severity: 17, body: 'it broke\u001b[2J', in: shop.origin })])
  ledger.segment('events', [event(1, 'Happened', 'a', 1), event(2, 'Happened', 'b', 1)], {
    name: '00000000000000000001',
  })
}

const coloured = (options: object, ...argv: string[]) =>
  run(['traces', ...argv], { home: ledger.dir, tty: true, ...options }).then(({ out }) =>
    out.includes('\u001b['),
  )

describe('answers', () => {
  it('are drawn for people, cut where it is told', async () => {
    fill()
    const { exit, out, err } = await ask('traces', '--limit', '1')
    expect(exit).toBe(0)
    expect(out).toMatch(
      /^TRACE +NAME +SERVICE +STARTED +TOOK +SPANS +ERRORS\n000000020000  POST \/order  shop /,
    )
    expect(err).toBe('cut at 1: there is more, --limit N shows it\n')
    ledger.segment('spans', [shop, span(1, 3, { start: at(1), in: shop.origin })])
    const tree = await ask('trace', 'show', traceId(1), '--limit', '1')
    expect([tree.out.match(/--limit N/g), tree.err]).toEqual([['--limit N'], ''])
  })

  it('are one JSON value with --json, and say themselves that they were cut', async () => {
    fill()
    const { exit, out, err } = await ask('traces', '--limit', '1', '--json')
    expect(exit).toBe(0)
    expect(out.endsWith('\n')).toBe(true)
    expect(JSON.parse(out)).toMatchObject({
      rows: [{ traceId: traceId(2), name: 'POST \u001b[31m/order' }],
      cut: true,
      limit: 1,
    })
    expect(err).toBe('')
  })

  it('that stream are JSON Lines', async () => {
    fill()
    const { exit, out } = await ask('events', 'export')
    expect(exit).toBe(0)
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { position: number }).position),
    ).toEqual([1, 2])
  })

  const needed: Record<string, string> = { 'events query': ' Session*', 'state diff': ' --from 1h' }
  it.each(
    ASKING.filter(
      ({ path, query }) =>
        queryNamed(query).effect !== 'writes' &&
        query !== 'runs.logs' &&
        !['sql', 'export', 'show', 'follow', 'state', 'get', 'search', 'task', 'reconcile'].includes(
          path.at(-1)!,
        ),
    ).map(({ path }) => path.join(' ') + (needed[path.join(' ')] ?? '')),
  )('of an empty home: %s', async (words) => {
    const human = await ask(...words.split(' '))
    expect(human).toMatchObject({ exit: 0, err: '' })
    const json = await ask(...words.split(' '), '--json')
    expect(json.exit).toBe(0)
    const values = json.out.split('\n').filter((line) => line !== '')
    expect(values.map((line) => typeof JSON.parse(line))).toEqual(
      ['events export', 'watch'].includes(words) ? [] : ['object'],
    )
  })

  it('carry nothing that a terminal takes for a command', async () => {
    fill()
    for (const argv of [
      ['traces'],
      ['logs'],
      ['trace', 'show', traceId(2)],
      ['sql', 'SELECT name, body FROM spans FULL JOIN logs USING (trace_id)'],
      ['events', 'list'],
      ['status'],
    ])
      expect((await ask(...argv)).out.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  })

  it('have colours on a terminal only, and not when they are not wanted', async () => {
    fill()
    expect(await coloured({})).toBe(true)
    expect(await coloured({ tty: false })).toBe(false)
    expect(await coloured({}, '--no-color')).toBe(false)
    expect(await coloured({ env: { NO_COLOR: '1' } })).toBe(false)
    expect(await coloured({ env: { TERM: 'dumb' } })).toBe(false)
  })

  it('come from the daemon where one runs, except what writes or streams', async () => {
    fill()
    const asked: string[] = []
    const connect = () =>
      Promise.resolve({
        run: (name: string) => (
          asked.push(name),
          Promise.resolve({ rows: [], cut: false, limit: 1, total: 0 })
        ),
      })
    await run(['traces'], { home: ledger.dir, connect })
    await run(['sessions', '--json'], { home: ledger.dir, connect })
    expect((await run(['events', 'export'], { home: ledger.dir, connect })).out.split('\n')).toHaveLength(3)
    expect(asked).toEqual(['traces', 'sessions'])
  })

  it('are asked of a daemon with times as they are where the question is', async () => {
    const asked: unknown[] = []
    const connect = () =>
      Promise.resolve({
        run: (_name: string, params: unknown) => (
          asked.push(params),
          Promise.resolve({ refused: 'UNKNOWN_TASK', message: 'it is gone', next: 'none' })
        ),
      })
    const asking = async (line: string) =>
      run(line.split(' '), { home: ledger.dir, connect, nowMs: () => Date.UTC(2026, 10, 21, 2) })
    process.env['TZ'] = 'America/New_York'
    try {
      await asking('traces --since 2026-11-21T14:00 --until 2026-11-21T14:00Z')
      await asking('state session last --at yesterday')
      await asking('state diff --from today --to 2h')
      await asking('state session last --at +1m')
    } finally {
      process.env['TZ'] = 'UTC'
    }
    expect(asked).toMatchObject([
      { since: '2026-11-21T19:00:00.000000000Z', until: '2026-11-21T14:00Z' },
      { at: '2026-11-19T05:00:00.000000000Z' },
      { from: '2026-11-20T05:00:00.000000000Z', to: '2h' },
      { at: '+1m' },
    ])
  })

  it('take every --since, --until and --at for a time', () => {
    const named = Object.values(QUERIES).flatMap(({ params }) => paramsOf(params))
    for (const { name, value, isTime } of named)
      expect([name, isTime === true]).toEqual([
        name,
        value === 'TIME' || ['since', 'until', 'at'].includes(name),
      ])
  })
})

describe('exit codes', () => {
  it.each<string[][]>([[['--help']], [['traces', '--help']], [[]], [['--version']]])(
    '0 for %j',
    async (argv) => {
      expect(await ask(...argv)).toMatchObject({ exit: 0, err: '', out: expect.stringMatching(/./) })
    },
  )

  it.each<[number, string[]]>([
    [1, ['trace', 'show', 'f'.repeat(32)]],
    [1, ['session', 'show', 'nobody']],
    [1, ['metrics', 'nothing']],
    [2, ['trcaes']],
    [2, ['traces', '--sinze', '1h']],
    [2, ['traces', '--since', 'noon']],
    [2, ['traces', '--limit', '0']],
    [2, ['traces', 'too', 'many']],
    [2, ['trace']],
    [2, ['trace', 'show']],
    [2, ['trace', 'shwo', 'x']],
    [2, ['trace', 'show', 'xyz']],
    [2, ['sql', 'DROP VIEW spans']],
    [2, ['up', '--port', '70000']],
    [2, ['export', 'spans']],
    [2, ['import']],
  ])('%i for %j', async (exit, argv) => {
    const human = await ask(...argv)
    expect([human.exit, human.out]).toEqual([exit, ''])
    // One line what and where, then what to do next.
    expect(human.err).toMatch(/^spanledger: \S.*\n(?: {2}.*\n)+$/)
    const json = await ask(...argv, '--json')
    expect(json.exit).toBe(exit)
    expect(JSON.parse(json.err)).toMatchObject({
      error: { code: expect.any(String), message: expect.any(String), next: expect.any(String) },
    })
  })

  it('1 when verify found damage, or import left something out', async () => {
    ledger.segment('spans', [shop, 'damage'])
    expect(await ask('verify')).toMatchObject({
      exit: 1,
      out: expect.stringMatching(/✗ 1 finding\n.*\n {2}damagedLine .* at byte \d+/),
    })
    const file = join(ledger.dir, 'bad.jsonl')
    writeFileSync(file, '{"resourceSpans":5}\n')
    expect(await ask('import', file)).toMatchObject({ exit: 1, out: expect.stringContaining('line 1: ') })
  })

  it('3 where standard output is a full disk', async () => {
    const stdout = {
      write() {
        throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
      },
    }
    for (const argv of [['status'], ['events', 'export'], ['--help']]) {
      fill()
      expect(await run(argv, { home: ledger.dir, stdout })).toMatchObject({
        exit: 3,
        err: 'spanledger: no space left\n  make room on the disk, then try again\n',
      })
    }
  })

  it('3 for what would have to be written into a home that is only read', async () => {
    const refused = { refused: 'HOME_READ_ONLY', message: 'it is', next: 'elsewhere' }
    const open = () => Promise.resolve({ run: () => Promise.resolve(refused) })
    for (const name of ['seal', 'rebuild', 'retention'])
      expect(await run([name], { home: '/a', open })).toMatchObject({ exit: 3 })
  })

  it('3 for a home that is not there, is newer, or is no home', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'spanledger-cli-'))
    try {
      writeFileSync(join(folder, 'home.json'), '{"spanledger":99}')
      expect(await run(['status'], { home: folder })).toMatchObject({
        exit: 3,
        err: expect.stringContaining('install the newest spanledger'),
      })
      writeFileSync(join(folder, 'home.json'), 'x')
      expect(await run(['status', '--json'], { home: folder })).toMatchObject({
        exit: 3,
        err: expect.stringContaining('"next":"put {'),
      })
      const missing = await run(['status'], {
        home: join(folder, 'none'),
        open: (home) =>
          Promise.reject(Object.assign(new Error(`there is no ledger at ${home}`), { code: 'HOME_MISSING' })),
      })
      expect(missing).toMatchObject({
        exit: 3,
        err: expect.stringContaining('start recording with spanledger up'),
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('3 with its stack for a bug, so that it can be reported', async () => {
    const { exit, err } = await run(['status'], {
      home: ledger.dir,
      open: () => Promise.reject(new TypeError('x is undefined')),
    })
    expect(exit).toBe(3)
    expect(err).toMatch(/this is a bug in spanledger: TypeError: x is undefined\n +at /)
  })
})

describe('mistakes', () => {
  it('suggest what was meant', async () => {
    expect((await ask('trcaes')).err).toContain('Did you mean traces?')
    expect((await ask('traces', '--sinze', '1h')).err).toContain('Did you mean --since?')
    expect((await ask('events', 'folow')).err).toContain('Did you mean follow?')
  })

  it('point to the help of the command that was meant', async () => {
    expect((await ask('session', 'show')).err).toContain('see spanledger session show --help')
    expect((await ask('session')).err).toContain('see spanledger session --help')
    expect((await ask('traces', '--sinze', '1h')).err).toContain('see spanledger traces --help')
    expect((await ask('trcaes')).err).toContain('see spanledger --help')
  })

  it('show plans as they are drawn, and numbers whole', async () => {
    expect((await ask('sql', 'EXPLAIN SELECT 1')).out).toMatch(/^┌─+┐\n│/)
    const wide = `SELECT 9007199254740993 AS n, ${Array.from({ length: 9 }, (_, i) => `'a longer text' AS c${i}`).join(', ')}`
    expect((await ask('sql', wide)).out).toContain('9007199254740993')
  })

  it('in SQL are shown where they are', async () => {
    expect((await ask('sql', 'SELECT nope FROM spans')).err).toContain(
      '  LINE 1: SELECT nope FROM spans\n                 ^\n',
    )
  })
})

describe('the home', () => {
  it('is the option, else the variable, else the folder of the user', async () => {
    const homes: string[] = []
    const open = (home: string) => (
      homes.push(home),
      Promise.reject(Object.assign(new Error('no'), { code: 'ENOENT' }))
    )
    await run(['status', '--home', '/a'], { open, env: { SPANLEDGER_HOME: '/b' } })
    await run(['--home', '/a', 'status'], { open })
    await run(['status'], { open, env: { SPANLEDGER_HOME: '/b' } })
    await run(['status'], { open, homeFolder: '/users/me' })
    await run(['status', '--home', 'relative'], { open })
    expect(homes).toEqual(['/a', '/a', '/b', '/users/me/.spanledger', join(process.cwd(), 'relative')])
  })

  it('is never the working directory because a variable was empty', async () => {
    expect(await run(['status', '--home', ''])).toMatchObject({
      exit: 2,
      err: expect.stringContaining('--home'),
    })
    expect(await run(['status'], { homeFolder: '' })).toMatchObject({
      exit: 3,
      err: expect.stringContaining('HOME is empty\n  give a folder with --home DIR'),
    })
  })

  it('is made by import, and by no question', async () => {
    const asked: unknown[] = []
    const open = (_: string, options?: object) => (
      asked.push(options),
      Promise.reject(Object.assign(new Error('no'), { code: 'ENOENT' }))
    )
    await run(['traces', '--home', '/a'], { open })
    for (const line of ['commits', 'worktree list', 'pr tie 12 --branch x', 'work complete x'])
      await run([...line.split(' '), '--home', '/a'], { open })
    await run(['import', 'x', '--home', '/a'], { open })
    expect(asked).toEqual([...Array.from({ length: 5 }, () => ({ create: false })), { create: true }])
  })
})

const portInUse = () =>
  Promise.reject(Object.assign(new Error('port 4318 is in use'), { code: 'PORT_IN_USE' }))

describe('up and demo', () => {
  it('are handed their options', async () => {
    const given: unknown[] = []
    const up = (options: object) => (given.push(options), Promise.resolve())
    await run(
      ['up', '--otlp-http-port', '0', '--otlp-grpc-port', '4317', '--port', '1', '--home', '/a', '--json'],
      { up },
    )
    await run(['up', '--home', '/a'], { up })
    expect(given).toEqual([
      { home: '/a', otlpHttpPort: 0, otlpGrpcPort: 4317, port: 1, json: true },
      { home: '/a', json: false },
    ])
  })

  it('tell their faults like any other command', async () => {
    expect(await run(['up', '--home', '/a'], { up: portInUse })).toMatchObject({
      exit: 3,
      err: 'spanledger: port 4318 is in use\n  give another port, or 0 for any free one\n',
    })
  })

  it('lets the demo ask', async () => {
    const { exit, out } = await run(['demo'], {
      demo: async (again) => void (await again(['status', '--home', ledger.dir])),
    })
    expect([exit, out]).toEqual([0, expect.stringContaining('KIND')])
  })
})

describe('help', () => {
  it('is also a command', async () => {
    expect(await run(['help'])).toEqual(await run(['--help']))
    expect(await run(['help', 'trace', 'show'])).toEqual(await run(['trace', 'show', '--help']))
    expect((await run(['help'])).out).toContain('Commands:')
  })

  it('is no answer in JSON', async () => {
    const { exit, out, err } = await run(['--json'])
    expect([exit, out]).toEqual([2, ''])
    expect(JSON.parse(err)).toMatchObject({ error: { message: 'a command is missing' } })
  })

  it('names all that a run is stopped for', async () => {
    const { out } = await run(['run', '--help'], { columns: 200 })
    for (const what of ['stuck', 'runaway', 'budget', 'turns', 'context'])
      expect(out.slice(out.indexOf('--stop-when'))).toContain(what)
  })
})

it('refuses in words what is no number, no title and no trace', async () => {
  expect((await ask('task', 'create', 'x', '--story-points', 'abc')).err).toContain(
    '--story-points: "abc" must be a number',
  )
  expect((await ask('work', 'complete', 'x', '--score', 'abc')).err).toContain('"abc" must be a number')
  expect((await ask('task', 'create', '  ')).err).toContain('title: "  " must not be blank')
  expect(await ask('logs', '--trace', 'zz')).toMatchObject({
    exit: 2,
    err: expect.stringContaining('"zz" is no trace id'),
  })
  fill()
  expect((await ask('logs', '--trace', 'last')).exit).toBe(0)
})

describe('a closed pipe', () => {
  it('is enough, not an error', async () => {
    ledger.segment(
      'events',
      Array.from({ length: 100 }, (_, i) => event(i + 1, 'E', 'a', i + 1)),
      { name: '00000000000000000001' },
    )
    let written = 0
    const stdout = {
      write() {
        if (++written === 3) throw Object.assign(new Error('closed'), { code: 'EPIPE' })
        return true
      },
    }
    expect((await run(['events', 'export'], { home: ledger.dir, stdout })).exit).toBe(0)
    expect(written).toBe(3)
  })
})

it('names options as they are typed, and in help only those that a command takes', async () => {
  const { err, exit } = await ask('traces', '--min-duration', 'abc')
  expect([exit, err]).toEqual([
    2,
    'spanledger: --min-duration: "abc" is no duration: 250us, 20ms, 1.5s, 2m, 1h\n  see --help for what --min-duration takes\n',
  ])
  const { out } = await run(['state', 'diff', '--help'])
  expect(out).toContain('--home')
  expect(out).not.toContain('--at')
})

it('reads a home it may not write to', async (test) => {
  if (process.getuid?.() === 0) test.skip('root may write anywhere')
  fill()
  chmodSync(join(ledger.dir, 'index'), 0o500)
  expect((await ask('traces')).exit).toBe(0)
})
