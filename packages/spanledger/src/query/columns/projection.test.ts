import { readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openHome } from '@spanledger/sdk/ledger'
import { nodePlatform } from '@spanledger/sdk/platform'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createSegmentIndexes } from '../segments/segment-index.ts'
import { origin, smallLedger, type SmallLedger, span } from '../testing/small-ledger.ts'
import { columnsProjection } from './projection.ts'

let ledger: SmallLedger
beforeEach(() => void (ledger = smallLedger()))
afterEach(() => ledger.remove())

async function sealAll(): Promise<unknown[]> {
  const steps: unknown[] = []
  for await (const step of (await (await ledger.queries()).run('seal', {})) as AsyncIterable<unknown>)
    steps.push(step)
  return steps
}
async function open() {
  const platform = nodePlatform()
  const home = await openHome(platform, ledger.dir)
  return columnsProjection(platform, home, createSegmentIndexes(platform, home))
}
const folder = (): string => join(ledger.dir, 'index/columns/spans')

it('tells how many sealed segments have columns, makes them again, and checks what is kept', async () => {
  const shop = origin('shop')
  for (let i = 0; i < 3; i++)
    utimesSync(ledger.segment('spans', [shop, span(i, i, { attrs: { a: i }, in: shop.origin })]), 1, 1)
  await sealAll()
  const columns = await open()
  const current = { state: 'current', unit: 'segments', seen: 3, behind: 0, rebuilding: null }
  expect(await columns.status()).toMatchObject(current)
  expect(await columns.check()).toEqual({ compared: 3, differing: [] })

  const damaged = readdirSync(folder()).find((name) => name.endsWith('.filter'))!
  const bytes = readFileSync(join(folder(), damaged))
  writeFileSync(
    join(folder(), damaged),
    bytes.map((byte) => byte ^ 1),
  )
  expect(await columns.check()).toEqual({ compared: 3, differing: [`spans/${damaged}`] })

  const told: unknown[] = []
  await columns.rebuild((progress) => told.push(progress))
  expect(told).toEqual([0, 1, 2, 3].map((done) => ({ done, total: 3 })))
  expect(await columns.check()).toEqual({ compared: 3, differing: [] })

  rmSync(folder(), { recursive: true })
  expect(await (await open()).status()).toMatchObject({ state: 'absent', seen: 0, behind: 3, bytes: 0 })
})

it.each([
  ['"files"', '"fIles"'],
  ['"rows":2', '"rows":3'],
  ['{"sha256"', ''],
])('reads the lines where a note has %s damaged, and makes its columns again', async (whole, damaged) => {
  const shop = origin('shop')
  const spans = [span(1, 1, { in: shop.origin }), span(2, 2, { in: shop.origin })]
  utimesSync(ledger.segment('spans', [shop, ...spans]), 1, 1)
  await sealAll()
  const path = join(
    folder(),
    readdirSync(folder()).find((name) => name.endsWith('.json'))!,
  )
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, text.replace(whole, damaged))
  const query = 'SELECT count(*) AS spans FROM spans'
  expect(await (await ledger.queries()).run('sql', { query })).toMatchObject({ rows: [{ spans: 2 }] })
  expect(await (await open()).status()).toMatchObject({ state: 'absent', behind: 1 })
  await sealAll()
  expect(await (await open()).status()).toMatchObject({ state: 'current' })
  expect(readFileSync(path, 'utf8')).toHaveLength(text.length)
})

it('sweeps what belongs to no segment, and drafts of builders that were killed', async () => {
  const shop = origin('shop')
  utimesSync(ledger.segment('spans', [shop, span(1, 1, { in: shop.origin })]), 1, 1)
  await sealAll()
  const kept = readdirSync(folder())
  for (const name of ['gone.parquet', 'gone.json', `${kept[0]!}.0123456789ab.draft`])
    writeFileSync(join(folder(), name), 'x')
  writeFileSync(join(folder(), 'notes of a person.txt'), 'x')
  await sealAll()
  expect(readdirSync(folder()).toSorted()).toEqual([...kept, 'notes of a person.txt'].toSorted())
})
