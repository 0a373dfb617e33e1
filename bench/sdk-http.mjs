import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Requests a server has before one counts, and in a turn that counts. */
const WARMUP = 5_000
const REQUESTS = 1_000
/** Processes of each server: how one is laid out in memory, and compiled, makes it some percent faster or slower for all its life. */
const ROUNDS = 5
/** Turns of each server in a round, one after the other. The median of all counts; beside it stand the tenth part that took least, which nothing disturbed. */
const TURNS = 9

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
  const turns = new Map(Object.keys(SERVERS).map((name) => [name, []]))
  try {
    for (let round = 0; round < ROUNDS; round++) await runRound(home, turns)
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
  const bare = turns.get('bare')
  return [...turns].map(([name, taken]) => {
    const lost = (part) => `${((1 - at(part, bare) / at(part, taken)) * 100).toFixed(1)} %`
    const told =
      name === 'bare' ? '' : `, ${lost(0.5)} off the throughput (${lost(0.1)} in undisturbed turns)`
    return {
      what: `a request: ${SERVERS[name]}`,
      value: `${at(0.5, taken).toFixed(0)} us of CPU time${told}`,
      goal: name === 'ledger' ? '10 % at most' : '',
    }
  })
}

async function runRound(home, turns) {
  const servers = [...turns].map(([name, taken]) => ({ taken, ...start(name, home) }))
  try {
    for (const server of servers) await server.ask(WARMUP)
    for (let turn = 0; turn < TURNS; turn++)
      for (const server of servers) server.taken.push(await server.ask(REQUESTS))
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
}

/** Such a part of the turns took no longer. */
const at = (part, turns) => turns.toSorted((one, other) => one - other)[Math.floor(turns.length * part)]

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
