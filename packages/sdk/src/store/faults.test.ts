import { beforeEach, describe, expect, test } from 'vitest'
import { listSegments, openHome, sealLedger, verifyLedger } from '../ledger/index.ts'
import type { Home } from '../ledger/index.ts'
import type { LedgerKind, NewEvent } from '../model/index.ts'
import { uuidFrom } from '../platform/index.ts'
import type { Platform } from '../platform/index.ts'
import { SimulatedMachine } from '../platform/testing/index.ts'
import { StorageBusyError, StorageFullError, StorageSyncError } from './errors.ts'
import { openEventStore } from './file-event-store.ts'
import { openSignalStore } from './file-signal-store.ts'
import { QUEUE_BYTES_MAX } from './signal-lane.ts'
import type { EventDamage } from './event-store.ts'
import { linesOf, recorded, spans } from './testing/signal-store-contract.ts'
import { collect } from './testing/worlds.ts'

let machine: SimulatedMachine
let platform: Platform
let home: Home

beforeEach(async () => {
  machine = new SimulatedMachine(1)
  platform = machine.start()
  home = await openHome(platform, '/home/.spanledger')
})

function happened(name: string, bytes = 10): NewEvent {
  return { event: 'Happened', id: uuidFrom(name), data: { name, text: 'x'.repeat(bytes) } }
}

async function names(store: { readAll(): AsyncIterable<{ data: unknown }> }): Promise<string[]> {
  return (await collect(store.readAll())).map(({ data }) => (data as { name: string }).name)
}

/** Changes the only segment of a kind as a failing disk or a careless editor would. */
async function edit(kind: LedgerKind, change: (text: string) => string): Promise<void> {
  const [segment] = await listSegments(platform, home, kind)
  const inode = machine.disk.names.get(segment!.path)!
  const text = change(inode.bytes.toString('latin1'))
  inode.truncate(0)
  inode.write(0, Buffer.from(text, 'latin1'))
}

async function findings() {
  return (await collect(verifyLedger(platform, home))).slice(0, -1)
}

