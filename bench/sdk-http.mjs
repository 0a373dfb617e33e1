import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Requests a server has before one counts, and in a turn that counts. */
const WARMUP = 5_000
const REQUESTS = 1_000
/** Turns of each server, one after the other: each is compared with the bare one of the same turn, a second ago. The median counts. */
const TURNS = 31

const SERVERS = {
  bare: 'not instrumented',
  off: 'instrumented, recording off',
  ledger: 'recording to the ledger',
  memory: 'recording to nowhere',
  opentelemetry: '@hono/otel with OpenTelemetry JS, batched to nowhere: one span in place of three',
}

/**
 * CPU time for one request of a Hono route that is about 200 us of JSON work behind one middleware, each server in a process of
 * its own that asks itself through the application's `fetch`: the cost of sockets would hide what is measured. CPU time, all
 * threads counted, is what a CPU-bound server has fewer requests by, and does not depend on what else the machine does.
 */
export async function run() {
  const home = mkdtempSync(join(tmpdir(), 'spanledger-bench-'))
  const servers = Object.keys(SERVERS).map((name) => ({ name, turns: [], ...start(name, home) }))
  try {
    for (const server of servers) await server.ask(WARMUP)
    for (let turn = 0; turn < TURNS; turn++)
      for (const server of servers) server.turns.push(await server.ask(REQUESTS))
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
    rmSync(home, { recursive: true, force: true })
  }
  const [bare] = servers
  return servers.map(({ name, turns }) => {
    const lost = (median(turns.map((us, turn) => 1 - bare.turns[turn] / us)) * 100).toFixed(1)
    return {
      what: `a request: ${SERVERS[name]}`,
      value: `${median(turns).toFixed(0)} us of CPU time${name === 'bare' ? '' : `, ${lost} % off the throughput`}`,
      goal: name === 'ledger' ? '10 % at most' : '',
    }
  })
}

const median = (turns) => turns.toSorted((a, b) => a - b)[Math.floor(turns.length / 2)]

function start(name, home) {
  const child = fork(fileURLToPath(new URL('sdk-http-server.mjs', import.meta.url)), [name, home])
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const failed = ended.then((code) => {
    throw new Error(`the ${name} server ended with ${code}`)
  })
  failed.catch(() => {})
  return {
    /** Resolves to the microseconds of CPU time that one took. */
    ask: (requests) => {
      const answer = new Promise((resolve) => child.once('message', resolve))
      child.send(requests)
      return Promise.race([answer, failed])
    },
    stop: () => {
      child.kill()
      return ended
    },
  }
}
