import { randomUUID } from 'node:crypto'
import { cp, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openHome } from '../ledger/index.ts'
import type { Home } from '../ledger/index.ts'
import { nodePlatform } from '../platform/index.ts'
import { openEventStore } from './file-event-store.ts'
import { openSignalStore } from './file-signal-store.ts'
import { recorded, spans } from './testing/signal-store-contract.ts'
import { collect } from './testing/worlds.ts'

const platform = nodePlatform()

let parent: string
let home: Home
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'spanledger-'))
  home = await openHome(platform, join(parent, 'home'))
})
afterEach(() => rm(parent, { recursive: true }))

/** What people do to a folder that is being written to; the last is a restored backup. */
const TROUBLES: Record<string, () => Promise<void>> = {
  'the home is deleted': () => rm(home.dir, { recursive: true }),
  'the ledger is deleted': () => rm(join(home.dir, 'ledger'), { recursive: true }),
  'the ledger is moved away': () => rename(join(home.dir, 'ledger'), join(parent, 'away')),
  'the ledger is replaced by a copy': async () => {
    await cp(join(home.dir, 'ledger'), join(parent, 'copy'), { recursive: true })
    await rm(join(home.dir, 'ledger'), { recursive: true })
    await rename(join(parent, 'copy'), join(home.dir, 'ledger'))
  },
}

describe.each(Object.keys(TROUBLES))('while it is written to, %s', (trouble) => {
  test('signals acknowledged from then on are there within a second', async () => {
    const store = openSignalStore(platform, home)
    await store.append(spans('before'))
    await store.flush()
    await TROUBLES[trouble]!()
    await store.append(spans('after'))
    await expect
      .poll(async () => (await recorded(platform, home)).join(), { timeout: 5_000 })
      .toContain('after-1')
    await store.append(spans('later'))
    await store.close()
    const lines = await recorded(platform, home)
    expect(lines.filter((line) => line.includes('after-1'))).toHaveLength(1)
    expect(lines.join()).toContain('later-1')
    expect(await readdir(home.dir)).toContain('home.json')
  })

  test('events acknowledged from then on are there', async () => {
    const store = await openEventStore(platform, home)
    const append = (n: number): Promise<{ version: number }> =>
      store.append('s', [{ event: 'E', id: randomUUID(), data: { n } }])
    await append(1)
    await TROUBLES[trouble]!()
    // A refusal is as good, when the next append works.
    const { version } = await append(2).catch(() => append(2))
    await store.close()
    home = await openHome(platform, home.dir)
    const reopened = await openEventStore(platform, home)
    expect((await collect(reopened.readStream('s'))).at(-1)).toMatchObject({ version, data: { n: 2 } })
    await reopened.close()
  })
})

test('what a home refuses it refuses in the same words each time, so that they can be told once', async () => {
  const store = openSignalStore(platform, home)
  await rm(home.segments.spans, { recursive: true })
  await writeFile(home.segments.spans, 'a file in the way')
  const refusal = async (): Promise<string> => {
    const error = await store.append(spans('a')).catch((reason: Error) => reason)
    return error instanceof Error ? error.message : 'taken'
  }
  const first = await refusal()
  expect(first).toBe(`cannot write ${home.segments.spans}: ENOTDIR: not a directory`)
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(await refusal()).toBe(first)
  await rm(home.segments.spans)
  expect(await refusal()).toBe('taken')
  await store.close()
})
