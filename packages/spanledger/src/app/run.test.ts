import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { smallRepository, type SmallRepository } from '../worktrees/testing/small-repository.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/spanledger.js', import.meta.url))

let dir: string
let repository: SmallRepository
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'spanledger-run-'))
  repository = smallRepository()
})
afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
  repository.remove()
})

interface Ran {
  exit: number | null
  out: string
  err: string
}

/** onOutput  is given the process once it has printed something */
function spanledger(
  words: string[],
  { env = {}, onOutput }: { env?: Record<string, string>; onOutput?: (pid: number) => void } = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [PROGRAM, ...words], {
    cwd: repository.shop,
    env: { ...process.env, SPANLEDGER_HOME: join(dir, 'home'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => {
    out += chunk
    onOutput?.(child.pid!)
  })
  child.stderr.on('data', (chunk) => (err += chunk))
  return new Promise((resolve) => child.on('close', (exit) => resolve({ exit, out, err })))
}

/** A program that does what the text says, as its own process. */
function program(text: string): string[] {
  const path = join(dir, 'program.mjs')
  writeFileSync(path, text)
  return ['--', process.execPath, path]
}

const events = async (): Promise<{ event: string; data: Record<string, unknown> }[]> =>
  (JSON.parse((await spanledger(['events', 'list', '--json'])).out) as { rows: never[] }).rows

const json = async (...words: string[]): Promise<Record<string, unknown>> =>
  JSON.parse((await spanledger([...words, '--json'])).out) as Record<string, unknown>
const claim = (...words: string[]) => spanledger(['work', 'claim', 'bug', 'Fix the login', ...words])
const toldOfTasks = async (): Promise<unknown[]> =>
  (await events())
    .filter(({ event }) => event.startsWith('Task') || event === 'RunStarted')
    .map(({ event, data }) => [event, data['outcome'] ?? data['to'] ?? data['task']])

/** Sends one span by hand, as any OpenTelemetry SDK that reads the standard variables would. */
const SENDING = `
  const [, trace, parent] = process.env.TRACEPARENT.split('-')
  const attributes = process.env.OTEL_RESOURCE_ATTRIBUTES.split(',').map((pair) => pair.split('='))
    .map(([key, value]) => ({ key, value: { stringValue: decodeURIComponent(value) } }))
  const span = { traceId: trace, spanId: '00f067aa0ba902b7', parentSpanId: parent, name: 'GET /cart', startTimeUnixNano: '1795219200000000000', endTimeUnixNano: '1795219200001000000' }
  const body = JSON.stringify({ resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: [span] }] }] })
  const answer = await fetch(process.env.OTEL_EXPORTER_OTLP_ENDPOINT + '/v1/traces', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  console.log(answer.status)
`

const SDK = fileURLToPath(new URL('../../../sdk/dist/api/', import.meta.url))

describe('run of a program with our SDK', () => {
  it.each(['', 'process.exit(0)'])(
    'is one trace with its spans, whether it ends with "%s" or not',
    async (end) => {
      const path = join(dir, 'program.mjs')
      const text = `const { record } = await import('${SDK}index.js'); record('work', () => {}); ${end}`
      writeFileSync(path, text)
      const { exit, err } = await spanledger([
        'run',
        '--task',
        'T 7',
        '--',
        process.execPath,
        '--import',
        `${SDK}register.js`,
        path,
      ])
      expect([exit, err]).toEqual([0, expect.not.stringContaining('Warning')])
      const query = `SELECT s.name, p.name AS parent, s.resource->>'$."spanledger.task.id"' AS task
      FROM spans s JOIN spans p ON s.parent_span_id = p.span_id AND s.trace_id = p.trace_id`
      const { rows } = JSON.parse((await spanledger(['sql', query, '--json'])).out) as { rows: object[] }
      expect(rows).toMatchObject([{ name: 'work', parent: 'run node', task: 'T 7' }])
    },
  )
})

describe('run', () => {
  it('records what a command sends, what it changed, and itself as the parent of its spans, without a daemon', async () => {
    const ran = await spanledger([
      'run',
      '--task',
      'T 7',
      ...program(
        `${SENDING}
        const { writeFileSync } = await import('node:fs')
        const { execFileSync } = await import('node:child_process')
        writeFileSync('new.txt', 'one\\ntwo\\n')
        execFileSync('git', ['add', '-A'])
        execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', 'commit', '-qm', 'work'])
        writeFileSync('a.txt', 'changed\\n')`,
      ),
    ])
    expect(ran).toMatchObject({ exit: 0, out: '200\n' })
    const [started, ended] = await events()
    expect(started).toMatchObject({
      event: 'RunStarted',
      data: {
        attempt: 1,
        program: 'node',
        agent: null,
        task: 'T 7',
        git: { worktree: 'main', branch: 'main' },
      },
    })
    expect(ended).toMatchObject({
      event: 'RunEnded',
      data: {
        exitCode: 0,
        signal: null,
        git: { commits: [expect.any(String)], files: 2, linesAdded: 3, linesRemoved: 30 },
        received: { spans: 1, logs: 0, metrics: 0 },
      },
    })
    const trace = (started!.data['traceparent'] as string).slice(3, 35)
    const { out } = await spanledger(['trace', 'show', trace])
    expect(out).toMatch(/run node[^]*GET \/cart/)
    const { rows } = JSON.parse(
      (
        await spanledger([
          'sql',
          'select resource->>\'$."spanledger.task.id"\' as task, resource->>\'$."spanledger.run.id"\' as run from spans',
          '--json',
        ])
      ).out,
    ) as { rows: object[] }
    const tied = { task: 'T 7', run: started!.data['run'] }
    expect(rows).toEqual([tied, tied])
  })

  it('ends as the command ends, and passes on its words and signals', async () => {
    expect(await spanledger(['run', ...program('process.exit(7)'), '--json', '-x'])).toMatchObject({
      exit: 7,
      err: expect.stringContaining('ended with 7'),
    })
    expect(
      (
        await spanledger([
          'run',
          ...program('console.log(process.argv.slice(2).join())'),
          '--json',
          '--home',
          'x',
        ])
      ).out,
    ).toBe('--json,--home,x\n')
    const killed = await spanledger(
      [
        'run',
        '--json',
        ...program(
          `process.on('SIGTERM', () => process.exit(5)); console.log('up'); setInterval(() => {}, 1000)`,
        ),
      ],
      { onOutput: (pid) => process.kill(pid, 'SIGTERM') },
    )
    expect([killed.exit, JSON.parse(killed.err)]).toEqual([
      5,
      expect.objectContaining({ exitCode: 5, attempts: 1 }),
    ])
    const missing = await spanledger(['run', '--', 'no-such-program'])
    expect(missing).toMatchObject({
      exit: 3,
      err: expect.stringContaining('"no-such-program" could not be started'),
    })
  })

  it('tells the command which home it is recorded in', async () => {
    const home = join(dir, 'another')
    const { out } = await spanledger([
      '--home',
      home,
      'run',
      ...program('console.log(process.env.SPANLEDGER_HOME)'),
    ])
    expect(out).toBe(`${home}\n`)
  })

  it.each([
    ['damaged', () => writeFileSync(join(dir, 'home/home.json'), '{bad')],
    ['no folder', () => writeFileSync(join(dir, 'home/run'), '')],
  ])('starts nothing and ends where the home is %s', async (_, damage) => {
    mkdirSync(join(dir, 'home'))
    damage()
    expect(await spanledger(['run', '--', 'echo', 'ran'])).toMatchObject({ exit: 3, out: '' })
  })

  it('says where telemetry goes when an endpoint is set already', async () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }
    const { exit, out, err } = await spanledger(
      ['run', ...program('console.log(process.env.OTEL_EXPORTER_OTLP_ENDPOINT)')],
      { env },
    )
    expect([exit, out]).toEqual([0, 'http://127.0.0.1:1\n'])
    expect(err).toContain('what the command sends goes to http://127.0.0.1:1, not here')
  })

  it('ends the sessions of agents that did not say how they ended, as the run ended; what somebody says by hand stays', async () => {
    const agent = SENDING.replace('GET /cart', 'chat gpt-x')
      .replace(
        'parentSpanId: parent,',
        `parentSpanId: parent, attributes: Object.entries({ 'gen_ai.operation.name': 'chat',
        'gen_ai.conversation.id': 'talk-1', 'gen_ai.request.model': 'gpt-x' }).map(([key, value]) => ({ key, value: { stringValue: value } })),`,
      )
      .replaceAll('17952192000', String(Date.now()).slice(0, 10) + '0')
      .replaceAll('17952192', String(Date.now()).slice(0, 8))
    await spanledger(['run', '--task', 'T 7', ...program(`${agent}; process.exit(3)`)])
    const show = async () =>
      JSON.parse((await spanledger(['session', 'show', 'talk-1', '--json'])).out) as object
    expect(await show()).toMatchObject({ status: 'failed', task: 'T 7', ties: [] })
    const told = (await events()).find(({ event }) => event === 'SessionFailed')
    expect(told).toMatchObject({ data: { session: 'talk-1', source: 'run', exitCode: 3, error: 'exit 3' } })
    expect(await spanledger(['session', 'untie', 'talk-1'])).toMatchObject({
      exit: 0,
      out: 'session talk-1 belongs to no task and no run\n',
    })
    expect(await spanledger(['session', 'tie', 'talk-1', '--task', 'nothing'])).toMatchObject({ exit: 1 })
    await spanledger(['session', 'tie', 'talk-1', '--run', (told!.data['run'] as string).slice(0, 30)])
    expect(await show()).toMatchObject({
      task: 'T 7',
      ties: [{ by: 'hand', confidence: 1, because: 'said by hand' }],
    })
    const cost = JSON.parse((await spanledger(['cost', '--by', 'task', '--json'])).out) as { rows: object[] }
    expect(cost.rows).toMatchObject([{ key: 'T 7', sessions: 1 }])
  }, 20_000)

  describe('for a task', () => {
    /** Of work of that type and title, wherever it is claimed. */
    const ID = 'fix-the-login-6928ea'

    it('claims it under the name of the agent while the command runs, and tells how it went by its exit code', async () => {
      await claim('--agent', 'planner')
      await spanledger(['work', 'release', ID, '--agent', 'planner'])
      const seen =
        program(`console.log(JSON.stringify([process.env.SPANLEDGER_AGENT, JSON.parse(process.env.SPANLEDGER_CARRIER)]))
        process.exit(Number(process.argv[2]))`)
      const failed = await spanledger(['run', '--task', 'fix-the', ...seen, '3'], {
        env: { SPANLEDGER_AGENT: 'claude-7' },
      })
      expect(failed.exit).toBe(3)
      const [agent, carrier] = JSON.parse(failed.out) as [string, { correlationId: string }]
      expect(agent).toBe('claude-7')
      expect((await json('task', 'get', ID))['status']).toBe('todo')
      await spanledger(['run', '--task', ID, '--on-success', 'reviewing', ...seen, '0'])
      expect((await json('task', 'get', ID))['status']).toBe('reviewing')
      expect((await json('runs', '--task', 'fix-the'))['rows']).toMatchObject([{ task: ID }, { task: ID }])
      expect((await toldOfTasks()).slice(5)).toEqual([
        ['TaskStatusChanged', 'in_progress'],
        ['TaskClaimed', ID],
        ['RunStarted', ID],
        ['TaskCompleted', 'failed'],
        ['TaskStatusChanged', 'todo'],
        ['TaskStatusChanged', 'in_progress'],
        ['TaskClaimed', ID],
        ['RunStarted', ID],
        ['TaskCompleted', 'reviewing'],
        ['TaskStatusChanged', 'reviewing'],
      ])
      const run = (await json('events', 'list', '--type', 'RunStarted'))['rows'] as { meta: object }[]
      expect(run[0]!.meta).toMatchObject({ correlationId: carrier.correlationId })
    }, 20_000)

    it('starts nothing when the id may mean several, and says which', async () => {
      mkdirSync(join(repository.shop, '.tasks'))
      for (const _ of [1, 2]) await spanledger(['task', 'create', 'Same title'])
      expect(await spanledger(['run', '--task', 'same-title', '--', 'echo', 'ran'])).toMatchObject({
        exit: 2,
        out: '',
        err: expect.stringMatching(/begins the ids of 2 tasks[^]*same-title-\d\d[A-Z]/),
      })
    })

    it('takes what is done in another repository by its whole id only, and says where', async () => {
      const another = smallRepository()
      try {
        mkdirSync(join(another.shop, '.tasks'))
        const { task } = (await json(
          'task',
          'create',
          'Fix the shop',
          '--root',
          join(another.shop, '.tasks'),
        )) as {
          task: { id: string }
        }
        for (const words of [
          ['run', '--task', 'fix-the-shop', '--', 'echo', 'ran'],
          ['work', 'claim', '--id', 'fix-the-shop'],
        ])
          expect(await spanledger(words)).toMatchObject({
            exit: 2,
            out: '',
            err: expect.stringContaining(`only in ${another.shop}/.tasks`),
          })
        expect(await spanledger(['run', '--task', task.id, '--', 'echo', 'ran'])).toMatchObject({
          exit: 0,
          out: 'ran\n',
          err: expect.stringContaining(`a task of another folder: ${another.shop}/.tasks`),
        })
      } finally {
        another.remove()
      }
    }, 20_000)

    it('starts nothing when somebody else holds it, and says who', async () => {
      await claim('--agent', 'codex-1')
      const ran = await spanledger(['run', '--task', ID, '--json', ...program('console.log(1)')])
      expect([ran.exit, ran.out]).toEqual([1, ''])
      expect(JSON.parse(ran.err)).toMatchObject({
        error: { code: 'ALREADY_CLAIMED', message: `${ID} is claimed by codex-1` },
      })
      expect(await toldOfTasks()).not.toContainEqual(['RunStarted', ID])
    })

    it('is one winner among two runs under one name, and leaves the task to an agent that says itself how it went', async () => {
      await claim('--agent', 'planner')
      await spanledger(['work', 'release', ID, '--agent', 'planner'])
      const env = { SPANLEDGER_AGENT: 'claude' }
      let second: Promise<Ran> | undefined
      const path = join(dir, 'done')
      const first = await spanledger(
        [
          'run',
          '--task',
          ID,
          ...program(`
            import { existsSync } from 'node:fs'
            import { execFileSync } from 'node:child_process'
            console.log('up')
            while (!existsSync(${JSON.stringify(path)})) await new Promise((done) => setTimeout(done, 20))
            execFileSync(process.execPath, [${JSON.stringify(PROGRAM)}, 'work', 'complete', '${ID}', '--score', '0.5'])
            process.exit(1)`),
        ],
        {
          env,
          onOutput: () =>
            void (second ??= spanledger(['run', '--task', ID, '--', 'true'], { env }).finally(() =>
              writeFileSync(path, ''),
            )),
        },
      )
      expect(await second).toMatchObject({
        exit: 1,
        err: expect.stringMatching(
          /^spanledger: fix-the-login-6928ea is claimed by claude, in run [0-9a-f-]{36}/m,
        ),
      })
      expect(first.exit).toBe(1)
      expect((await json('task', 'get', ID))['status']).toBe('done')
    }, 20_000)

    it('gives it back when somebody ends the run', async () => {
      await claim('--agent', 'planner')
      await spanledger(['work', 'release', ID, '--agent', 'planner'])
      await spanledger(
        [
          'run',
          '--task',
          ID,
          '--retries',
          '2',
          ...program(
            `process.on('SIGTERM', () => process.exit(5)); console.log('up'); setInterval(() => {}, 1000)`,
          ),
        ],
        { onOutput: (pid) => process.kill(pid, 'SIGTERM') },
      )
      expect(await toldOfTasks()).toContainEqual(['TaskReleased', ID])
      expect((await events()).filter(({ event }) => event === 'RunEnded')).toMatchObject([
        { data: { stopped: true, exitCode: 5, retryInMs: null } },
      ])
    }, 20_000)
  })

  it('tries again as often as it was told, and tells each attempt', async () => {
    const count = join(dir, 'count')
    const { exit, err } = await spanledger([
      'run',
      '--retries',
      '1',
      ...program(`
        import { appendFileSync, readFileSync } from 'node:fs'
        appendFileSync(${JSON.stringify(count)}, 'x')
        process.exit(readFileSync(${JSON.stringify(count)}, 'utf8').length === 2 ? 0 : 1)`),
    ])
    expect([exit, readFileSync(count, 'utf8')]).toEqual([0, 'xx'])
    expect(err).toContain('tried again in 2 s')
    expect((await events()).map(({ event, data }) => [event, data['attempt'], data['exitCode']])).toEqual([
      ['RunStarted', 1, undefined],
      ['RunEnded', 1, 1],
      ['RunStarted', 2, undefined],
      ['RunEnded', 2, 0],
    ])
  }, 20_000)

  it('works in the worktree of a branch, made when there is none, and stays in the trace it was started in', async () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    const { out } = await spanledger(
      ['run', '--worktree', 'fix', ...program('console.log(process.cwd(), process.env.TRACEPARENT)')],
      { env: { TRACEPARENT: traceparent } },
    )
    expect(await spanledger(['run', '--worktree', 'fix sum', '--', 'echo', 'ran'])).toMatchObject({
      exit: 2,
      out: '',
      err: expect.stringContaining("'fix sum' is not a valid branch name"),
    })
    const [cwd, given] = out.trim().split(' ')
    expect(cwd).toBe(join(repository.dir, 'shop.worktrees/fix'))
    expect(given).toMatch(new RegExp(`^00-${'a'.repeat(32)}-(?!b{16})[0-9a-f]{16}-01$`))
    expect((await events())[0]).toMatchObject({ data: { workingDirectory: cwd, git: { branch: 'fix' } } })
  })
})

