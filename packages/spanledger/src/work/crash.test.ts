import { expect, it } from 'vitest'
import { openHome } from '@spanledger/sdk/ledger'
import type { Platform } from '@spanledger/sdk/platform'
// oxlint-disable-next-line import/no-relative-parent-imports -- a machine that crashes, as the stores' own tests have it
import { SimulatedMachine } from '../../../sdk/src/platform/testing/index.ts'
import { openEventStore } from '@spanledger/sdk/store'
import type { Command } from './decide/decide.ts'
import { Work } from './work.ts'

const ROOT = '/repository/.tasks'
const FILE = `${ROOT}/backlog/one-11A.task.md`
const TASK = '# One\n\n---\nstatus: todo # so far\n---\n\n## Log\n'
const SEEDS = 100

async function open(platform: Platform): Promise<Work> {
  const home = await openHome(platform, '/home/.spanledger')
  const events = await openEventStore(platform, home)
  return new Work({
    platform,
    home,
    events,
    redact: (text) => text,
    workingDirectory: '/repository',
    userHome: '/home',
    asking: { agent: 'ada' },
  })
}

async function setUp(seed: number): Promise<SimulatedMachine> {
  const machine = new SimulatedMachine(seed)
  const platform = machine.start()
  await platform.files.mkdir(`${ROOT}/backlog`, 0o777)
  const file = await platform.files.open(FILE, 'create')
  await file.write([Buffer.from(TASK)], 0)
  await file.datasync()
  await file.close()
  await platform.files.syncDirectory(`${ROOT}/backlog`)
  const work = await open(platform)
  await work.sync()
  await work.close()
  machine.kill(platform.pid)
  return machine
}

/** Moves the file, writes it, and appends: whatever can be half done. */
const CLAIM: Command = { do: 'claim', id: 'one-11A' }

async function stepsOf(seed: number): Promise<number> {
  const machine = await setUp(seed)
  const platform = machine.start()
  const work = await open(platform)
  const before = machine.scheduler.steps
  await work.run(CLAIM)
  return machine.scheduler.steps - before
}

it.each(['kill', 'crash'] as const)(
  `event and file agree after a %s at any step`,
  { timeout: 60_000 },
  async (how) => {
    let happened = 0
    for (let seed = 1; seed <= SEEDS; seed++) {
      const steps = await stepsOf(seed)
      const machine = await setUp(seed)
      const platform = machine.start()
      const work = await open(platform)
      const last = machine.scheduler.steps + 1 + (seed % steps)
      const dead = new Promise<void>((resolve) => {
        machine.scheduler.onStep = () => {
          if (machine.scheduler.steps !== last) return
          if (how === 'kill') machine.kill(platform.pid)
          else machine.crash()
          resolve()
        }
      })
      let acknowledged = false
      const running = work.run(CLAIM).then(() => (acknowledged = true))
      await Promise.race([dead, running])
      machine.scheduler.onStep = () => {}

      const next = await open(machine.start())
      await next.sync()
      const { state, unrecorded, findings } = await next.look()
      const task = state.find('one-11A')!
      const claimed = task.claim !== undefined
      expect(claimed || !acknowledged).toBe(true)
      if (claimed) happened++
      expect({ unrecorded, findings, status: task.status }).toEqual({
        unrecorded: 0,
        findings: [],
        status: claimed ? 'in_progress' : 'todo',
      })
      const path = `${ROOT}/${task.place!.path}`
      const text = machine.disk.names.get(path)!.bytes.toString()
      expect(text).toBe(claimed ? TASK.replace('todo # so far', 'in_progress # so far\nassignee: ada') : TASK)
      expect(path).toBe(claimed ? FILE.replace('backlog', 'current') : FILE)
    }
    // Some before the event, some after it.
    expect(happened).toBeGreaterThan(SEEDS / 10)
    expect(happened).toBeLessThan(SEEDS)
  },
)
