import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { listSegments, openHome, readSegment, tail, verifyLedger } from '../../ledger/index.ts'
import type { Home } from '../../ledger/index.ts'
import type { SignalKind } from '../../model/index.ts'
import { readWhole } from '../../platform/index.ts'
import type { Platform } from '../../platform/index.ts'
import { StoreClosedError } from '../errors.ts'
import type { SignalBatch, SignalStore } from '../signal-store.ts'
import { collect } from './worlds.ts'
import type { World } from './worlds.ts'

const ORIGIN = { id: 'origin01', line: '{"origin":"origin01","resource":{}}\n' }

/** `count` span lines that name themselves. */
export function spans(name: string, count = 2): SignalBatch {
  const lines = Array.from({ length: count }, (_, i) => `{"span":"${name}-${i}","in":"${ORIGIN.id}"}\n`).join(
    '',
  )
  return {
    kind: 'spans',
    lines: Buffer.from(lines),
    count,
    definitions: new Map([[ORIGIN.id, Buffer.from(ORIGIN.line)]]),
  }
}

/** Every whole line of a kind but headers and definitions, segment by segment. */
export async function recorded(
  platform: Platform,
  home: Home,
  kind: SignalKind = 'spans',
): Promise<string[]> {
  const found: string[] = []
  for (const segment of await listSegments(platform, home, kind)) {
    for await (const { lines } of readSegment(platform, segment)) {
      for (const line of Buffer.from(lines).toString().trimEnd().split('\n')) {
        if (!line.startsWith('{"ledger"') && !line.startsWith('{"origin"')) found.push(line)
      }
    }
  }
  return found
}

export function linesOf(batch: SignalBatch): string[] {
  return Buffer.from(batch.lines).toString().trimEnd().split('\n')
}

type Open = (platform: Platform, home: Home, options?: { segmentBytesMax?: number }) => SignalStore

/** What every signal store must do. */
export function signalStoreContract(name: string, createWorld: () => Promise<World>, open: Open): void {
  describe(`a signal store on ${name}`, () => {
    let world: World
    let home: Home
    let store: SignalStore
    beforeEach(async () => {
      world = await createWorld()
      home = await openHome(world.platform, world.dir)
      store = open(world.platform, home)
    })
    afterEach(async () => {
      await store.close()
      await world.remove()
    })

    test('writes nothing before the first append', async () => {
      expect(await listSegments(world.platform, home, 'spans')).toEqual([])
    })

    test('puts lines where it says, behind a header and what they refer to', async () => {
      const batch = spans('a', 3)
      const { kind, segment, offset, length } = await store.append(batch)
      const [listed] = await listSegments(world.platform, home, kind)
      expect(listed!.name).toBe(segment)
      const bytes = Buffer.from((await readWhole(world.platform.files, listed!.path))!)
      expect(bytes.subarray(offset, offset + length)).toEqual(batch.lines)
      const [header, definition] = bytes.toString().split('\n')
      expect(JSON.parse(header!)).toMatchObject({ ledger: 1, kind: 'spans', segment })
      expect(`${definition}\n`).toBe(ORIGIN.line)
    })

    test('keeps the order of appends at once, in few writes, each definition once', async () => {
      const batches = Array.from({ length: 100 }, (_, i) => spans(`${i}`))
      await Promise.all(batches.map((batch) => store.append(batch)))
      expect(await recorded(world.platform, home)).toEqual(batches.flatMap(linesOf))
      expect(store.stats()).toMatchObject({ lines: 200, queuedBytes: 0 })
      expect(store.stats().writes).toBeLessThan(10)
      const [segment] = await listSegments(world.platform, home, 'spans')
      const text = Buffer.from((await readWhole(world.platform.files, segment!.path))!).toString()
      expect(text.split(ORIGIN.line)).toHaveLength(2)
    })

    test('starts the next segment when one is full, each readable by itself', async () => {
      const small = open(world.platform, home, { segmentBytesMax: 1_000 })
      const batches = Array.from({ length: 30 }, (_, i) => spans(`${i}`, 4))
      for (const batch of batches) await small.append(batch)
      await small.close()
      expect((await listSegments(world.platform, home, 'spans')).length).toBeGreaterThan(3)
      expect(await recorded(world.platform, home)).toEqual(batches.flatMap(linesOf))
      const findings = await collect(verifyLedger(world.platform, home))
      expect(findings).toMatchObject([{ finding: 'summary', findings: 0, lines: { spans: 120 } }])
    })

    test('two stores write segments of their own, each kind in its folder', async () => {
      const other = open(world.platform, home)
      await Promise.all([store.append(spans('a')), other.append(spans('b'))])
      const log = Buffer.from(`{"log":"0","in":"${ORIGIN.id}"}\n`)
      await other.append({ ...spans('c'), kind: 'logs', lines: log, count: 1 })
      await other.close()
      expect(await listSegments(world.platform, home, 'spans')).toHaveLength(2)
      expect(await recorded(world.platform, home, 'logs')).toHaveLength(1)
    })

    test('whoever follows sees each line once, over segments', async () => {
      const small = open(world.platform, home, { segmentBytesMax: 400 })
      await small.append(spans('0', 4))
      const end = new AbortController()
      const seen: string[] = []
      const following = (async () => {
        for await (const { lines } of tail(world.platform, home, 'spans', {
          signal: end.signal,
          pollMs: 20,
        })) {
          seen.push(
            ...Buffer.from(lines)
              .toString()
              .trimEnd()
              .split('\n')
              .filter((line) => line.startsWith('{"span"')),
          )
          if (seen.length === 80) end.abort()
        }
      })()
      for (let i = 1; i < 20; i++) await small.append(spans(`${i}`, 4))
      await following
      expect(seen).toEqual(await recorded(world.platform, home))
      await small.close()
    })

    test('flush and close are fine with nothing to do, and a closed store refuses', async () => {
      await store.flush()
      const last = store.append(spans('a'))
      await store.close()
      expect(await last).toMatchObject({ kind: 'spans' })
      await expect(store.append(spans('b'))).rejects.toThrow(StoreClosedError)
      await store.close()
    })
  })
}