describe('events', () => {
  test('a full disk refuses, keeps nothing, and is used again as soon as there is room', async () => {
    const store = await openEventStore(platform, home)
    await store.append('s', [happened('a')])
    machine.disk.capacityBytes = 3_000
    await expect(store.append('s', [happened('b'), happened('c', 9_000)])).rejects.toThrow(StorageFullError)
    expect(await names(store)).toEqual(['a'])
    await store.append('s', [happened('d')])
    machine.disk.capacityBytes = Infinity
    await store.append('s', [happened('b'), happened('c', 9_000)])
    expect(await names(await openEventStore(platform, home))).toEqual(['a', 'd', 'b', 'c'])
    expect(await findings()).toEqual([])
  })

  test('a failed fsync refuses, keeps nothing, and what comes later survives a power failure', async () => {
    const store = await openEventStore(platform, home)
    machine.faults.failSyncs = 1
    // The owner's file is the first to be synced.
    await expect(store.append('s', [happened('z')])).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    await store.append('s', [happened('a')])
    machine.faults.failSyncs = 1
    await expect(store.append('s', [happened('b')])).rejects.toThrow(StorageSyncError)
    expect(await names(store)).toEqual(['a'])
    await store.append('s', [happened('c')])
    machine.crash()
    platform = machine.start()
    expect(await names(await openEventStore(platform, home))).toEqual(['a', 'c'])
    expect(store.stats().syncFailures).toBe(1)
  })

  test('an fsync that fails in a new segment does not cost its header', async () => {
    const store = await openEventStore(platform, home)
    await store.append('s', [happened('a')])
    const small = await openEventStore(platform, home, { segmentBytesMax: 1 })
    await small.append('s', [happened('b')])
    machine.faults.failSyncs = 2
    await expect(small.append('s', [happened('c')])).rejects.toThrow(StorageSyncError)
    await expect(small.append('s', [happened('c')])).rejects.toThrow(StorageSyncError)
    await small.append('s', [happened('d')])
    machine.crash()
    platform = machine.start()
    expect(await names(await openEventStore(platform, home))).toEqual(['a', 'b', 'd'])
    expect(await findings()).toEqual([])
  })

  test('a writer that dies right after its fsync failed costs nothing that others append behind it', async () => {
    const first = await openEventStore(platform, home)
    await first.append('s', [happened('a')])
    const unlucky = machine.start()
    const second = await openEventStore(unlucky, home)
    await second.append('s', [happened('b')])
    machine.faults.failSyncs = 1
    machine.scheduler.onStep = () => {
      if (machine.faults.failSyncs === 0) machine.kill(unlucky.pid)
    }
    void second.append('s', [happened('c')])
    while (machine.faults.failSyncs > 0) await machine.scheduler.sleep(1)
    await first.append('s', [happened('d')])
    machine.crash()
    platform = machine.start()
    expect(await names(await openEventStore(platform, home))).toEqual(['a', 'b', 'c', 'd'])
    expect(await findings()).toEqual([])
  })

  test('what was read before its fsync failed is taken back, and a subscription sees what came instead', async () => {
    const other = await openEventStore(platform, home)
    await other.append('s', [happened('a')])
    const store = await openEventStore(platform, home, { pollMs: 1 })
    const end = new AbortController()
    const seen: string[] = []
    const following = (async () => {
      for await (const { data } of store.subscribe({ signal: end.signal })) {
        seen.push((data as { name: string }).name)
        if (seen.at(-1) === 'd') end.abort()
      }
    })()
    // As if the other one had written it, not yet synced it, and then had to cut it off.
    const [segment] = await listSegments(platform, home, 'events')
    const inode = machine.disk.names.get(segment!.path)!
    const before = inode.bytes.length
    const line = inode.bytes.toString().trimEnd().split('\n').at(-1)!
    const taken = line
      .replace('"version":1,"position":1', '"version":2,"position":2')
      .replace(uuidFrom('a'), uuidFrom('b'))
    inode.write(before, Buffer.from(`${taken.replace('"name":"a"', '"name":"b"')}\n`))
    while (seen.length < 2) await platform.clock.sleep(1)
    inode.truncate(before)
    await other.append('s', [happened('c')])
    await other.append('s', [happened('d')])
    await following
    expect(seen).toEqual(['a', 'b', 'c', 'd'])
    expect(await names(store)).toEqual(['a', 'c', 'd'])
    expect((await store.append('s', [happened('b')])).version).toBe(4)
  })

  test('a torn line and an unfinished append are left out, and cut off by the next writer', async () => {
    const store = await openEventStore(platform, home)
    await store.append('s', [happened('a')])
    await store.append('s', [happened('b'), happened('c')])
    await edit('events', (text) => text.slice(0, -5))
    expect((await findings()).map(({ finding }) => finding)).toEqual(['tornLine', 'unfinishedAppend'])
    const next = await openEventStore(platform, home)
    expect(await names(next)).toEqual(['a'])
    await next.append('s', [happened('d')], { expectedVersion: 1 })
    expect(await names(next)).toEqual(['a', 'd'])
    expect(next.stats()).toMatchObject({ repairs: 1 })
    expect(await findings()).toEqual([])
  })

  test('a damaged line is told with its place, and everything else stays readable', async () => {
    const store = await openEventStore(platform, home)
    for (const name of ['a', 'b', 'c', 'd']) await store.append(name, [happened(name)])
    const offset = await new Promise<number>((resolve) => {
      void edit('events', (text) => {
        const lines = text.split('\n')
        resolve(lines.slice(0, 2).join('\n').length + 1)
        lines[2] = lines[2]!.replace('{"event"', '{"evnt,')
        return lines.join('\n')
      })
    })
    const damage: EventDamage[] = []
    const next = await openEventStore(platform, home, { onDamage: (one) => damage.push(one) })
    expect(damage).toMatchObject([{ segment: '00000000000000000001', offset }])
    expect(await names(next)).toEqual(['a', 'c', 'd'])
    expect(await findings()).toMatchObject([{ finding: 'damagedLine', offset, reason: 'not JSON' }])
    expect((await next.append('e', [happened('e')])).appended).toMatchObject([{ position: 5 }])
  })

  test('a byte that is no UTF-8 any more is damage, not another text', async () => {
    const store = await openEventStore(platform, home)
    for (const name of ['a', 'b', 'c']) await store.append('s', [happened(name)])
    await edit('events', (text) => text.replace('"name":"b","text":"xx', '"name":"b","text":"x\xff'))
    const damage: EventDamage[] = []
    const next = await openEventStore(platform, home, { onDamage: (one) => damage.push(one) })
    expect(await names(next)).toEqual(['a', 'c'])
    expect(damage).toHaveLength(1)
    expect((await findings())[0]).toMatchObject({ finding: 'damagedLine', reason: 'not UTF-8' })
  })

  test('a flipped position, a damaged body and a damaged header cost nothing but themselves', async () => {
    const store = await openEventStore(platform, home)
    for (const name of ['a', 'b', 'c', 'd']) await store.append('s', [happened(name)])
    await edit('events', (text) =>
      text
        .replace('"position":2', '"position":7')
        .replace('"name":"c"', '"name"="c"')
        .replace('{"ledger":1', '{"lexger":1'),
    )
    const damage: EventDamage[] = []
    const next = await openEventStore(platform, home, { onDamage: (one) => damage.push(one) })
    expect(await names(next)).toEqual(['a', 'b', 'd'])
    expect(damage).toHaveLength(1)
    expect((await next.append('s', [happened('e')], { expectedVersion: 4 })).appended).toMatchObject([
      { position: 5 },
    ])
    const found = (await findings()).map(({ finding }) => finding)
    // That the stream misses a version is told by the damaged line.
    expect(found).toEqual(['badHeader', 'positionGap', 'damagedLine', 'positionGap'])
  })

  test('a lost line is a gap', async () => {
    const store = await openEventStore(platform, home)
    for (const name of ['a', 'b', 'c', 'd']) await store.append('s', [happened(name)])
    await edit('events', (text) => text.split('\n').toSpliced(2, 1).join('\n'))
    const next = await openEventStore(platform, home)
    expect(await names(next)).toEqual(['a', 'c', 'd'])
    expect((await next.append('s', [happened('e')])).appended).toMatchObject([{ version: 5, position: 5 }])
    expect((await findings()).map(({ finding }) => finding)).toEqual(['positionGap', 'versionGap'])
  })

  test('HOME/run may be emptied under way', async () => {
    const store = await openEventStore(platform, home)
    await store.append('s', [happened('a')])
    // The lock may go by itself meanwhile: it is given back after the answer.
    for (const path of await platform.files.readdir(home.run))
      await platform.files.unlink(`${home.run}/${path}`).catch(() => {})
    await store.append('s', [happened('b')])
    expect(await names(store)).toEqual(['a', 'b'])
    await store.close()
    expect(await platform.files.readdir(home.run)).toEqual([])
  })
})

