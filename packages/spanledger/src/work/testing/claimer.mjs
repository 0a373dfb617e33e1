// A process of its own for tests: claimer.mjs HOME REPOSITORY AGENT TASKS. Tells each claim it won on stdout, once that is acknowledged.
import { writeSync } from 'node:fs'
import process from 'node:process'
import { openHome } from '@spanledger/sdk/ledger'
import { nodePlatform } from '@spanledger/sdk/platform'
import { openEventStore } from '@spanledger/sdk/store'
import { Work } from '../../../dist/work/index.js'

const [dir, repository, agent, tasks] = process.argv.slice(2)
const platform = nodePlatform()
const home = await openHome(platform, dir)
const events = await openEventStore(platform, home)
const work = new Work({
  platform,
  home,
  events,
  redact: (text) => text,
  workingDirectory: repository,
  userHome: repository,
  asking: { agent },
})
for (let n = 0; n < Number(tasks); n++) {
  // Every other task has a file, which a claim moves and writes.
  const which =
    n % 2 === 0 ? { id: `file-${n}` } : { type: 'bug', title: `Task ${n}`, team: 'web', fields: {} }
  const ran = await work.run({ do: 'claim', ...which })
  if (ran.refused === undefined) writeSync(1, `${ran.task.id}\n`)
}
await work.close()
await events.close()
