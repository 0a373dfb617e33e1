// Questions over a ledger of 1,000,000 spans: as a cold command, and warm in a running daemon.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cli, median, startDaemon, tempHome } from './lib.mjs'
import { createWorkload } from './dist/otlp/testing/workload.js'
import { createGenAiSession } from './gen-ai.mjs'

const exec = promisify(execFile)
const SPANS = 1_000_000
const SPANS_PER_REQUEST = 2_000
const SESSIONS = 200
const COLD_ROUNDS = 5
const WARM_ROUNDS = 21

export async function run() {
  const { home, remove } = tempHome()
  const daemon = await startDaemon(home)
  const { traceId, sessionId } = await fill(daemon)
  const { token, port } = JSON.parse(readFileSync(join(home, 'run/daemon.json'), 'utf8'))
  const warm = async (name, params) => {
    const times = []
    for (let round = 0; round < WARM_ROUNDS; round++) {
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
    return `${median(times).toFixed(1)} ms`
  }
  const rows = [
    {
      what: 'session show, warm in the daemon',
      value: await warm('session', { id: sessionId }),
      goal: 'below 200 ms',
    },
    {
      what: 'trace show, warm in the daemon',
      value: await warm('trace', { id: traceId }),
      goal: 'below 200 ms',
    },
    { what: 'sessions, warm in the daemon', value: await warm('sessions', {}), goal: 'published' },
  ]
  await daemon.stop()
  const cold = async (args) => {
    const times = []
    for (let round = 0; round < COLD_ROUNDS; round++) {
      const started = performance.now()
      await exec(process.execPath, [cli, ...args, '--json', '--home', home], { maxBuffer: 1 << 28 })
      times.push(performance.now() - started)
    }
    return `${median(times).toFixed(0)} ms`
  }
  rows.push(
    {
      what: 'session show, as a command without a daemon',
      value: await cold(['session', 'show', sessionId]),
      goal: 'below 700 ms',
    },
    {
      what: 'trace show, as a command without a daemon',
      value: await cold(['trace', 'show', traceId]),
      goal: 'below 700 ms',
    },
    {
      what: 'traces of the last hour, as a command without a daemon',
      value: await cold(['traces', '--since', '1h']),
      goal: 'published',
    },
    {
      what: 'sql: count and p95 by name, as a command without a daemon',
      value: await cold([
        'sql',
        'select name, count(*), quantile_cont(duration_ms, 0.95) from spans group by name',
      ]),
      goal: 'published',
    },
  )
  remove()
  return rows
}

async function fill(daemon) {
  const next = createWorkload('traces', { seed: 7, records: SPANS_PER_REQUEST })
  const post = async (body, type) => {
    const response = await fetch(`http://127.0.0.1:${daemon.otlpHttpPort}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    })
    if (response.status !== 200) throw new Error(`status ${response.status}`)
  }
  const sessions = Array.from({ length: SESSIONS }, (_, i) => createGenAiSession(i))
  let sent = 0
  for (let request = 0; sent < SPANS; request++) {
    const session = sessions[request]
    if (session) {
      await post(session.body, 'application/json')
      sent += session.spans
    }
    await post(next().protobuf, 'application/x-protobuf')
    sent += SPANS_PER_REQUEST
  }
  const middle = sessions[SESSIONS / 2]
  return { traceId: middle.traceId, sessionId: middle.sessionId }
}
