import { existsSync } from 'node:fs'
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openHome, type Home } from '@spanledger/sdk/ledger'
import type { NewEvent } from '@spanledger/sdk/model'
import { nodePlatform, uuidFrom } from '@spanledger/sdk/platform'
import { openEventStore, type EventStore } from '@spanledger/sdk/store'
import type { EventProjectionKind } from './event-projection.ts'
import { Follower } from './follower.ts'
import { PartFolder } from './part-folder.ts'
import { priceTable } from './prices.ts'
import { SessionProjection } from './session-projection.ts'
import { SessionRebuild } from './session-rebuild.ts'

const prices = priceTable([{ model: '*', validFrom: '1970-01-01', input: 3, output: 15 }])
const platform = nodePlatform()
/** As it is built: a thread of its own runs no TypeScript. */
const WORKER = new URL('../../dist/projection/part-worker.js', import.meta.url)
const worker = (code: string): URL => new URL(`data:text/javascript,${encodeURIComponent(code)}`)
const DIES_AT_ONCE = worker('process.exit(3)')
const DIES_LATER = worker(`
  import { parentPort } from 'node:worker_threads'
  parentPort.on('message', ({ number }) => { if (number >= 1) throw new Error('gone') })`)

let home: Home
let store: EventStore
beforeEach(async () => {
  home = await openHome(platform, await mkdtemp(join(tmpdir(), 'spanledger-rebuild-')))
  store = await openEventStore(platform, home, { segmentBytesMax: 4_000 })
})
afterEach(async () => {
  await store.close()
  await rm(home.dir, { recursive: true, force: true })
})

const create = (): SessionProjection => new SessionProjection(prices, store, platform.clock)
const evolving: EventProjectionKind<SessionProjection> = {
  name: 'sessions',
  version: 1,
  depends: '',
  answers: [],
  create,
}
let rebuilds = 0
const rebuilding = (thread: URL | undefined, heldBytesMax?: number): typeof evolving => ({
  ...evolving,
  rebuild: () => {
    rebuilds++
    return new SessionRebuild(create(), new PartFolder(prices, thread), platform.clock, heldBytesMax)
  },
})

/** What is told of the ledger, and what was seen of it. */
async function told(kind: typeof evolving): Promise<string[]> {
  const follower = new Follower(platform, { ...home, index: join(home.dir, 'nowhere') }, store, kind)
  const lines = [...(await follower.current()).lines()]
  return [...lines, JSON.stringify((await follower.status()).digest)]
}

/** Sessions that name each other as parent, traces that become sessions, calls told twice, text beyond ASCII. */
const NAMES = ['a', 'b', 'ü', `trace-${'1'.repeat(32)}`, 'd']
const step = fc.record({
  session: fc.constantFrom(...NAMES),
  parent: fc.option(fc.constantFrom(...NAMES), { nil: undefined }),
  event: fc.constantFrom('SessionStarted', 'SessionModelCalled', 'SessionToolUsed', 'SessionCompleted'),
  agent: fc.constantFrom('codex', 'claude-code'),
  trace: fc.constantFrom('1'.repeat(32), '2'.repeat(32), undefined),
  key: fc.constantFrom('request:1', 'request:2', 'request:3'),
  at: fc.integer({ min: 1, max: 9 }),
  source: fc.constantFrom('log:x', 'span:x'),
  count: fc.integer({ min: 1, max: 3 }),
})
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

async function record(steps: readonly Step[]): Promise<void> {
  let id = 0
  for (const { session, parent, event, agent, trace, key, at, source, count } of steps) {
    const events = Array.from({ length: count }, (): NewEvent => ({
      event,
      id: uuidFrom(`${id++}`),
      time: `179081280000000000${at}`,
      data: {
        session,
        agent,
        source,
        rank: source === 'log:x' ? 2 : 1,
        keys: [key],
        startUnixNano: `179081280000000000${at}`,
        endUnixNano: `179081280000000000${at + 1}`,
        tokens: { input: at * 1000, output: at },
        model: 'm',
        ...(trace === undefined ? {} : { trace }),
        ...(parent === undefined ? {} : { parentSession: parent }),
        text: 'größer',
      },
    }))
    await store.append(`session-${session}`, events)
  }
}

async function afresh(): Promise<void> {
  await store.close()
  for (const name of await readdir(home.segments.events)) await rm(join(home.segments.events, name))
  store = await openEventStore(platform, home, { segmentBytesMax: 4_000 })
}

describe('sessions made of lines', () => {
  it('are those made of events, whatever is held, in families across streams', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
        await afresh()
        await record(steps)
        const truth = await told(evolving)
        rebuilds = 0
        for (const held of [0, 1_000, 100_000]) expect(await told(rebuilding(undefined, held))).toEqual(truth)
        expect(rebuilds).toBe(3)
      }),
      { numRuns: 60 },
    )
  })

  it.each([
    ['with a thread beside', WORKER],
    ['with a thread that dies at once', DIES_AT_ONCE],
    ['with a thread that dies at its work', DIES_LATER],
    ['with a thread that is not there', new URL('./nowhere.js', import.meta.url)],
  ])('are the same %s', async (_, thread) => {
    await record(fc.sample(step, { seed: 7, numRuns: 200 }))
    expect(existsSync(WORKER), 'built: npx tsc -b').toBe(true)
    const truth = await told(evolving)
    expect(await told(rebuilding(thread))).toEqual(truth)
    expect(await told(rebuilding(thread, 3_000))).toEqual(truth)
  })

  it('are made of events where a line is damaged: what was seen stays what can be read', async () => {
    await record(fc.sample(step, { seed: 7, numRuns: 40 }))
    const [name] = (await readdir(home.segments.events)).toSorted()
    const path = join(home.segments.events, name!)
    const bytes = await readFile(path)
    const whole = await told(evolving)
    for (const [what, other] of [
      ['"rank":', '"rank"?'],
      ['"tokens"', '\xff'],
      ['"event":"Session', '"event"="Session'],
    ] as const) {
      const damaged = Buffer.from(bytes)
      damaged.write(other, bytes.indexOf(what, bytes.length >> 1), 'latin1')
      await store.close()
      await writeFile(path, damaged)
      store = await openEventStore(platform, home)
      const truth = await told(evolving)
      expect(truth).not.toEqual(whole)
      expect(await told(rebuilding(undefined))).toEqual(truth)
    }
  })

  it('are made of events where somebody wrote others by hand', async () => {
    await record(fc.sample(step, { seed: 7, numRuns: 10 }))
    await store.append('session-hand', [{ event: 'SessionStarted', id: 'by-hand', data: null }])
    await store.append('session-a', [{ event: 'Noted', id: 'other', data: {} }])
    await store.append('task-1', [{ event: 'TaskClaimed', id: 'task', data: {} }])
    expect(await told(rebuilding(undefined))).toEqual(await told(evolving))
    const names = (await readdir(home.segments.events)).toSorted()
    await appendFile(join(home.segments.events, names.at(-1)!), '{"event":"TaskClaimed","id":"x"')
    expect(await told(rebuilding(undefined))).toEqual(await told(evolving))
  })
})
