import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onOneProcessor } from './lib.mjs'

/** Requests a server has before one counts, and in a turn that counts: some 50 ms. */
const WARMUP = 4_000
const REQUESTS = 200
/** Processes of each server: how one is laid out in memory, and compiled, makes it some percent faster or slower for all its life. */
const ROUNDS = 7
/** Turns of each server in a round, one after the other, so that what disturbs the machine disturbs all of them. */
const TURNS = 30

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
 * threads counted, is what a CPU-bound server has fewer requests by. All take turns on one processor, since one may be a third
 * slower than the next for as long as a neighbour uses what they share. The cost is the median of the rounds' own.
 */
export async function run() {
  const home = mkdtempSync(join(tmpdir(), 'spanledger-bench-'))
  const rounds = []
  try {
    for (let round = 0; round < ROUNDS; round++) rounds.push(await runRound(home))
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
  return Object.entries(SERVERS).map(([name, is]) => {
    const taken = sorted(rounds.map((round) => round[name]))
    const lost = sorted(rounds.map((round) => (1 - round.bare / round[name]) * 100))
    const told =
      name === 'bare'
        ? ''
        : `, ${percent(median(lost))} off the throughput (${percent(lost[0])} to ${percent(lost.at(-1))})`
    return {
      what: `a request: ${is}`,
      value: `${median(taken).toFixed(0)} us of CPU time${told}`,
      goal: name === 'ledger' ? '10 % at most' : '',
    }
  })
}

/** Microseconds of a request, by server. */
async function runRound(home) {
  const servers = Object.keys(SERVERS).map((name) => ({ name, took: 0, ...start(name, home) }))
  try {
    for (const server of servers) await server.ask(WARMUP)
    for (let turn = 0; turn < TURNS; turn++)
      for (const server of servers) server.took += (await server.ask(REQUESTS)) / TURNS
    return Object.fromEntries(servers.map(({ name, took }) => [name, took]))
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
}

const sorted = (numbers) => numbers.toSorted((one, other) => one - other)
const median = (ascending) => ascending[Math.floor(ascending.length / 2)]
const percent = (value) => `${value.toFixed(1)} %`

function start(name, home) {
  const server = fileURLToPath(new URL('sdk-http-server.mjs', import.meta.url))
  const [execPath, ...execArgv] = onOneProcessor(process.execPath)
  const child = fork(server, [name, home], { execPath, execArgv })
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
