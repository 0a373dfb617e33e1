// A program that has the two packages as they are published: copied beside its node_modules, and nothing else.
import { record, shutdown } from '@spanledger/sdk'
import { instrumentCache } from '@spanledger/instrument/cache'
import { openEvents } from '@spanledger/instrument/events'
import { Jobs } from '@spanledger/instrument/jobs'

const prices = new Map()
const cache = instrumentCache(
  { get: (key) => prices.get(key), set: (key, value) => void prices.set(key, value) },
  { name: 'prices' },
)
const events = await openEvents()
const jobs = new Jobs({ queue: 'letters', events })
await record('order', async () => {
  cache.get('tea')
  await jobs.enqueue({ id: '1', name: 'welcome', data: {} }, async () => {})
})
await events.close()
await shutdown()
