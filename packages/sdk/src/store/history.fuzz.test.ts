import { describe, expect, test } from 'vitest'
import {
  applyRetention,
  decideRetention,
  ledgerNotes,
  openHome,
  repairLedger,
  retainedSegments,
  sealLedger,
  verifyLedger,
} from '../ledger/index.ts'
import type { Finding } from '../ledger/index.ts'
import { systemCode, uuidv7 } from '../platform/index.ts'
import type { Platform } from '../platform/index.ts'
import { SimulatedMachine } from '../platform/testing/index.ts'
import { openEventStore } from './file-event-store.ts'
import { openSignalStore } from './file-signal-store.ts'
import { linesOf, recorded, spans } from './testing/signal-store-contract.ts'
import { collect } from './testing/worlds.ts'

const SEEDS = Number(process.env['FUZZ_SEEDS'] ?? 30)
const FIRST_SEED = Number(process.env['FUZZ_SEED'] ?? 1)
const TIMEOUT_MS = 120_000 + 1_000 * SEEDS
const HOME = '/home/.spanledger'
const SEGMENT_BYTES_MAX = 900
const BUDGET_BYTES = 4_000
const SEAL_FINDINGS = /Block|Segment|Table|Manifest|Chain|Note/

/** Each seed is a run of its own, and is told when it fails. */
async function everySeed(simulate: (seed: number) => Promise<number>): Promise<number> {
  let sum = 0
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    try {
      sum += await simulate(seed)
    } catch (error) {
      throw new Error(`seed ${seed}: run again with FUZZ_SEED=${seed} FUZZ_SEEDS=1`, { cause: error })
    }
  }
  return sum
}

async function untilKilled(platform: Platform, waitMs: number, work: () => Promise<void>): Promise<void> {
  for (;;) {
    await work().catch((error: unknown) => {
      if (!['EIO', 'ENOSPC'].includes(systemCode(error) ?? '')) throw error
    })
    await platform.clock.sleep(waitMs)
  }
}

/** Returns how many segments were removed. */
async function simulateRetention(seed: number): Promise<number> {
  const machine = new SimulatedMachine(seed)
  const { random, scheduler, faults } = machine
  const surprises: unknown[] = []
  /** Flushed lines, and the segments they were written to. */
  const flushed = new Map<string, string>()
  const losesPower = random.below(2) === 0

  const record = async (platform: Platform, name: string): Promise<void> => {
    const home = await openHome(platform, HOME)
    const store = openSignalStore(platform, home, { segmentBytesMax: SEGMENT_BYTES_MAX })
    for (let i = 0; ; i++) {
      const batches = Array.from({ length: 4 }, (_, j) => spans(`${name}-${i}-${j}`, 3))
      const places = []
      for (const batch of batches) places.push(await store.append(batch))
      await store.flush()
      for (const [j, batch] of batches.entries())
        for (const line of linesOf(batch)) flushed.set(line, places[j]!.segment)
      await platform.clock.sleep(500 + 2_000 * random.next())
    }
  }
  const seal = async (platform: Platform): Promise<void> => {
    const home = await openHome(platform, HOME)
    await untilKilled(platform, 200, async () => void (await collect(sealLedger(platform, home))))
  }
  const retain = async (platform: Platform): Promise<void> => {
    const home = await openHome(platform, HOME)
    await untilKilled(platform, 700, async () => {
      const segments = await retainedSegments(platform, home)
      const rules = { spans: { bytes: BUDGET_BYTES, evenRecent: true } }
      const plan = decideRetention(segments, rules, new Map(), platform.clock.nowMs())
      await applyRetention(platform, home, plan.remove)
    })
  }
  const read = async (platform: Platform): Promise<void> => {
    const home = await openHome(platform, HOME)
    await untilKilled(platform, 300, async () => {
      const lines = await recorded(platform, home)
      if (new Set(lines).size < lines.length) surprises.push('a line was read twice')
    })
  }

  const work = [record, seal, retain, retain, read]
  const pids: (number | undefined)[] = work.map(() => undefined)
  for (let round = 0; round < 5; round++) {
    for (const [i, task] of work.entries()) {
      if (pids[i] !== undefined) continue
      const platform = machine.start()
      pids[i] = platform.pid
      task(platform, `${round}-${platform.pid}`).catch((error: unknown) => surprises.push(error))
    }
    await scheduler.sleep(5_000 + random.next() * 2_000)
    for (let i = random.below(400); i > 0; i--) await scheduler.turn()
    if (losesPower) {
      machine.crash()
      pids.fill(undefined)
    } else {
      const victim = random.below(4)
      machine.kill(pids[victim]!)
      pids[victim] = undefined
    }
  }
  for (const pid of pids) if (pid !== undefined) machine.kill(pid)

  const platform = machine.start()
  const home = await openHome(platform, HOME)
  Object.assign(faults, { failSyncOneIn: 12, shortWriteOneIn: 12 })
  for (let attempt = 0; attempt < 3; attempt++) await applyRetention(platform, home, []).catch(() => [])
  Object.assign(faults, { failSyncOneIn: 0, shortWriteOneIn: 0 })
  await applyRetention(platform, home, [])

  expect(surprises).toEqual([])
  const gone = new Set(
    (await ledgerNotes(platform, home)).flatMap(({ removed = [] }) => removed.map(({ segment }) => segment)),
  )
  const there = new Set(await recorded(platform, home))
  // What is missing was named, and what was named is gone.
  expect([...flushed].filter(([line, segment]) => there.has(line) === gone.has(segment))).toEqual([])
  const findings = (await collect(verifyLedger(platform, home))).slice(0, -1)
  expect(findings.filter(({ finding }) => !losesPower || SEAL_FINDINGS.test(finding))).toEqual([])
  return gone.size
}

