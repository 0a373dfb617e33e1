import { expect, test } from 'vitest'
import { openHome } from '../ledger/index.ts'
import type { Platform } from '../platform/index.ts'
import { uuidFrom } from '../platform/index.ts'
import { simulatedPlatform } from '../platform/testing/index.ts'
import { openEventStore } from './file-event-store.ts'
import { collect } from './testing/worlds.ts'

const DIR = '/home/.spanledger'
const event = (n: number) => ({ event: 'E', id: uuidFrom(`${n}`), data: { n, recorded: '9' } })

/** A process whose clock says what it is told. */
const at = (platform: Platform, nanos: bigint): Platform => ({
  ...platform,
  clock: { ...platform.clock, nowUnixNano: () => nanos },
})

test('events are recorded in the order of their positions, although clocks go back, in any process and segment', async () => {
  const platform = simulatedPlatform({ seed: 1 })
  const home = await openHome(platform, DIR)
  for (const [n, nanos] of [500n, 900n, 200n, 1_000n, 3n].entries()) {
    const store = await openEventStore(at(platform, nanos), home, { segmentBytesMax: 300 })
    await store.append('s', [event(2 * n), event(2 * n + 1)])
    await store.close()
  }
  const store = await openEventStore(platform, home)
  const events = await collect(store.readAll())
  expect(events.map(({ recorded }) => recorded)).toEqual(
    ['500', '900', '900', '1000', '1000'].flatMap((time) => [time, time]),
  )
  expect(events[4]!.time).toBe('200')
  await store.close()
})

test('a time that is no number is refused, and one in a line that a person changed is a damaged line', async () => {
  const platform = simulatedPlatform({ seed: 1 })
  const home = await openHome(platform, DIR)
  const damaged: number[] = []
  const store = await openEventStore(platform, home, { onDamage: ({ offset }) => damaged.push(offset) })
  await expect(store.append('s', [{ ...event(1), time: 'noon' }])).rejects.toThrow(TypeError)
  await store.append('s', [{ ...event(1), time: '1234' }])
  await store.append('s', [event(2)])
  const path = `${home.segments.events}/00000000000000000001.jsonl`
  const file = await platform.files.open(path, 'update')
  const bytes = Buffer.alloc(await file.bytes())
  await file.read(bytes, 0)
  await file.write([Buffer.from('noon')], bytes.indexOf('"1234"') + 1)
  await file.close()
  expect((await collect(store.readAll())).map(({ position }) => position)).toEqual([2])
  expect(damaged).toHaveLength(1)
  await store.close()
})
