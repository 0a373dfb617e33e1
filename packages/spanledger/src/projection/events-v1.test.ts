import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { openHome } from '@spanledger/sdk/ledger'
import { nodePlatform } from '@spanledger/sdk/platform'
import { openEventStore } from '@spanledger/sdk/store'
import { costOf, openSessionReadModel, priceTable } from './index.ts'

const FIXTURE = fileURLToPath(new URL('../../../../fixtures/events-v1/', import.meta.url))
const SEGMENT = '00000000000000000001.jsonl'

it('tells of events of the first shape, of every type, what it told when they were written', async () => {
  const platform = nodePlatform()
  const home = await openHome(platform, await mkdtemp(join(tmpdir(), 'spanledger-v1-')))
  await copyFile(join(FIXTURE, SEGMENT), join(home.segments.events, SEGMENT))
  const events = await openEventStore(platform, home)
  const prices = priceTable([{ model: '*', validFrom: '1970-01-01', input: 3, output: 15, cacheRead: 0.3 }])
  const clock = { ...platform.clock, nowMs: () => Date.UTC(2030, 0) }
  const model = openSessionReadModel({ platform: { ...platform, clock }, home, events, prices })
  await model.refresh()
  const ids = model
    .list()
    .sessions.map(({ id }) => id)
    .toSorted()
  const answers = {
    sessions: await Promise.all(ids.map((id) => model.show(id))),
    agents: model.agents(),
    cost: costOf(() => model.figures(), 'model', {}),
  }
  await events.close()
  await rm(home.dir, { recursive: true })
  // More may be told of them by now; what was told then still holds.
  expect(answers).toMatchObject(JSON.parse(await readFile(join(FIXTURE, 'answers.json'), 'utf8')))
})
