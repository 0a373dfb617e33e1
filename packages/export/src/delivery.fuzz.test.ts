import { expect, test } from 'vitest'
import { SimulatedMachine } from '../../sdk/src/platform/testing/index.ts'
import { Circuit } from './circuit.ts'
import { Delivery } from './delivery.ts'
import type { Outcome, Transport } from './outcome.ts'
import { Spool } from './spool.ts'

const FOLDER = '/spool'
const first = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const SEEDS = Array.from({ length: Number(process.env['RUNS'] ?? 60) }, (_, i) => first + i)

interface Sender {
  isAlive: boolean
  lastTaken: string | undefined
}

/** A collector that is away now and then, and processes that are killed while they send to it. */
class World {
  readonly machine: SimulatedMachine
  /** In the order the collector took them. */
  readonly received: string[] = []
  /** Requests that it took and whose sender never knew: these, and no others, may come again. */
  readonly unanswered: string[] = []
  readonly #isFaulty: boolean
  isUp = true

  constructor(seed: number, isFaulty: boolean) {
    this.machine = new SimulatedMachine(seed)
    this.#isFaulty = isFaulty
  }

  start(bytesMax?: number) {
    const { machine, unanswered } = this
    const platform = machine.start()
    const process: Sender = { isAlive: true, lastTaken: undefined }
    const spool: Spool = new Spool(
      platform,
      { folder: FOLDER, ...(bytesMax === undefined ? {} : { bytesMax }) },
      (items, why) => delivery.drop(items, why),
    )
    const delivery: Delivery = new Delivery({
      platform,
      signal: 'traces',
      transport: this.#transport(process),
      circuit: new Circuit(platform.clock),
      spool,
      deadlineMs: 5_000,
      warn: () => {},
    })
    return {
      delivery,
      spool,
      platform,
      kill: () => {
        process.isAlive = false
        // It may not have come to note the answer.
        if (process.lastTaken !== undefined) unanswered.push(process.lastTaken)
        machine.kill(platform.pid)
      },
    }
  }

  #transport(process: Sender): Transport {
    const { machine, received, unanswered } = this
    return {
      send: async ({ bytes }): Promise<Outcome> => {
        await machine.scheduler.sleep(machine.random.below(40))
        if (!process.isAlive && machine.random.below(2) === 0) return new Promise(() => {})
        if (!this.isUp) return { kind: 'unavailable', reason: 'away' }
        const id = new TextDecoder().decode(bytes)
        received.push(id)
        process.lastTaken = id
        const isAnswered = process.isAlive && !(this.#isFaulty && machine.random.below(8) === 0)
        if (!isAnswered) unanswered.push(id)
        if (!process.isAlive) return new Promise(() => {})
        return isAnswered
          ? { kind: 'delivered', rejected: 0, message: '' }
          : { kind: 'unavailable', reason: 'the answer was lost' }
      },
      close: () => {},
    }
  }

  /** A last process finds what all others left. */
  async settle(): Promise<void> {
    this.isUp = true
    const last = this.start()
    do await this.machine.scheduler.sleep(60_000)
    while (!last.spool.isEmpty)
    await last.delivery.close()
  }
}

const request = (id: string) => ({
  bytes: new TextEncoder().encode(id),
  encoding: 'protobuf' as const,
  items: 1,
})
const count = (list: readonly string[], id: string): number => list.filter((one) => one === id).length

/** Ids that were said to be delivered or kept. */
async function storm(world: World, processes: number, disturb: () => void): Promise<string[]> {
  const { machine } = world
  const safe: string[] = []
  await Promise.all(
    Array.from({ length: processes }, async (_, p) => {
      await machine.scheduler.sleep(machine.random.below(500))
      const process = world.start()
      const untilMs = machine.scheduler.nowMs + machine.random.below(20_000)
      void (async () => {
        for (let n = 0; n < 30; n++) {
          const id = `${p}-${String(n).padStart(3, '0')}`
          disturb()
          if ((await process.delivery.deliver(request(id))).accepted === 1) safe.push(id)
          await process.platform.clock.sleep(machine.random.below(400))
        }
      })()
      while (machine.scheduler.nowMs < untilMs) await machine.scheduler.sleep(50)
      if (machine.random.below(4) === 0) await process.delivery.close()
      process.kill()
    }),
  )
  return safe
}

test.each(SEEDS)('nothing is lost, and only what was not answered comes twice (SEED=%i)', async (seed) => {
  const world = new World(seed, true)
  const safe = await storm(world, 4, () => {
    if (world.machine.random.below(12) === 0) world.isUp = !world.isUp
  })
  await world.settle()
  for (const id of safe) expect(world.received).toContain(id)
  for (const id of new Set(world.received))
    expect(count(world.received, id)).toBeLessThanOrEqual(1 + count(world.unanswered, id))
  // Each process's in the order it sent them.
  for (let p = 0; p < 4; p++) {
    const own = [...new Set(world.received)].filter((id) => id.startsWith(`${p}-`))
    expect(own).toEqual(own.toSorted())
  }
})

test.each(SEEDS)('a disk that fails or fills up costs what is counted, no more (SEED=%i)', async (seed) => {
  const world = new World(seed, false)
  const { machine } = world
  machine.faults.shortWriteOneIn = 6
  machine.faults.failSyncOneIn = 10
  const safe = await storm(world, 3, () => {
    if (machine.random.below(12) === 0) world.isUp = !world.isUp
    if (machine.random.below(10) === 0) machine.disk.capacityBytes = 1_000 + machine.random.below(2_000)
    if (machine.random.below(5) === 0) machine.disk.capacityBytes = Infinity
  })
  machine.disk.capacityBytes = Infinity
  machine.faults.shortWriteOneIn = machine.faults.failSyncOneIn = 0
  await world.settle()
  for (const id of safe) expect(world.received).toContain(id)
})

test.each(SEEDS.slice(0, 20))('what survives a power failure is what was kept (SEED=%i)', async (seed) => {
  const world = new World(seed, false)
  world.isUp = false
  const process = world.start()
  const safe: string[] = []
  const total = 1 + world.machine.random.below(10)
  for (let n = 0; n < total; n++)
    if ((await process.delivery.deliver(request(`0-${n}`))).accepted === 1) safe.push(`0-${n}`)
  void process.delivery.deliver(request('0-last'))
  process.kill()
  world.machine.crash()
  await world.settle()
  expect(safe).toHaveLength(total)
  for (const id of safe) expect(count(world.received, id)).toBeGreaterThanOrEqual(1)
})

test('beyond its bound the oldest are dropped and counted', async () => {
  const world = new World(1, false)
  world.isUp = false
  const { delivery, spool } = world.start(4_000)
  for (let n = 0; n < 100; n++)
    expect(await delivery.deliver(request(`0-${n}`))).toEqual({ accepted: 1, message: '' })
  world.isUp = true
  do await world.machine.scheduler.sleep(60_000)
  while (!spool.isEmpty)
  await delivery.close()
  expect(delivery.stats.dropped).toBeGreaterThan(0)
  expect(delivery.stats).toMatchObject({ spooled: 100, delivered: 100 - delivery.stats.dropped })
  const ids = Array.from({ length: 100 }, (_, n) => `0-${n}`)
  expect(world.received).toEqual(ids.slice(delivery.stats.dropped))
})
