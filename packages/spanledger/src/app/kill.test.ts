import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { startDaemonProcess, type DaemonProcess } from './testing/daemon-process.ts'

const ROUNDS = 200
const LANES = 2
const SPANS_PER_REQUEST = 40
const CONNECTIONS = 3

const folder = mkdtempSync(join(tmpdir(), 'spanledger-kill-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a daemon that is killed with -9 under load', () => {
  it(`keeps every acknowledged span exactly once, over ${ROUNDS} rounds`, { timeout: 300_000 }, async () => {
    const lanes = await Promise.all(
      Array.from({ length: LANES }, (_, lane) => runLane(join(folder, String(lane)))),
    )
    const acknowledged = lanes.reduce((sum, lane) => sum + lane.acknowledged, 0)
    // Not a test of an idle daemon: most rounds must have had something acknowledged before the kill.
    expect(acknowledged).toBeGreaterThan(ROUNDS * SPANS_PER_REQUEST)
    expect(lanes.map(({ missing, doubled }) => ({ missing, doubled }))).toEqual(
      lanes.map(() => ({ missing: [], doubled: [] })),
    )
  })
})

async function runLane(
  home: string,
): Promise<{ acknowledged: number; missing: string[]; doubled: string[] }> {
  const acknowledged: string[] = []
  for (let round = 0; round < ROUNDS / LANES; round++) {
    const daemon = await startDaemonProcess(home)
    const load = Array.from({ length: CONNECTIONS }, () => sendUntilItBreaks(daemon, acknowledged))
    await sleep(20 + Math.random() * 60)
    await daemon.end('SIGKILL')
    await Promise.all(load)
  }
  const times = countSpans(join(home, 'ledger/spans'))
  return {
    acknowledged: acknowledged.length,
    missing: acknowledged.filter((id) => !times.has(id)),
    doubled: acknowledged.filter((id) => (times.get(id) ?? 0) > 1),
  }
}

async function sendUntilItBreaks(daemon: DaemonProcess, acknowledged: string[]): Promise<void> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  for (;;) {
    const ids = Array.from({ length: SPANS_PER_REQUEST }, () => randomBytes(8).toString('hex'))
    if (!(await send(daemon.otlpHttpPort, agent, ids))) break
    acknowledged.push(...ids)
  }
  agent.destroy()
}

/** True once the daemon has answered 200. */
function send(port: number, agent: http.Agent, ids: string[]): Promise<boolean> {
  const spans = ids.map((spanId) => ({
    traceId: randomBytes(16).toString('hex'),
    spanId,
    name: 'work',
    startTimeUnixNano: '1700000000000000000',
    endTimeUnixNano: '1700000000000001000',
    attributes: [{ key: 'padding', value: { stringValue: 'x'.repeat(200) } }],
  }))
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
  const options = { host: '127.0.0.1', port, path: '/v1/traces', method: 'POST', agent }
  return new Promise((resolve) => {
    const request = http.request(
      { ...options, headers: { 'content-type': 'application/json' } },
      (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode === 200))
        response.on('error', () => resolve(false))
      },
    )
    request.on('error', () => resolve(false))
    request.end(body)
  })
}

/** Whole lines only, as any reader of the ledger would take them. */
function countSpans(spansFolder: string): Map<string, number> {
  const times = new Map<string, number>()
  for (const name of readdirSync(spansFolder)) {
    const lines = readFileSync(join(spansFolder, name), 'utf8').split('\n')
    lines.pop()
    for (const line of lines) {
      const { span } = JSON.parse(line) as { span?: string }
      if (span !== undefined) times.set(span, (times.get(span) ?? 0) + 1)
    }
  }
  return times
}
