import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { openHome, type Home } from '@spanledger/sdk/ledger'
import type { NewEvent } from '@spanledger/sdk/model'
import { readWhole, type Platform } from '@spanledger/sdk/platform'
import { openEventStore, type EventStore } from '@spanledger/sdk/store'
// oxlint-disable-next-line import/no-relative-parent-imports -- the simulated machine is no part of what the sdk publishes
import { SimulatedMachine } from '../../../../sdk/src/platform/testing/index.ts'
import type { EventProjection, EventProjectionKind } from '../event-projection.ts'
import { Follower } from '../follower.ts'

const SEEDS = Number(process.env['FUZZ_SEEDS'] ?? 100)
const FIRST_SEED = Number(process.env['FUZZ_SEED'] ?? 1)
const HOME = '/home/.spanledger'

/** One append. */
export interface Append {
  stream: string
  events: NewEvent[]
}

export interface ContractedProjection<P extends EventProjection> {
  kind(store: EventStore, platform: Platform): EventProjectionKind<P>
  /** The story of a ledger, in the order of its appends. */
  story: readonly Append[]
}

interface World<P extends EventProjection> {
  platform: Platform & { pid: number }
  home: Home
  store: EventStore
  follower: Follower<P>
}

/** What every projection of events must do. */
export function eventProjectionContract<P extends EventProjection>(
  name: string,
  { kind, story }: ContractedProjection<P>,
): void {
  const start = async (machine: SimulatedMachine): Promise<World<P>> => {
    const platform = machine.start()
    const home = await openHome(platform, HOME)
    const store = await openEventStore(platform, home, { segmentBytesMax: 20_000 })
    return { platform, home, store, follower: new Follower(platform, home, store, kind(store, platform)) }
  }
  const linesOf = async (follower: Follower<P>): Promise<string[]> => [...(await follower.current()).lines()]
  /** From nothing but the ledger. */
  const truth = async ({ platform, home, store }: World<P>): Promise<string[]> => {
    const fresh = kind(store, platform)
    return linesOf(new Follower(platform, { ...home, index: `${HOME}/nowhere` }, store, fresh))
  }

  describe(`the projection ${name}`, () => {
    let machine: SimulatedMachine
    beforeEach(() => {
      machine = new SimulatedMachine(FIRST_SEED)
    })

    test('comes to the same from everything and from a snapshot at any place', async () => {
      const world = await start(machine)
      for (const one of story) {
        await append(world.store, [one])
        await world.follower.current()
        await world.follower.close()
        // A process of its own: it knows what the snapshot says.
        world.follower = new Follower(
          world.platform,
          world.home,
          world.store,
          kind(world.store, world.platform),
        )
      }
      expect(await linesOf(world.follower)).toEqual(await truth(world))
      expect(await world.follower.status()).toMatchObject({ state: 'current', behind: 0 })
      expect(await world.follower.check()).toMatchObject({ differing: [] })
    })

    test('what it was restored from is what it tells', async () => {
      const world = await start(machine)
      await append(world.store, story)
      const lines = await linesOf(world.follower)
      const restored = kind(world.store, world.platform).create()
      for (const line of lines) restored.restore(line)
      expect([...restored.lines()]).toEqual(lines)
    })

    test('throws a snapshot away that is damaged, wherever', async () => {
      const world = await start(machine)
      await append(world.store, story)
      const lines = await linesOf(world.follower)
      await world.follower.close()
      const path = join(world.home.index, `${name}.jsonl`)
      const bytes = (await readWhole(world.platform.files, path))!
      for (let round = 0; round < 30; round++) {
        const damaged = Uint8Array.from(bytes)
        const at = machine.random.below(bytes.length)
        damaged[at]! ^= 1 << machine.random.below(8)
        await replace(
          world,
          path,
          round % 3 === 0 ? bytes.subarray(0, at) : round % 3 === 1 ? Buffer.alloc(at) : damaged,
        )
        const again = new Follower(world.platform, world.home, world.store, kind(world.store, world.platform))
        expect((await again.status()).seen).toBe(0)
        expect(await linesOf(again)).toEqual(lines)
      }
    })

    test('throws a snapshot away of another version, of other settings, and of another ledger', async () => {
      const world = await start(machine)
      await append(world.store, story)
      await world.follower.current()
      await world.follower.close()
      const usual = kind(world.store, world.platform)
      const seen = async (other: EventProjectionKind<P>, store = world.store): Promise<number> =>
        (await new Follower(world.platform, world.home, store, other).status()).seen
      expect(await seen(usual)).toBeGreaterThan(0)
      expect(await seen({ ...usual, version: usual.version + 1 })).toBe(0)
      expect(await seen({ ...usual, depends: `${usual.depends}x` })).toBe(0)
      const elsewhere = await openHome(world.platform, '/home/other')
      const store = await openEventStore(world.platform, elsewhere)
      await append(store, story.slice(1))
      expect(await seen(kind(store, world.platform), store)).toBe(0)
    })

    test('says when what is kept is not what the ledger says, and puts it right', async () => {
      const world = await start(machine)
      await append(world.store, story)
      const projection = await world.follower.current()
      const lines = [...projection.lines()]
      projection.lines = function* () {
        yield* lines.slice(1)
      }
      const { differing } = await world.follower.check()
      expect(differing).toHaveLength(1)
      await world.follower.rebuild()
      expect(await world.follower.check()).toMatchObject({ differing: [] })
      expect(await linesOf(world.follower)).toEqual(lines)
    })

    test(`survives ${SEEDS} power failures at any moment`, async () => {
      for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
        machine = new SimulatedMachine(seed)
        const { random } = machine
        let left = [...story]
        let world = await start(machine)
        for (let failures = 0; failures < 3; failures++) {
          const count = random.below(left.length + 1)
          await append(world.store, left.slice(0, count))
          left = left.slice(count)
          await world.follower.current()
          // Somewhere in the midst of writing its snapshot, or after it.
          const steps = machine.scheduler.steps + random.below(14)
          const dying = Promise.race([world.follower.close(), until(() => machine.scheduler.steps >= steps)])
          await dying
          machine.crash()
          world = await start(machine)
          expect(await linesOf(world.follower), `FUZZ_SEED=${seed}`).toEqual(await truth(world))
        }
        await append(world.store, left)
        expect(await linesOf(world.follower), `FUZZ_SEED=${seed}`).toEqual(await truth(world))
      }
    })
  })

  async function replace({ platform: { files } }: World<P>, path: string, bytes: Uint8Array): Promise<void> {
    await files.unlink(path)
    const file = await files.open(path, 'create')
    if (bytes.length > 0) await file.write([bytes], 0)
    await file.close()
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
}

async function append(store: EventStore, appends: readonly Append[]): Promise<void> {
  for (const { stream, events } of appends) await store.append(stream, events)
}
