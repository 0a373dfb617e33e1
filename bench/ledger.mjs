// Durable domain events a second, beside what fdatasync itself costs on this disk; and the signal store alone.
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { openHome } from '../packages/sdk/dist/ledger/index.js'
import { nodePlatform, uuidv7 } from '../packages/sdk/dist/platform/index.js'
import { openEventStore, openSignalStore } from '../packages/sdk/dist/store/index.js'
import { count, median, tempHome } from './lib.mjs'

const ROUNDS = 5
const SINGLE = 300
const GROUPED = 20_000
const SIGNAL_BATCHES = 1_500
const SIGNAL_BATCH_BYTES = 250_000

export async function run() {
  const platform = nodePlatform()
  const rows = []
  const rates = { sync: [], single: [], grouped: [], signals: [] }
  for (let round = 0; round < ROUNDS; round++) {
    const { folder, home: dir, remove } = tempHome()
    const home = await openHome(platform, dir)
    rates.sync.push(syncRate(join(folder, 'sync')))
    rates.single.push(await singleRate(platform, home))
    rates.grouped.push(await groupedRate(platform, home))
    rates.signals.push(await signalRate(platform, home))
    remove()
  }
  rows.push({
    what: 'append of 200 bytes and fdatasync, nothing else',
    value: shown(rates.sync),
    goal: "the machine's limit",
  })
  rows.push({
    what: 'durable domain events, one after the other',
    value: shown(rates.single),
    goal: 'published',
  })
  rows.push({
    what: 'durable domain events, appended at once (group commit)',
    value: shown(rates.grouped),
    goal: 'published',
  })
  rows.push({
    what: 'signal store alone, batches of 250 kB',
    value: `${count(median(rates.signals))} MB/s`,
    goal: 'published',
  })
  return rows
}

const event = (platform, n) => ({
  event: 'BenchHappened',
  id: uuidv7(platform),
  data: {
    n,
    text: 'a hundred bytes of data make an event that is as large as most of them are, more or less',
  },
})
const shown = (values) => `${count(median(values))}/s (${values.map(count).join(', ')})`
const perSecond = (n, started) => n / ((performance.now() - started) / 1000)

function syncRate(path) {
  const file = openSync(path, 'w')
  const bytes = Buffer.alloc(200, 'x')
  const started = performance.now()
  for (let i = 0; i < SINGLE; i++) {
    writeSync(file, bytes)
    fdatasyncSync(file)
  }
  const rate = perSecond(SINGLE, started)
  closeSync(file)
  return rate
}

async function singleRate(platform, home) {
  const store = await openEventStore(platform, home)
  const started = performance.now()
  for (let i = 0; i < SINGLE; i++) await store.append('bench', [event(platform, i)])
  const rate = perSecond(SINGLE, started)
  await store.close()
  return rate
}

async function groupedRate(platform, home) {
  const store = await openEventStore(platform, home)
  const started = performance.now()
  await Promise.all(
    Array.from({ length: GROUPED }, (_, i) => store.append(`bench-${i % 100}`, [event(platform, i)])),
  )
  const rate = perSecond(GROUPED, started)
  await store.close()
  return rate
}

async function signalRate(platform, home) {
  const store = openSignalStore(platform, home)
  const lines = Buffer.from(`${'{"span":"0123456789abcdef"}'.padEnd(499)}\n`.repeat(SIGNAL_BATCH_BYTES / 500))
  const started = performance.now()
  for (let i = 0; i < SIGNAL_BATCHES; i++)
    await store.append({ kind: 'spans', lines, count: lines.length / 500, definitions: new Map() })
  const rate = perSecond((SIGNAL_BATCHES * SIGNAL_BATCH_BYTES) / 1e6, started)
  await store.close()
  return rate
}
