// Rebuilding what is derived from events, beside what reading and parsing the same file takes; memory; what changes cost.
import { readFileSync } from 'node:fs'
import { openHome } from '../packages/sdk/dist/ledger/index.js'
import { nodePlatform } from '../packages/sdk/dist/platform/index.js'
import { openEventStore } from '../packages/sdk/dist/store/index.js'
import { loadPrices, openSessionReadModel } from '../packages/spanledger/dist/projection/index.js'
import { count, median, startDaemon, tempHome } from './lib.mjs'
import { writeSessionEvents } from './session-events.mjs'

const EVENTS = 1_000_000
const ROUNDS = 3
const WARM_ROUNDS = 7
const LINE_FEED = 10

const shown = (list) => `${count(median(list))} events/s (${list.map(count).join(', ')})`

export async function run() {
  const { home: dir, remove } = tempHome()
  const { paths, sessions } = writeSessionEvents(dir, EVENTS)
  const rates = { parse: [], batches: [], rebuild: [], check: [] }
  const platform = nodePlatform()
  const home = await openHome(platform, dir)
  const events = await openEventStore(platform, home)
  const model = openSessionReadModel({ platform, home, events, prices: await loadPrices(platform, home) })
  await model.refresh()
  const rate = async (work) => {
    const started = performance.now()
    await work()
    return (EVENTS / (performance.now() - started)) * 1000
  }
  for (let round = 0; round < ROUNDS; round++) {
    rates.parse.push(await rate(() => paths.forEach(parseEach)))
    rates.batches.push(
      await rate(async () => {
        for await (const batch of events.readBatches()) if (batch.length === 0) throw new Error('empty')
      }),
    )
    rates.rebuild.push(await rate(() => model.projection.rebuild()))
    rates.check.push(await rate(() => model.projection.check()))
  }
  const { bytes } = await model.projection.status()
  await model.close()
  await events.close()

  const daemon = await startDaemon(dir)
  const { token, port } = JSON.parse(readFileSync(`${dir}/run/daemon.json`, 'utf8'))
  const ask = async (name, params = {}) => {
    const started = performance.now()
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/${name}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(params),
    })
    if (!response.ok) throw new Error(await response.text())
    await response.text()
    return performance.now() - started
  }
  const first = await ask('sessions')
  const again = async (name, params) => {
    const taken = []
    for (let i = 0; i < WARM_ROUNDS; i++) taken.push(await ask(name, params))
    return median(taken)
  }
  const warm = await again('sessions')
  const show = await again('session', { id: 'last' })
  const firstCost = await ask('cost', { by: 'model' })
  const cost = await again('cost', { by: 'model' })
  const diff = await ask('state.diff', { from: '2026-10-01', to: '2027-01-01' })
  const answered = daemon.memory()
  await ask('rebuild')
  const rebuilt = daemon.memory()
  await daemon.stop()
  remove()
  return [
    {
      what: 'plain read and JSON.parse of each line, one thread',
      value: shown(rates.parse),
      goal: "the machine's limit",
    },
    { what: 'the same through the event store', value: shown(rates.batches), goal: 'published' },
    {
      what: 'rebuild of all projections, two threads',
      value: shown(rates.rebuild),
      goal: '300,000 events/s',
    },
    { what: 'rebuild --check', value: shown(rates.check), goal: 'published' },
    {
      what: `snapshot of ${count(sessions)} sessions`,
      value: `${count(bytes / 1000)} kB`,
      goal: 'published',
    },
    {
      what: 'first question after a start, from the snapshot',
      value: `${count(first)} ms`,
      goal: 'published',
    },
    { what: 'sessions, warm', value: `${warm.toFixed(1)} ms`, goal: 'published' },
    { what: 'session show, warm', value: `${show.toFixed(1)} ms`, goal: 'below 200 ms' },
    {
      what: 'the first cost, which makes the projection of outcomes',
      value: `${count(firstCost)} ms`,
      goal: 'published',
    },
    { what: 'cost --by model, warm', value: `${cost.toFixed(1)} ms`, goal: 'published' },
    { what: 'state diff over all sessions', value: `${count(diff)} ms`, goal: 'published' },
    { what: 'daemon after these questions, at most', value: `${answered?.peak} MiB`, goal: 'below 400 MiB' },
    { what: 'daemon after a rebuild, at most', value: `${rebuilt?.peak} MiB`, goal: 'below 400 MiB' },
  ]
}

function parseEach(path) {
  const bytes = readFileSync(path)
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(LINE_FEED, start)
    JSON.parse(bytes.toString('utf8', start, end))
    start = end + 1
  }
}
