import { beforeEach, describe, expect, it } from 'vitest'
import { type Home, openHome } from '@spanledger/sdk/ledger'
import type { RecordedEvent } from '@spanledger/sdk/model'
import type { Platform } from '@spanledger/sdk/platform'
// oxlint-disable-next-line import/no-relative-parent-imports -- a machine that crashes, as the stores' own tests have it
import { SimulatedMachine } from '../../../sdk/src/platform/testing/index.ts'
import { openEventStore } from '@spanledger/sdk/store'
import type { Observation } from '../agents/index.ts'
import { createRedactor } from '@spanledger/sdk/redact'
import { spoolStatus, takeHooks, type Taken } from './intake.ts'
import { spoolOf } from './layout.ts'

const HOME = '/home/.spanledger'
const spool = spoolOf({ dir: HOME })
const SEEDS = Number(process.env['FUZZ_SEEDS'] ?? 60)

/** As Claude Code 2.1 has them, with ids of our own. */
const tool = (n: number, session = 'one'): string =>
  JSON.stringify({
    session_id: session,
    cwd: '/repository',
    hook_event_name: 'PostToolUse',
    tool_name: 'Bash',
    tool_input: { command: `make ${n} TOKEN=ghp_${'a1B2'.repeat(9)}` },
    tool_response: { stdout: 'done' },
    tool_use_id: `toolu_${n}`,
    duration_ms: 30,
  })
const entry = (payload: string, agent = 'claude-code', hook = 'PostToolUse'): string =>
  `hook 1 ${agent} ${hook}\n${payload}\nend\n`

async function put(platform: Platform, number: number, text: string): Promise<void> {
  await platform.files.mkdir(spool.waiting, 0o700)
  const file = await platform.files.open(`${spool.waiting}/${number}`, 'create', 0o600)
  await file.write([new TextEncoder().encode(text)], 0)
  await file.datasync()
  await file.close()
  await platform.files.syncDirectory(spool.waiting)
}

interface World {
  platform: Platform
  home: Home
  take(): Promise<Taken>
  events(): Promise<RecordedEvent[]>
}

async function worldOf(platform: Platform): Promise<World> {
  const home = await openHome(platform, HOME)
  const store = await openEventStore(platform, home)
  return {
    platform,
    home,
    take: () =>
      takeHooks({ platform, home, events: async () => store, redactor: async () => createRedactor() }),
    async events() {
      const all: RecordedEvent[] = []
      for await (const event of store.readAll()) all.push(event)
      return all
    },
  }
}