describe('retention, when it, sealers and writers are killed, the power fails and the disk refuses', () => {
  test(
    `what is gone was named, and what was named is gone, in a whole chain (${SEEDS} seeds)`,
    { timeout: TIMEOUT_MS },
    async () => {
      expect(await everySeed(simulateRetention)).toBeGreaterThan(SEEDS)
    },
  )
})

/** Returns how many findings it dealt with. */
async function simulateRepair(seed: number): Promise<number> {
  const machine = new SimulatedMachine(seed)
  const { random, scheduler, disk, faults } = machine
  await writeHome(machine)
  let platform: Platform & { pid: number } = machine.start()
  let home = await openHome(platform, HOME)
  await collect(sealLedger(platform, home))
  disk.syncFolder(`${HOME}/ledger/spans`)
  for (let i = 1 + random.below(4); i > 0; i--) damage(machine)
  const readable = new Set(await recorded(platform, home))

  for (let round = 0; round < 3; round++) {
    const killed = machine.start()
    const repairing = openHome(killed, HOME).then((one) => collect(repairLedger(killed, one)))
    repairing.catch(() => {})
    for (let i = random.below(1_500); i > 0; i--) await scheduler.turn()
    if (random.below(2) === 0) machine.kill(killed.pid)
    else machine.crash()
  }
  platform = machine.start()
  home = await openHome(platform, HOME)
  Object.assign(faults, { failSyncOneIn: 15, shortWriteOneIn: 15 })
  await collect(repairLedger(platform, home)).catch(() => [])
  Object.assign(faults, { failSyncOneIn: 0, shortWriteOneIn: 0 })
  // Cuts off what an event's writer left unfinished, as every writer does; after gaps it goes on from where it stands.
  const store = await openEventStore(platform, home)
  await store.append('after', [{ event: 'E', id: uuidv7(platform), data: 1 }])
  expect((await collect(store.readStream('after'))).length).toBe(1)
  await store.close()
  await collect(repairLedger(platform, home))
  const left = (await collect(repairLedger(platform, home))).filter(({ action }) => action !== 'left')
  expect(left).toEqual([])

  const there = new Set(await recorded(platform, home))
  expect([...readable].filter((line) => !there.has(line))).toEqual([])
  const all = (await collect(verifyLedger(platform, home))).slice(0, -1) as Finding[]
  // What only its own header contradicts is whole, and somebody's decision.
  const news = all.filter(({ repairedAt, finding }) => repairedAt === undefined && finding !== 'badHeader')
  expect(news.filter(({ finding }) => !['damagedTable', 'damagedBlock'].includes(finding))).toEqual([])
  return all.length
}

describe('repair of a ledger that was damaged by hand, killed and without power at any step', () => {
  test(
    `what could be read before can be read after, and nothing is news (${SEEDS} seeds)`,
    { timeout: TIMEOUT_MS },
    async () => {
      expect(await everySeed(simulateRepair)).toBeGreaterThan(SEEDS)
    },
  )
})

/** Some segments of spans and events, of a process that died. */
async function writeHome(machine: SimulatedMachine): Promise<void> {
  const platform = machine.start()
  const home = await openHome(platform, HOME)
  const signals = openSignalStore(platform, home, { segmentBytesMax: SEGMENT_BYTES_MAX })
  const events = await openEventStore(platform, home, { segmentBytesMax: SEGMENT_BYTES_MAX })
  for (let i = 0; i < 12; i++) {
    await signals.append(spans(`${i}`, 4))
    await events.append(`s-${i % 3}`, [{ event: 'E', id: uuidv7(platform), data: { i } }])
  }
  await signals.flush()
  machine.kill(platform.pid)
  await machine.scheduler.sleep(60_000)
}

/** A flipped byte, a deleted line, a cut end or a deleted file, somewhere in the ledger. */
function damage({ disk, random }: SimulatedMachine): void {
  const paths = [...disk.names.keys()].filter((path) => path.startsWith(`${HOME}/ledger/`))
  const path = paths[random.below(paths.length)]!
  const inode = disk.names.get(path)!
  const { bytes } = inode
  const at = random.below(bytes.length)
  const what = random.below(10)
  if (what < 6) inode.write(at, Uint8Array.of(bytes[at]! ^ (1 << random.below(8))))
  else if (what < 8 && path.endsWith('.jsonl')) {
    const end = bytes.indexOf(0x0a, at) + 1
    const rest = Buffer.from(bytes.subarray(end))
    const start = bytes.lastIndexOf(0x0a, at - 1) + 1
    inode.write(start, rest)
    inode.truncate(start + rest.length)
  } else if (what < 9) inode.truncate(at)
  else disk.set(path, undefined)
  inode.sync()
  disk.syncFolder(path.slice(0, path.lastIndexOf('/')))
}
