import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openHome, type Home } from '@spanledger/sdk/ledger'
import type { RecordedEvent } from '@spanledger/sdk/model'
import { nodePlatform } from '@spanledger/sdk/platform'
import { openEventStore, type EventStore } from '@spanledger/sdk/store'
import type { Place } from './look.ts'
import { rulesOf, Story } from './testing/stories.ts'
import { type WatcherOptions, watchSessions } from './watcher.ts'

let home: Home
let store: EventStore
let stop: AbortController
let running: Promise<void>[]
const platform = nodePlatform()

beforeEach(async () => {
  home = await openHome(platform, await mkdtemp(join(tmpdir(), 'spanledger-watch-')))
  store = await openEventStore(platform, home)
  stop = new AbortController()
  running = []
})
afterEach(async () => {
  stop.abort()
  await Promise.all(running)
  await store.close()
  await rm(home.dir, { recursive: true })
})

async function start(options: Partial<WatcherOptions> = {}): Promise<void> {
  const position = store.position.bind(store)
  let ready: (() => void) | undefined
  const asked = new Promise<void>((resolve) => (ready = resolve))
  const events = {
    ...store,
    position: () => position().finally(ready),
    readStream: store.readStream.bind(store),
  }
  running.push(watchSessions({ platform, events, rules: rulesOf(), signal: stop.signal, ...options }))
  await asked
}

/** As an adapter appends them, now. */
const append = async (story: Story, from = 0): Promise<unknown> =>
  store.append(
    `session-${story.session}`,
    story.events.slice(from).map(({ event, id, time, data }) => ({ event, id, time, data })),
  )

const storyNow = (session = 's1'): Story => Object.assign(new Story(session), { atMs: Date.now() - 60_000 })

const loop = (run: string) => (s: Story) => s.fails('Bash', 'npm test', { run })

async function foundIn(session = 's1'): Promise<RecordedEvent[]> {
  const found: RecordedEvent[] = []
  for await (const event of store.readStream(`session-${session}`))
    if (/Stuck|Progressed/.test(event.event)) found.push(event)
  return found
}
const namesIn = async (session?: string): Promise<string[]> =>
  (await foundIn(session)).map(({ event }) => event)

it('tells what it finds while the session works, and when it is over; two watchers tell it once', async () => {
  const heard: string[] = []
  await start({ onFinding: ({ kind }) => void heard.push(kind) })
  await start()
  const story = storyNow().times(6, (s) => s.fails('Bash', 'npm test'))
  await append(story)
  await expect.poll(() => namesIn()).toEqual(['SessionStuckDetected'])
  const told = story.events.length
  await append(story.tool('Edit', 'x'), told)
  await expect.poll(() => namesIn()).toEqual(['SessionStuckDetected', 'SessionStuckCleared'])
  expect(heard).toEqual(['repeated-call'])
})

it('reads what a session did before it began to watch', async () => {
  const story = storyNow().times(4, (s) => s.fails('Bash', 'npm test'))
  await append(story)
  await start()
  await append(story.fails('Bash', 'npm test'), 4)
  await expect.poll(() => namesIn()).toEqual(['SessionStuckDetected'])
})

it('asks git before it tells, and what git knows becomes progress', async () => {
  const places: Place[] = [
    { commit: 'c1', files: 'f1' },
    { commit: 'c1', files: 'f2' },
  ]
  const looked: string[] = []
  const look = async (folder: string): Promise<Place | undefined> => {
    looked.push(folder)
    return places.length > 1 ? places.shift() : places[0]
  }
  await start({ look })
  const story = storyNow().tool('Read', 'a', 'x', { workingDirectory: '/work/shop' })
  await append(story)
  await expect.poll(() => looked).toEqual(['/work/shop'])
  await append(
    story.times(5, (s) => s.fails('Bash', 'make')),
    1,
  )
  await expect
    .poll(() => foundIn())
    .toMatchObject([{ event: 'SessionProgressed', data: { change: 'files' } }])
  await append(
    story.times(5, (s) => s.fails('Bash', 'make')),
    6,
  )
  await expect.poll(() => namesIn()).toEqual(['SessionProgressed', 'SessionStuckDetected'])
})

it('leaves history alone, and sessions of other runs', async () => {
  await start({ run: 'mine' })
  const [old, other, mine] = [new Story('old'), storyNow('other'), storyNow('mine')]
  await append(old.times(6, loop('mine')))
  await append(other.times(6, loop('another')))
  await append(mine.times(6, loop('mine')))
  await expect.poll(() => namesIn('mine')).toEqual(['SessionStuckDetected'])
  expect([await namesIn('old'), await namesIn('other')]).toEqual([[], []])
})
