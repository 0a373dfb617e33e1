// Sealing with columns: how fast, what it costs, and what it takes from receiving.
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cli, count, median, root, startDaemon, tempHome } from './lib.mjs'
import { DAY_MS, writeShopLedger } from './shop-ledger.mjs'

const exec = promisify(execFile)
const SPANS = 1_000_000
const BACKLOG = 600_000
export const END_MS = Date.UTC(2026, 10, 21, 6)
/** A daemon looks for closed segments after five. */
const BEFORE_SENDING_MS = 6_500

export async function run() {
  const { home, remove } = tempHome()
  try {
    writeRestingLedger(home, { spans: SPANS })
    return [
      ...(await sealed(home, SPANS)),
      ...(await ingestBesideSealing({ rounds: 3, seconds: 3, spans: BACKLOG })),
    ]
  } finally {
    remove()
  }
}

/** Segments at rest for so long that they are closed. */
export function writeRestingLedger(home, { spans, seed }) {
  const ledger = writeShopLedger(home, { spans, seed, endMs: END_MS })
  const folder = join(home, 'ledger/spans')
  const restedSince = (END_MS - DAY_MS) / 1000
  for (const name of readdirSync(folder)) utimesSync(join(folder, name), restedSince, restedSince)
  return ledger
}

/** By the clock, which other work on the machine slows, and by the process's own CPU time, which it does not. */
export async function sealed(home, spans) {
  const usage = join(home, 'usage.json')
  const started = performance.now()
  await exec(
    process.execPath,
    ['--import', join(root, 'bench/usage.mjs'), cli, 'seal', '--json', '--home', home],
    { maxBuffer: 1 << 26, env: { ...process.env, BENCH_USAGE: usage } },
  )
  const seconds = (performance.now() - started) / 1000
  const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(readFileSync(usage, 'utf8'))
  const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6
  return [
    {
      what: `sealing ${count(spans)} spans: text, columns, filters, histograms`,
      value: `${count(spans / seconds)} spans/s`,
      goal: '100,000',
    },
    {
      what: 'CPU of sealing, all threads',
      value: `${(cpuSeconds / (spans / 1e6)).toFixed(1)} s for a million spans, ${(cpuSeconds / seconds).toFixed(1)} cores busy`,
      goal: 'published',
    },
    {
      what: 'memory of the sealing process, peak',
      value: `${Math.round(maxRSS / 1024)} MiB`,
      goal: 'aim: below 300 MB',
    },
  ]
}

/** Ingest as fast as it goes, without sealing and while a backlog is sealed, in turns. */
export async function ingestBesideSealing({ rounds, seconds, spans }) {
  const rates = { alone: [], beside: [] }
  for (let round = 0; round < rounds; round++) {
    for (const mode of ['alone', 'beside']) {
      const { home, remove } = tempHome()
      writeRestingLedger(home, { spans, seed: round + 1 })
      writeFileSync(join(home, 'config.yaml'), `sealing: { background: ${mode === 'beside'} }\n`)
      const daemon = await startDaemon(home)
      await new Promise((resolve) => setTimeout(resolve, BEFORE_SENDING_MS))
      rates[mode].push(await ingest(daemon.otlpHttpPort, seconds))
      await daemon.stop()
      remove()
    }
  }
  const loss = 1 - median(rates.beside) / median(rates.alone)
  return [
    {
      what: 'ingest, nothing being sealed',
      value: `${count(median(rates.alone))} spans/s (${rates.alone.map(count).join(', ')})`,
      goal: 'published',
    },
    {
      what: 'ingest, while closed segments are sealed',
      value: `${count(median(rates.beside))} spans/s (${rates.beside.map(count).join(', ')}), ${(loss * 100).toFixed(0)} % less`,
      goal: 'at most 25 % less',
    },
  ]
}

async function ingest(port, seconds) {
  const options = { port, protocol: 'http/protobuf', seconds, connections: 4 }
  const { stdout } = await exec(process.execPath, [join(root, 'bench/sender.mjs'), JSON.stringify(options)])
  const sent = JSON.parse(stdout)
  return sent.spans / sent.seconds
}
