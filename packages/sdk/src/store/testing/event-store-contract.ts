import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { NewEvent, RecordedEvent } from '../../model/index.ts'
import { uuidFrom } from '../../platform/index.ts'
import { EventTooLargeError, ExpectedVersionConflictError, StoreClosedError } from '../errors.ts'
import { parseEventLine } from '../event-lines.ts'
import type { EventStore } from '../event-store.ts'
import { collect } from './worlds.ts'

/** One ledger, and as many stores on it as asked for, as if each were in a process of its own. */
export interface EventLedger {
  open(options?: { readOnly?: boolean; small?: boolean }): Promise<EventStore>
  remove(): Promise<void>
}

/** What every event store must do. */
export function eventStoreContract(name: string, createLedger: () => Promise<EventLedger>): void {
  describe(`an event store on ${name}`, () => {
    let ledger: EventLedger
    let store: EventStore
    beforeEach(async () => {
      ledger = await createLedger()
      store = await ledger.open()
    })
    afterEach(async () => {
      await store.close()
      await ledger.remove()
    })

    test('gives back what was appended, with versions and positions', async () => {
      const event = {
        ...happened('a'),
        time: '1767225600000000001',
        meta: { correlationId: 'c', userId: 'u' },
      }
      const first = await store.append('one', [event, happened('b')])
      const second = await store.append('two', [happened('c')])
      expect(first).toMatchObject({ duplicates: 0, version: 2 })
      const recorded = expect.stringMatching(/^\d+$/)
      expect(first.appended[0]).toEqual({ ...event, stream: 'one', version: 1, position: 1, recorded })
      expect(second.appended).toMatchObject([{ stream: 'two', version: 1, position: 3 }])
      expect(await collect(store.readAll())).toEqual([...first.appended, ...second.appended])
      expect(await collect(store.readStream('two'))).toEqual(second.appended)
      expect([await store.version('one'), await store.version('none'), await store.position()]).toEqual([
        2, 0, 3,
      ])
    })

    test('keeps any data and any name', async () => {
      const data = {
        text: 'line\nfeed "quoted" \u2028 \u0000 \ud83d\ude00 \ud800',
        list: [1, 1.5, null, true],
        nested: { $int: '1' },
      }
      const stream = 'Stra\u00dfe "1"\\\n'
      const { appended } = await store.append(stream, [
        { event: 'Gr\u00fc\u00dfe', id: 'no uuid \u00e9', data },
      ])
      const other = await ledger.open()
      expect(await collect(other.readStream(stream))).toEqual(appended)
      expect(await collect(other.readAll({ types: ['Gr\u00fc\u00dfe'] }))).toEqual(appended)
      expect((await other.append('x', [{ event: 'Again', id: 'no uuid \u00e9', data }])).duplicates).toBe(1)
      await other.close()
    })

    test('refuses an append that expects another version, and keeps nothing of it', async () => {
      await store.append('s', [happened('a')], { expectedVersion: 'none' })
      const conflict = store.append('s', [happened('b'), happened('c')], { expectedVersion: 'none' })
      await expect(conflict).rejects.toThrow(ExpectedVersionConflictError)
      await expect(conflict).rejects.toMatchObject({ stream: 's', expected: 0, actual: 1 })
      await store.append('s', [happened('b')], { expectedVersion: 1 })
      await store.append('s', [happened('c')], { expectedVersion: 'any' })
      expect(await ids(store.readStream('s'))).toEqual(['a', 'b', 'c'].map(id))
    })

    test('of appends that expect the same version lets one pass', async () => {
      const other = await ledger.open()
      const racing = [store, other, store, other].map((one, i) =>
        one.append('s', [happened(`${i}`)], { expectedVersion: 'none' }),
      )
      const outcomes = await Promise.allSettled(racing)
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(await collect(store.readAll())).toHaveLength(1)
      await other.close()
    })

    test('appends an id once, whatever the stream and the version expected', async () => {
      await store.append('s', [happened('a'), happened('b')], { expectedVersion: 'none' })
      const again = await store.append('s', [happened('a'), happened('b')], { expectedVersion: 'none' })
      expect(again).toEqual({ appended: [], duplicates: 2, version: 2 })
      const other = await ledger.open()
      const partly = await other.append('t', [happened('b'), happened('c'), happened('c')])
      expect(partly).toMatchObject({ duplicates: 2, version: 1, appended: [{ id: id('c'), position: 3 }] })
      expect(await ids(store.readAll())).toEqual(['a', 'b', 'c'].map(id))
      await other.close()
    })

    test('an empty append changes nothing', async () => {
      expect(await store.append('s', [])).toEqual({ appended: [], duplicates: 0, version: 0 })
      expect(await store.position()).toBe(0)
    })

    test('appends to many streams at once, each all or nothing', async () => {
      await store.append('b', [happened('0')])
      const appending = store.appendMany([
        { stream: 'a', events: [happened('1'), happened('2')], expectedVersion: 'none' },
        { stream: 'b', events: [happened('3'), happened('4')], expectedVersion: 'none' },
        { stream: 'a', events: [happened('5')], expectedVersion: 2 },
      ])
      await expect(appending).rejects.toThrow(ExpectedVersionConflictError)
      expect(await ids(store.readAll())).toEqual(['0', '1', '2', '5'].map(id))
    })

    test('reads a part: of a stream, from a position, of some types', async () => {
      for (let i = 0; i < 10; i++)
        await store.append(i % 2 === 0 ? 'even' : 'odd', [happened(`${i}`, i % 3 === 0 ? 'Third' : 'Other')])
      expect(await ids(store.readStream('odd', { fromVersion: 3, limit: 2 }))).toEqual(['5', '7'].map(id))
      expect(await ids(store.readStream('odd', { fromVersion: 6 }))).toEqual([])
      expect(await ids(store.readAll({ fromPosition: 9 }))).toEqual(['8', '9'].map(id))
      expect(await ids(store.readAll({ types: ['Third'], fromPosition: 3 }))).toEqual(['3', '6', '9'].map(id))
      expect(await ids(store.readAll({ limit: 2 }))).toEqual(['0', '1'].map(id))
      expect(await ids(store.readAll({ limit: 0 }))).toEqual([])
      expect(await ids(store.readAll({ fromPosition: 11 }))).toEqual([])
    })

    test('reads many at a time what it reads one by one', async () => {
      for (const one of ['a', 'b', 'c']) await store.append(one, [happened(one), happened(one, 'Other')])
      for (const options of [{}, { fromPosition: 3 }, { types: ['Other'] }, { fromPosition: 7 }]) {
        const batches = await collect(store.readBatches(options))
        expect(batches.every((batch) => batch.length > 0)).toBe(true)
        expect(batches.flat()).toEqual(await collect(store.readAll(options)))
      }
    })

    test('gives the lines of what it reads, with where each is', async () => {
      for (const one of ['a', 'b', 'ä']) await store.append(one, [happened(one), happened(one, 'Other')])
      for (const options of [{}, { fromPosition: 3 }, { fromPosition: 7 }]) {
        const read: unknown[] = []
        for await (const { bytes, heads } of store.readLines(options))
          for (const head of heads()) {
            const event = parseEventLine(bytes.subarray(head!.start, head!.end))!
            expect(head).toMatchObject({ stream: event.stream, position: event.position })
            expect(Buffer.from(head!.id.subarray(head!.idStart, head!.idEnd)).toString()).toBe(event.id)
            read.push(event)
          }
        expect(read).toEqual(await collect(store.readAll(options)))
      }
    })

    test('says which ids are not there', async () => {
      const [one, two] = [happened('a'), happened('b')]
      await store.append('s', [one])
      expect(await store.absent([one.id, two.id, 'no uuid'])).toEqual(new Set([two.id, 'no uuid']))
      const other = await ledger.open()
      await other.append('s', [two])
      expect(await store.absent([one.id, two.id])).toEqual(new Set())
      await other.close()
    })

    test('keeps which shape the data has, and says nothing of the first', async () => {
      await store.append('s', [
        { ...happened('a'), schema: 1 },
        { ...happened('b'), schema: 3 },
      ])
      const other = await ledger.open()
      const read = await collect(other.readAll())
      expect(read.map(({ schema }) => schema)).toEqual([undefined, 3])
      for (const schema of [0, -1, 1.5, Number.NaN])
        await expect(store.append('s', [{ ...happened('c'), schema }])).rejects.toThrow(TypeError)
      await other.close()
    })

    test('follows from any position: what is there, what comes, from whichever store, each once', async () => {
      const other = await ledger.open()
      await store.append('s', [happened('0'), happened('1'), happened('2')])
      const end = new AbortController()
      const seen: RecordedEvent[] = []
      const following = (async () => {
        for await (const event of store.subscribe({ fromPosition: 2, signal: end.signal })) {
          seen.push(event)
          if (seen.length === 42) end.abort()
        }
      })()
      for (let i = 3; i < 43; i++) await (i % 2 === 0 ? store : other).append('s', [happened(`${i}`)])
      await following
      expect(seen.map(({ position }) => position)).toEqual(Array.from({ length: 42 }, (_, i) => i + 2))
      await other.close()
    })

    test('a subscription ends when it is aborted while it waits, and when the store is closed', async () => {
      const end = new AbortController()
      const aborted = collect(store.subscribe({ signal: end.signal }))
      const other = await ledger.open()
      const closed = collect(other.subscribe({ signal: new AbortController().signal }))
      await store.append('s', [happened('a')])
      end.abort()
      await aborted
      await other.close()
      expect((await closed).length).toBeLessThanOrEqual(1)
    })

    test('refuses what is too large, and keeps nothing of the append', async () => {
      const large = { ...happened('b'), data: 'x'.repeat(1024 * 1024) }
      await expect(store.append('s', [happened('a'), large])).rejects.toThrow(EventTooLargeError)
      const many = Array.from({ length: 20 }, (_, i) => ({
        ...happened(`${i}`),
        data: 'x'.repeat(1_000_000),
      }))
      await expect(store.append('s', many)).rejects.toMatchObject({
        code: 'EVENT_TOO_LARGE',
        event: undefined,
      })
      expect(await store.position()).toBe(0)
    })

    test('goes on over many segments, also in a store opened later', async () => {
      const small = await ledger.open({ small: true })
      const appended: RecordedEvent[] = []
      for (let i = 0; i < 60; i++)
        appended.push(...(await small.append(`s${i % 3}`, [happened(`${i}`), happened(`${i}b`)])).appended)
      for (const one of [small, store, await ledger.open()]) {
        expect(await collect(one.readAll())).toEqual(appended)
        expect(await collect(one.readStream('s1', { fromVersion: 7 }))).toEqual(
          appended.filter((e) => e.stream === 's1').slice(6),
        )
        if (one !== store) await one.close()
      }
    })

    test('serves many appends at once in the order they were called', async () => {
      await Promise.all(Array.from({ length: 200 }, (_, i) => store.append('s', [happened(`${i}`)])))
      expect(await ids(store.readStream('s'))).toEqual(Array.from({ length: 200 }, (_, i) => id(`${i}`)))
      expect(store.stats().commits).toBeLessThan(20)
    })

    test('for reading only: reads and follows, and refuses to append', async () => {
      const reader = await ledger.open({ readOnly: true })
      await store.append('s', [happened('a')])
      expect(await ids(reader.readAll())).toEqual([id('a')])
      await expect(reader.append('s', [happened('b')])).rejects.toThrow(StoreClosedError)
      await reader.close()
    })

    test('a closed store refuses', async () => {
      const other = await ledger.open()
      const last = other.append('s', [happened('a')])
      await other.close()
      expect((await last).version).toBe(1)
      await expect(other.append('s', [happened('b')])).rejects.toThrow(StoreClosedError)
      await expect(other.version('s')).rejects.toThrow(StoreClosedError)
    })
  })
}

function id(name: string): string {
  return uuidFrom('test', name)
}

function happened(name: string, event = 'Happened'): NewEvent {
  return { event, id: id(name), data: { name } }
}

async function ids(events: AsyncIterable<RecordedEvent>): Promise<string[]> {
  return (await collect(events)).map((event) => event.id)
}
