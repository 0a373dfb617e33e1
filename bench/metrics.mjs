// What it takes to scrape GET /metrics of a daemon with many sessions: as Prometheus asks, again and again.
import { writeSessionEvents } from './session-events.mjs'
import { count, startDaemon, tempHome } from './lib.mjs'

const SESSIONS = 10_000
/** Of one session: model calls and tool calls, some told twice. */
const EVENTS = 12
/** A session is done with the turn it is in. */
const EVENTS_MADE = 15
const SCRAPES = 100

export async function run() {
  const { home, remove } = tempHome()
  const { sessions } = writeSessionEvents(home, SESSIONS * EVENTS_MADE, { sessionEvents: EVENTS })
  const daemon = await startDaemon(home)
  const url = `http://localhost:${daemon.port}/metrics`
  const first = await scrape(url)
  const times = []
  for (let i = 0; i < SCRAPES; i++) times.push((await scrape(url)).ms)
  await daemon.stop()
  remove()
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share) => sorted[Math.ceil(share * SCRAPES) - 1].toFixed(0)
  return [
    {
      what: `scrape of ${count(sessions)} sessions, ${count(first.bytes)} bytes`,
      value: `${at(0.5)} ms (p95 ${at(0.95)} ms; the first, which reads the ledger, ${count(Math.round(first.ms))} ms)`,
      goal: '50 ms',
    },
  ]
}

async function scrape(url) {
  const started = performance.now()
  const text = await (await fetch(url)).text()
  if (!text.includes('spanledger_agents{')) throw new Error(`no metrics: ${text.slice(0, 200)}`)
  return { ms: performance.now() - started, bytes: text.length }
}