/** Tells of the same failing tool call again and again, as Codex would, and never ends by itself. */
const LOOPING = `
  const attribute = (key, value) => ({ key, value: { stringValue: value } })
  const resource = process.env.OTEL_RESOURCE_ATTRIBUTES.split(',').map((pair) => pair.split('=')).map(([key, value]) => attribute(key, decodeURIComponent(value)))
  const call = (number) => ({
    timeUnixNano: String(BigInt(Date.now()) * 1000000n),
    attributes: Object.entries({
      'event.name': 'codex.tool_result', 'conversation.id': 'loop-1', call_id: 'call-' + number, tool_name: 'exec_command',
      arguments: '{"cmd":"npm test"}', output: 'Process exited with code 1\\nOutput:\\n1 failed', success: 'true', duration_ms: '20',
    }).map(([key, value]) => attribute(key, value)),
  })
  for (let number = 0; ; number++) {
    const scopeLogs = [{ scope: { name: 'codex_otel' }, logRecords: [call(number)] }]
    const body = JSON.stringify({ resourceLogs: [{ resource: { attributes: [...resource, attribute('service.name', 'codex_exec'), attribute('service.version', '0.169.0')] }, scopeLogs }] })
    await fetch(process.env.OTEL_EXPORTER_OTLP_ENDPOINT + '/v1/logs', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
`

