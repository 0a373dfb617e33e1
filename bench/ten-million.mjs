// Ten million spans with the variety of real services: sealed, then asked. About 12 minutes and 7 GB of disk; not in the default run.
//   npm run bench -- ten-million          SPANS=1000000 makes it smaller
import { execFile } from 'node:child_process'
import { readdirSync, statSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createRequire } from 'node:module'
import { cli, count, median, root, startDaemon, tempHome } from './lib.mjs'
import { END_MS, ingestBesideSealing, sealed, writeRestingLedger } from './sealing.mjs'

/** The program's own. */
const { DuckDBInstance } = createRequire(join(root, 'packages/spanledger/package.json'))('@duckdb/node-api')
const exec = promisify(execFile)
const SPANS = Number(process.env.SPANS ?? 10_000_000)
const WARM_ROUNDS = 15
const COLD_ROUNDS = 3
const INGEST_SECONDS = 8
const LAST_HOUR = new Date(END_MS - 3_600_000).toISOString()

export async function run() {
  const { home, remove } = tempHome()
  try {
    const ledger = writeRestingLedger(home, { spans: SPANS })
    const peers = await peersOver(home, ledger)
    const sealing = await sealed(home, SPANS)
    return [
      ...sealing,
      ...sizes(home),
      ...(await questions(home, ledger)),
      ...peers,
      ...(await ingestBesideSealing({ rounds: 3, seconds: INGEST_SECONDS, spans: 1_500_000 })),
    ]
  } finally {
    remove()
  }
}

function sizes(home) {
  const bytes = (folder, suffix) =>
    readdirSync(join(home, folder))
      .filter((name) => name.endsWith(suffix))
      .reduce((sum, name) => sum + statSync(join(home, folder, name)).size, 0)
  const operations = bytes('index/columns/spans', '.operations.parquet')
  const parts = {
    'text (gzip)': bytes('ledger/spans', '.jsonl.gz'),
    manifests: bytes('ledger/spans', '.json'),
    columns: bytes('index/columns/spans', '.parquet') - operations,
    'histograms of operations': operations,
    'filter of attributes': bytes('index/columns/spans', '.filter') + bytes('index/columns/spans', '.json'),
    'index of traces': bytes('index/segments/spans', ''),
  }
  const all = Object.values(parts).reduce((sum, part) => sum + part, 0)
  return [
    {
      what: 'a sealed span, all in',
      value: `${(all / SPANS).toFixed(1)} bytes`,
      goal: "at most 120, aim 90; Jaeger's ClickHouse layout: 76 for columns only, a figure we were given",
    },
    ...Object.entries(parts).map(([what, part]) => ({
      what: `of which ${what}`,
      value: `${(part / SPANS).toFixed(1)} bytes`,
      goal: 'published',
    })),
  ]
}

/** Name, question, what it is as a command, goal when warm. `n` is another one each time. */
function asked({ traceIds, requests }) {
  return [
    [
      'trace by id',
      (n) => ['trace', { id: traceIds[n * 97] }],
      (n) => ['trace', 'show', traceIds[n * 97]],
      '20 ms',
    ],
    ['promoted attribute, frequent (a status code)', ...attr(() => 'http.response.status_code=503'), '50 ms'],
    ['promoted attribute, rare (a user)', ...attr((n) => `user.id=u-${90_000 + n * 131}`), '50 ms'],
    ['promoted attribute, nowhere', ...attr((n) => `user.id=nobody-${n}`), '50 ms'],
    ['any attribute, frequent (a tier)', ...attr(() => 'user.tier=gold'), '500 ms'],
    ['any attribute, in 20 to 30 spans (a cache key)', ...attr((n) => `cache.key=orders:${n * 7}`), '500 ms'],
    [
      'any attribute, in one trace (a request id)',
      ...attr((n) => `request.id=${requests[n * 97]}`),
      '500 ms',
    ],
    ['any attribute, nowhere', ...attr((n) => `request.id=never-${n}`), '500 ms'],
    [
      "last hour's errors",
      () => ['traces', { status: 'error', since: LAST_HOUR }],
      () => ['traces', '--status', 'error', '--since', LAST_HOUR],
      '50 ms',
    ],
    ['p95 by operation (operations)', () => ['operations', {}], () => ['operations'], '300 ms'],
    [
      'sql: count by promoted attribute, all spans',
      ...sql('SELECT "http.route", count(*) FROM spans GROUP BY ALL ORDER BY ALL'),
      'published',
    ],
    ['sql: approximate p95 by name, all spans', ...sql(P95), 'published'],
  ]
}

const attr = (of) => [(n) => ['traces', { attr: of(n) }], (n) => ['traces', '--attr', of(n)]]
const P95 = 'SELECT name, approx_quantile(duration_ns, 0.95) FROM spans GROUP BY ALL ORDER BY ALL'
const sql = (query) => [() => ['sql', { query }], () => ['sql', query]]

async function questions(home, ledger) {
  const list = asked(ledger)
  const cold = []
  for (const [, , command] of list) {
    const times = []
    for (let round = 0; round < COLD_ROUNDS; round++) {
      const started = performance.now()
      await exec(process.execPath, [cli, ...command(round), '--json', '--home', home], { maxBuffer: 1 << 28 })
      times.push(performance.now() - started)
    }
    cold.push(median(times))
  }
  const daemon = await startDaemon(home)
  const { token, port } = JSON.parse(readFileSync(join(home, 'run/daemon.json'), 'utf8'))
  const rows = []
  for (const [i, [what, question, , goal]] of list.entries()) {
    const times = []
    for (let round = 0; round < WARM_ROUNDS; round++) {
      const [name, params] = question(round)
      const started = performance.now()
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/${name}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify(params),
      })
      const text = await response.text()
      if (!response.ok) throw new Error(text)
      if (round > 0) times.push(performance.now() - started)
    }
    const worst = Math.max(...times)
    rows.push({
      what,
      value: `${median(times).toFixed(1)} ms warm (worst ${worst.toFixed(0)}), ${cold[i].toFixed(0)} ms cold`,
      goal: goal === 'published' ? goal : `${goal} warm`,
    })
  }
  rows.push({
    what: 'memory of the daemon through all of it, peak',
    value: `${daemon.memory()?.peak} MiB`,
    goal: 'below 400 MB',
  })
  await daemon.stop()
  return rows
}

async function timed(work) {
  const started = performance.now()
  await work()
  return `${count(performance.now() - started)} ms`
}

/** What the same machine takes without us, over the plain lines. */
async function peersOver(home, { traceIds }) {
  const folder = join(home, 'ledger/spans')
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const p95 = `SELECT name, approx_quantile(ns, 0.95) FROM read_json('${folder}/*.jsonl', format = 'newline_delimited',
    columns = {name: 'VARCHAR', ns: 'BIGINT', span: 'VARCHAR'}) WHERE span IS NOT NULL GROUP BY ALL`
  const rows = [
    {
      what: 'DuckDB alone over the plain lines: p95 by name',
      value: await timed(() => connection.run(p95)),
      goal: 'peer',
    },
    {
      what: 'grep over the plain lines: a trace id',
      value: await timed(() =>
        exec('sh', ['-c', `grep -h ${traceIds[500]} ${folder}/*.jsonl`], { maxBuffer: 1 << 26 }),
      ),
      goal: 'peer',
    },
  ]
  connection.closeSync()
  instance.closeSync()
  return rows
}
