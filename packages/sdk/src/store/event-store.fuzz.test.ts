import { describe, expect, test } from 'vitest'
import { HomeUnwritableError, openHome, verifyLedger } from '../ledger/index.ts'
import type { NewEvent, RecordedEvent } from '../model/index.ts'
import { uuidv7 } from '../platform/index.ts'
import type { Platform } from '../platform/index.ts'
import { SimulatedMachine } from '../platform/testing/index.ts'
import {
  ExpectedVersionConflictError,
  StorageFailedError,
  StorageFullError,
  StorageSyncError,
} from './errors.ts'
import { openEventStore } from './file-event-store.ts'

const SEEDS = Number(process.env['FUZZ_SEEDS'] ?? 150)
const FIRST_SEED = Number(process.env['FUZZ_SEED'] ?? 1)
const HOME = '/home/.spanledger'
const DISK_TROUBLE = [StorageFailedError, StorageFullError, StorageSyncError]

interface Run {
  machine: SimulatedMachine
  acknowledged: Map<string, RecordedEvent>
  batches: string[][]
  /** Errors that are none of the contract's. */
  surprises: unknown[]
}

/** Appends to two streams until it is killed; repeats with the same ids what the disk refused. */
async function appendForEver(run: Run, platform: Platform): Promise<void> {
  const { machine } = run
  const home = await openHome(platform, HOME).catch((error: unknown) => {
    if (!(error instanceof HomeUnwritableError)) throw error
  })
  if (home === undefined) return appendForEver(run, platform)
  const store = await openEventStore(platform, home, { segmentBytesMax: 2_000, pollMs: 5 })
  for (;;) {
    const stream = `stream-${machine.random.below(2)}`
    const events: NewEvent[] = Array.from({ length: 1 + machine.random.below(4) }, () => ({
      event: 'Happened',
      id: uuidv7(platform),
      data: { text: 'x'.repeat(machine.random.below(200)) },
    }))
    run.batches.push(events.map(({ id }) => id))
    const expectedVersion = machine.random.below(2) === 0 ? await store.version(stream) : 'any'
    for (let done = false; !done;) {
      try {
        const { appended } = await store.append(stream, events, { expectedVersion })
        for (const event of appended) {
          if (run.acknowledged.has(event.id)) throw new Error(`acknowledged twice: ${event.id}`)
          run.acknowledged.set(event.id, event)
        }
        done = true
      } catch (error) {
        if (error instanceof ExpectedVersionConflictError) done = true
        else if (!DISK_TROUBLE.some((type) => error instanceof type)) throw error
      }
    }
  }
}

/** Returns how many events were acknowledged. */
async function simulate(seed: number): Promise<number> {
  const machine = new SimulatedMachine(seed)
  const { random, scheduler, faults } = machine
  const run: Run = { machine, acknowledged: new Map(), batches: [], surprises: [] }
  faults.failSyncOneIn = [0, 0, 20][random.below(3)]!
  faults.shortWriteOneIn = [0, 0, 20][random.below(3)]!
  let pids: number[] = []
  const start = () => {
    const platform = machine.start()
    pids.push(platform.pid)
    appendForEver(run, platform).catch((error: unknown) => run.surprises.push(error))
  }
  for (let round = 0; round < 4; round++) {
    while (pids.length < 2) start()
    await scheduler.sleep(1 + random.next() * 12)
    if (random.below(2) === 0) {
      machine.kill(pids.shift()!)
    } else {
      machine.crash()
      pids = []
    }
  }
  for (const pid of pids) machine.kill(pid)
  Object.assign(faults, { failSyncOneIn: 0, shortWriteOneIn: 0 })

  const platform = machine.start()
  const home = await openHome(platform, HOME)
  const store = await openEventStore(platform, home)
  await store.append('last', [{ event: 'Ended', id: uuidv7(platform), data: null }])
  const all: RecordedEvent[] = []
  for await (const event of store.readAll()) all.push(event)
  await store.close()

  expect(run.surprises).toEqual([])
  expect(all.map(({ position }) => position)).toEqual(all.map((_, i) => i + 1))
  for (const stream of new Set(all.map((event) => event.stream))) {
    const versions = all.filter((event) => event.stream === stream).map(({ version }) => version)
    expect(versions).toEqual(versions.map((_, i) => i + 1))
  }
  const there = new Map(all.map((event) => [event.id, event]))
  expect(there.size).toBe(all.length)
  for (const [id, event] of run.acknowledged) expect(there.get(id)).toEqual(event)
  for (const batch of run.batches)
    expect([0, batch.length]).toContain(batch.filter((id) => there.has(id)).length)
  for await (const finding of verifyLedger(platform, home)) {
    expect(finding).toMatchObject({ finding: 'summary', findings: 0 })
  }
  return run.acknowledged.size
}

describe('events, when processes are killed, the power fails and the disk refuses', () => {
  test(
    `what was acknowledged is there once, in order, and nothing half (${SEEDS} seeds)`,
    { timeout: 120_000 + 1_000 * SEEDS },
    async () => {
      let acknowledged = 0
      for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
        try {
          acknowledged += await simulate(seed)
        } catch (error) {
          throw new Error(`seed ${seed}: run again with FUZZ_SEED=${seed} FUZZ_SEEDS=1`, { cause: error })
        }
      }
      expect(acknowledged).toBeGreaterThan(SEEDS)
    },
  )
})