describe('hooks that ran', () => {
  let world: World
  let machine: SimulatedMachine
  beforeEach(async () => {
    machine = new SimulatedMachine(1)
    world = await worldOf(machine.start())
  })

  it('become events of their session, redacted, and leave the spool', async () => {
    await put(
      world.platform,
      1,
      entry('{"session_id":"one","cwd":"/repository"}', 'claude-code', 'SessionStart'),
    )
    await put(world.platform, 2, entry(tool(2)))
    expect(await world.take()).toEqual({ taken: 2, aside: 0, missed: 0 })
    const events = await world.events()
    expect(events.map(({ event, stream }) => `${stream} ${event}`)).toEqual([
      'session-one SessionStarted',
      'session-one SessionToolUsed',
    ])
    const data = events[1]!.data as unknown as Observation
    expect(data).toMatchObject({
      agent: 'claude-code',
      source: 'hook:PostToolUse',
      keys: ['tool:toolu_2'],
      outcome: 'ok',
      durationMs: 30,
      workingDirectory: '/repository',
    })
    expect(JSON.stringify(events)).not.toContain('ghp_')
    expect(data.command).toContain('make 2')
    expect(await spoolStatus(world.platform, world.home)).toEqual({ waiting: 0, aside: 0 })
    expect(await world.take()).toEqual({ taken: 0, aside: 0, missed: 0 })
  })

  it('that tell the same twice are two, read twice are one', async () => {
    const stop = entry('{"session_id":"one"}', 'codex', 'Stop')
    await put(world.platform, 1, stop)
    await put(world.platform, 2, stop)
    await world.take()
    expect(await world.events()).toHaveLength(2)
  })

  it('that are garbage are kept beside and block nothing', async () => {
    await put(world.platform, 1, 'rubbish')
    await put(world.platform, 2, entry('[1, 2'))
    await put(world.platform, 3, entry('{"session_id":5}', 'nobody'))
    await put(world.platform, 4, entry(`{"session_id":"${'x'.repeat(600)}"}`))
    await put(world.platform, 5, entry(tool(5)))
    await machine.scheduler.sleep(61_000)
    expect(await world.take()).toEqual({ taken: 5, aside: 4, missed: 0 })
    expect(await world.events()).toHaveLength(1)
    expect(await spoolStatus(world.platform, world.home)).toEqual({ waiting: 0, aside: 4 })
    await machine.scheduler.sleep(8 * 86_400_000)
    await put(world.platform, 6, entry(tool(6)))
    await world.take()
    expect(await spoolStatus(world.platform, world.home)).toEqual({ waiting: 0, aside: 0 })
  })

  it('that are still being written wait, and are no gap', async () => {
    await put(world.platform, 1, entry(tool(1)).slice(0, 60))
    await put(world.platform, 2, entry(tool(2)))
    expect(await world.take()).toEqual({ taken: 1, aside: 0, missed: 0 })
    expect(await spoolStatus(world.platform, world.home)).toEqual({ waiting: 1, aside: 0 })
    await machine.scheduler.sleep(61_000)
    expect(await world.take()).toEqual({ taken: 1, aside: 0, missed: 0 })
    expect((await world.events()).map(({ event }) => event)).not.toContain('SessionHooksMissed')
  })

  it('that were cut tell what stands before the cut', async () => {
    const text = entry(tool(1).replace('"done"', `"${'x'.repeat(5_000)}"`))
    await put(world.platform, 1, text.slice(0, 2_000))
    await machine.scheduler.sleep(61_000)
    await world.take()
    const [event] = await world.events()
    expect(event!.data).toMatchObject({ session: 'one', name: 'Bash', counts: 'alone' })
  })

  it('and of which nothing arrived are told in the sessions around the gap', async () => {
    await put(world.platform, 1, entry(tool(1)))
    await world.take()
    await put(world.platform, 4, entry(tool(4, 'two')))
    expect(await world.take()).toMatchObject({ missed: 2 })
    const missed = (await world.events()).filter(({ event }) => event === 'SessionHooksMissed')
    expect(missed.map(({ stream, data }) => [stream, (data as unknown as Observation).missed])).toEqual([
      ['session-one', 2],
      ['session-two', 2],
    ])
  })
})

it(
  `are each told once, whoever is killed at whatever step (${SEEDS} seeds)`,
  { timeout: 60_000 },
  async () => {
    const HOOKS = 5
    let interrupted = 0
    for (let seed = 1; seed <= SEEDS; seed++) {
      const machine = new SimulatedMachine(seed)
      const first = machine.start()
      await worldOf(first)
      for (let n = 1; n <= HOOKS; n++) await put(first, n, entry(tool(n)))
      for (let round = 0; round < 3; round++) {
        const workers = [machine.start(), machine.start()]
        const taking = workers.map(async (platform) => (await worldOf(platform)).take())
        const last = machine.scheduler.steps + 1 + machine.random.below(250)
        const dead = new Promise<'dead'>((resolve) => {
          machine.scheduler.onStep = () => {
            if (machine.scheduler.steps !== last) return
            if (machine.random.below(2) === 0) for (const { pid } of workers) machine.kill(pid)
            else machine.crash()
            resolve('dead')
          }
        })
        if ((await Promise.race([dead, Promise.all(taking)])) === 'dead') interrupted++
        machine.scheduler.onStep = () => {}
        for (const { pid } of workers) machine.kill(pid)
      }
      const world = await worldOf(machine.start())
      await world.take()
      const told = (await world.events()).map(
        ({ event, data }) => `${event} ${(data as { toolUseId?: string }).toolUseId}`,
      )
      expect(told.toSorted(), `seed ${seed}`).toEqual(
        Array.from({ length: HOOKS }, (_, i) => `SessionToolUsed toolu_${i + 1}`),
      )
      expect(await spoolStatus(world.platform, world.home), `seed ${seed}`).toEqual({ waiting: 0, aside: 0 })
    }
    expect(interrupted).toBeGreaterThan(SEEDS / 2)
  },
)