describe('signals', () => {
  test('a full disk refuses, keeps nothing, and is used again as soon as there is room', async () => {
    const store = openSignalStore(platform, home)
    machine.disk.capacityBytes = 0
    await expect(store.append(spans('0'))).rejects.toThrow(StorageFullError)
    machine.disk.capacityBytes = 3_000
    await store.append(spans('a'))
    await expect(store.append(spans('b', 100))).rejects.toThrow(StorageFullError)
    await store.append(spans('c'))
    machine.disk.capacityBytes = Infinity
    await store.append(spans('b', 100))
    expect(await recorded(platform, home)).toEqual([spans('a'), spans('c'), spans('b', 100)].flatMap(linesOf))
    expect(store.stats().refused).toMatchObject({ full: 2 })
    expect(await findings()).toEqual([])
  })

  test('what cannot be cut off stays a torn line, and the next append goes into another segment', async () => {
    const store = openSignalStore(platform, home)
    await store.append(spans('a'))
    machine.disk.capacityBytes = 1_000
    machine.faults.failTruncates = 1
    await expect(store.append(spans('b', 100))).rejects.toThrow(StorageFullError)
    machine.disk.capacityBytes = Infinity
    await store.append(spans('c'))
    expect(await listSegments(platform, home, 'spans')).toHaveLength(2)
    expect(await recorded(platform, home)).toEqual(
      expect.arrayContaining([spans('a'), spans('c')].flatMap(linesOf)),
    )
  })

  test('after a failed fsync refuses until what was acknowledged is safe, and counts it', async () => {
    const store = openSignalStore(platform, home)
    await store.append(spans('a'))
    await store.flush()
    await store.append(spans('b', 20))
    machine.faults.failSyncs = 4
    await expect(store.flush()).rejects.toThrow(StorageSyncError)
    await expect(store.append(spans('c'))).rejects.toThrow(StorageSyncError)
    // The store tries again by itself, twice a second.
    await platform.clock.sleep(3_000)
    await store.append(spans('d'))
    await store.flush()
    expect(store.stats()).toMatchObject({ syncFailures: 1, refused: { sync: 1 } })
    expect(store.stats().salvagedBytes).toBe(spans('b', 20).lines.length)
    machine.crash()
    platform = machine.start()
    expect(await recorded(platform, home)).toEqual([spans('a'), spans('b', 20), spans('d')].flatMap(linesOf))
    expect(await findings()).toEqual([])
  })

  test('are on the disk within a second', async () => {
    const store = openSignalStore(platform, home)
    await store.append(spans('a'))
    await platform.clock.sleep(1_000)
    machine.crash()
    platform = machine.start()
    expect(await recorded(platform, home)).toEqual(linesOf(spans('a')))
  })

  test('more than may wait is refused', async () => {
    const store = openSignalStore(platform, home)
    const large = { ...spans('a'), lines: new Uint8Array(QUEUE_BYTES_MAX - 1).fill(0x0a) }
    const first = store.append(large)
    await expect(store.append(spans('b'))).rejects.toThrow(StorageBusyError)
    await first
    await store.append(spans('b'))
    expect(store.stats()).toMatchObject({ queuedBytes: 0, refused: { busy: 1 } })
  })
})

describe('a writer at work whose HOME/run somebody emptied', () => {
  test('writes on in a new segment, as the one it left alone may have been sealed', async () => {
    const store = openSignalStore(platform, home)
    await store.append(spans('a'))
    for (const entry of await platform.files.readdir(home.run))
      await platform.files.unlink(`${home.run}/${entry}`)
    const sealer = machine.start()
    await platform.clock.sleep(40_000)
    expect(await collect(sealLedger(sealer, home))).toMatchObject([{ sealed: true }])
    await store.append(spans('b'))
    expect(await recorded(platform, home)).toEqual([...linesOf(spans('a')), ...linesOf(spans('b'))])
    await platform.clock.sleep(40_000)
    expect(await collect(sealLedger(sealer, home))).toEqual([])
    await store.append(spans('c'))
    expect(await listSegments(platform, home, 'spans')).toHaveLength(2)
    await store.close()
  })
})
