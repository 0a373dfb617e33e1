import { readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  log,
  metricDefinition,
  origin,
  point,
  smallLedger,
  type SmallLedger,
  span,
} from '../testing/small-ledger.ts'

let ledger: SmallLedger
beforeEach(() => void (ledger = smallLedger()))
afterEach(() => ledger.remove())

async function sealAll(): Promise<unknown[]> {
  const steps: unknown[] = []
  for await (const step of (await (await ledger.queries()).run('seal', {})) as AsyncIterable<unknown>)
    steps.push(step)
  return steps
}

const SHOP = origin('shop')
/** So that a segment has several blocks. */
const WIDE = 'wide '.repeat(3_000)

function segments(): void {
  const calls = metricDefinition({ name: 'calls', type: 'sum' })
  const spans = Array.from({ length: 300 }, (_, i) =>
    span(i % 40, i, { attrs: { wide: WIDE, 'user.id': `u-${i}`, price: i / 7 }, in: SHOP.origin }),
  )
  const logs = Array.from({ length: 5 }, (_, i) => log(i, { in: SHOP.origin }))
  const points = Array.from({ length: 5 }, (_, i) => point(calls, i, { in: SHOP.origin }))
  for (const path of [
    ledger.segment('spans', [SHOP, ...spans]),
    ledger.segment('spans', [SHOP, '{"span":"a line of another form"', span(1, 1, { in: SHOP.origin })]),
    ledger.segment('logs', [SHOP, ...logs]),
    ledger.segment('metrics', [SHOP, calls, ...points]),
  ])
    utimesSync(path, 1, 1)
}

/** Everything below HOME/index, by its path. */
function index(): Record<string, string> {
  const root = join(ledger.dir, 'index')
  const files = (readdirSync(root, { recursive: true }) as string[]).filter((name) =>
    statSync(join(root, name)).isFile(),
  )
  return Object.fromEntries(
    files.toSorted().map((name) => [name, readFileSync(join(root, name)).toString('base64')]),
  )
}

it('what is read along with sealing makes the same files as the sealed text', async () => {
  segments()
  expect((await sealAll()).at(-1)).toMatchObject({ summary: { segments: 4, left: 0, columns: 4 } })
  const along = index()
  expect(Object.keys(along).filter((name) => name.endsWith('.filter')).length).toBeGreaterThan(0)
  rmSync(join(ledger.dir, 'index'), { recursive: true })
  expect((await sealAll()).at(-1)).toMatchObject({ summary: { segments: 0, left: 0, columns: 4 } })
  expect(index()).toEqual(along)
})

it('keeps no plain text: neither its own, nor what a process that was killed has left', async () => {
  segments()
  const held = join(ledger.dir, 'index/held')
  await sealAll()
  expect(readdirSync(held)).toEqual([])
  writeFileSync(join(held, 'held-1000-0123456789ab-x.jsonl'), 'old')
  await sealAll()
  expect(readdirSync(held)).toEqual([])
})
