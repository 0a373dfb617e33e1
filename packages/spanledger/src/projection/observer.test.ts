import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { headerLine, openHome, type Home } from '@spanledger/sdk/ledger'
import { nodePlatform, type Platform } from '@spanledger/sdk/platform'
import { origin, span } from '../agents/testing/records.ts'
import { Observer, type EventSink } from './observer.ts'

const platform = nodePlatform()
let home: Home
beforeEach(async () => {
  home = await openHome(platform, await mkdtemp(join(tmpdir(), 'spanledger-observer-')))
})
afterEach(() => rm(home.dir, { recursive: true, force: true }))

const MIB = 1024 * 1024
const SHOP = origin('shop', '1.0', 'http')

/** Model calls of a service that is no agent by name, of so many bytes each. */
async function calls(count: number, bytes: number): Promise<void> {
  const head = headerLine({ kind: 'spans', segment: 's', writer: '3f9c1a2b7d04', created: '0' })
  const lines = Array.from({ length: count }, (_, i) => {
    const attrs = { 'gen_ai.operation.name': 'chat', text: 'x'.repeat(bytes) }
    return JSON.stringify(span(SHOP, 'chat m', `w${i}`, i, 1, attrs).record)
  })
  const text = [Buffer.from(head).toString().trim(), JSON.stringify(SHOP), ...lines].join('\n')
  await writeFile(join(home.segments.spans, '20261121T025008397Z-3f9c1a2b7d04-000001.jsonl'), `${text}\n`)
}

/** Counts events; `then` is called with how many there are. */
function sink(then: (count: number) => void = () => {}): EventSink & { count: number } {
  const made = {
    count: 0,
    absent: (ids: readonly string[]) => Promise.resolve(new Set(ids)),
    appendMany: async (batches: Parameters<EventSink['appendMany']>[0]) => {
      for (const { events } of batches) made.count += events.length
      then(made.count)
    },
  }
  return made
}

const reached = async (): Promise<number[]> => {
  const text = await readFile(join(home.index, 'agents.json'), 'utf8')
  return Object.values((JSON.parse(text.split('\n')[0]!) as { offsets: Record<string, number> }).offsets)
}

it('reads a segment once, although its records do not repeat their definition', async () => {
  await calls(2_000, 1_500)
  let opened = 0
  const files: Platform['files'] = {
    ...platform.files,
    open: (...given) => {
      opened++
      return platform.files.open(...given)
    },
  }
  const events = sink()
  await new Observer({ ...platform, files }, home, events).catchUp()
  expect(events.count).toBe(2_000)
  expect(opened).toBeLessThan(5)
})

it('keeps how far it came now and then', async () => {
  await calls(20, 1.1 * MIB)
  const failing = sink((count) => {
    if (count > 17) throw new Error('killed')
  })
  await expect(new Observer(platform, home, failing).catchUp()).rejects.toThrow('killed')
  expect((await reached())[0]).toBeGreaterThan(15 * MIB)
})

it('stops between two batches when its process ends, and goes on there', async () => {
  await calls(5, 1.1 * MIB)
  const closing = new AbortController()
  const first = sink(() => closing.abort())
  await new Observer(platform, home, first, closing.signal).catchUp()
  expect(first.count).toBeLessThan(5)
  const second = sink()
  await new Observer(platform, home, second).catchUp()
  expect(first.count + second.count).toBe(5)
})
