// Claims a second by library, with 8 processes that contend for the same home, the same tasks and one team's limit.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openHome } from '../packages/sdk/dist/ledger/index.js'
import { nodePlatform } from '../packages/sdk/dist/platform/index.js'
import { openEventStore } from '../packages/sdk/dist/store/index.js'
import { Work } from '../packages/spanledger/dist/work/index.js'
import { count, median, tempHome } from './lib.mjs'

const ROUNDS = 3
const PROCESSES = 8
const TASKS = 600

export async function run() {
  const [same, own] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    same.push(await claimRate('same'))
    own.push(await claimRate('own'))
  }
  return [
    {
      what: `claims decided, ${PROCESSES} processes after the same ${TASKS} tasks`,
      value: `${count(median(same) * PROCESSES)}/s, won ${count(median(same))}/s (${same.map(count).join(', ')})`,
      goal: '200/s',
    },
    {
      what: `claims won, ${PROCESSES} processes after ${TASKS} tasks, each wants others`,
      value: `${count(median(own))}/s (${own.map(count).join(', ')})`,
      goal: '200/s',
    },
  ]
}

async function claimRate(whose) {
  const { home, remove } = tempHome()
  await openHome(nodePlatform(), home)
  // Limits that hold: none is met, each is looked at.
  writeFileSync(join(home, 'policies.yaml'), `teams: { bench: { wipLimit: ${TASKS} } }\n`)
  const workers = Array.from({ length: PROCESSES }, (_, i) => startWorker(home, i, whose))
  await Promise.all(workers.map(({ ready }) => ready))
  const started = performance.now()
  for (const { begin } of workers) begin()
  const won = await Promise.all(workers.map(({ won: mine }) => mine))
  const seconds = (performance.now() - started) / 1000
  remove()
  const total = won.reduce((sum, mine) => sum + mine, 0)
  if (total !== TASKS) throw new Error(`${total} claims were won, of ${TASKS} tasks`)
  return total / seconds
}

function startWorker(home, i, whose) {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), home, String(i), whose], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let text = ''
  const { promise: ready, resolve: isReady } = deferred()
  child.stdout.setEncoding('utf8').on('data', (part) => {
    text += part
    if (text.includes('ready')) isReady()
  })
  const won = new Promise((resolve) => child.on('close', () => resolve(Number(text.split('\n')[1]))))
  return { ready, won, begin: () => child.stdin.end('go') }
}

function deferred() {
  let resolve
  const promise = new Promise((done) => (resolve = done))
  return { promise, resolve }
}

/** Tries to claim every task, in the same order as all the others, so that one wins each; or only those of its own. */
async function work(dir, i, whose) {
  const agent = `agent-${i}`
  const platform = nodePlatform()
  const home = await openHome(platform, dir)
  const events = await openEventStore(platform, home)
  const tasks = new Work({
    platform,
    home,
    events,
    redact: (text) => text,
    workingDirectory: dir,
    userHome: dir,
    asking: { agent },
  })
  console.log('ready')
  for await (const _ of process.stdin);
  let won = 0
  for (let n = 0; n < TASKS; n++) {
    if (whose === 'own' && n % PROCESSES !== i) continue
    const { refused, task } = await tasks.run({
      do: 'claim',
      type: 'bench',
      title: `Task ${n}`,
      team: 'bench',
      fields: {},
    })
    if (refused === undefined && task.claim.agent === agent) won++
  }
  console.log(won)
  await tasks.close()
  await events.close()
}

if (process.argv[2] !== undefined && process.argv[1] === fileURLToPath(import.meta.url))
  await work(process.argv[2], Number(process.argv[3]), process.argv[4])