describe('a run that is watched', () => {
  it('is stopped when one of its sessions is stuck, is not tried again, and says why', async () => {
    const { exit, err } = await spanledger([
      'run',
      '--retries',
      '2',
      '--stop-when',
      'stuck',
      ...program(LOOPING),
    ])
    expect(exit).toBe(130)
    expect(err).toMatch(/stopped: the same call \d+ times with the same result: exec_command · npm test/)
    const told = await events()
    expect(told.find(({ event }) => event === 'RunStopped')?.data).toMatchObject({
      session: 'loop-1',
      kind: 'repeated-call',
    })
    expect(told.filter(({ event }) => event === 'RunStarted')).toHaveLength(1)
    expect(told.find(({ event }) => event === 'SessionStuckDetected')?.data).toMatchObject({
      unit: 'calls',
      measured: 5,
    })
  })

  it.each([
    ['budget', 'budgetUsd'],
    ['turns', 'turnsMax'],
  ])('refuses to stop at %s that nobody has set, and says which setting counts', async (what, setting) => {
    await spanledger(['budget', 'set', 'everything', '--usd', '5'])
    const run = () => spanledger(['run', '--stop-when', what, '--', 'echo', 'ran'])
    expect(await run()).toMatchObject({
      exit: 2,
      out: '',
      err: expect.stringContaining(`watch.${setting} is not set`),
    })
    writeFileSync(join(dir, 'home/config.yaml'), `watch: { ${setting}: 7 }\n`)
    expect(await run()).toMatchObject({ exit: 0, out: 'ran\n' })
  })

  it('refuses to stop for what it does not know', async () => {
    const { exit, err } = await spanledger(['run', '--stop-when', 'bored', '--', 'true'])
    expect(exit).toBe(2)
    expect(err).toContain('stuck, runaway, budget')
  })
})
