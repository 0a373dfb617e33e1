import { mkdtemp, mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { nodePlatform, readWhole } from '../platform/index.ts'
import { HomeDamagedError, HomeMissingError, HomeNewerError, HomeUnwritableError } from './errors.ts'
import { openHome } from './home.ts'

const platform = nodePlatform()
let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'spanledger-'))
})
afterEach(() => rm(dir, { recursive: true }))

test('creates what is missing for the owner only, also when several processes do at once', async () => {
  const homes = await Promise.all(Array.from({ length: 5 }, () => openHome(platform, join(dir, 'a', 'home'))))
  const [home] = homes
  expect(Buffer.from((await readWhole(platform.files, join(home!.dir, 'home.json')))!).toString()).toBe(
    '{"spanledger":1}\n',
  )
  for (const folder of [home!.dir, ...Object.values(home!.segments), home!.run, home!.index]) {
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
  }
  expect((await stat(join(home!.dir, 'home.json'))).mode & 0o777).toBe(0o600)
  expect(await platform.files.readdir(home!.run)).toEqual([])
})

test('refuses a newer or damaged home without touching anything', async () => {
  await writeFile(join(dir, 'home.json'), '{"spanledger":2}')
  await expect(openHome(platform, dir)).rejects.toThrow(HomeNewerError)
  await expect(openHome(platform, dir, { readOnly: true })).rejects.toMatchObject({ found: 2, supported: 1 })
  await writeFile(join(dir, 'home.json'), '{"span')
  await expect(openHome(platform, dir)).rejects.toThrow(HomeDamagedError)
  expect(await platform.files.readdir(dir)).toEqual(['home.json'])
})

test('says so when it cannot be written', async () => {
  await writeFile(join(dir, 'file'), '')
  await expect(openHome(platform, join(dir, 'file', 'home'))).rejects.toThrow(HomeUnwritableError)
  await mkdir(join(dir, 'home', 'run'), { recursive: true })
  await writeFile(join(dir, 'home', 'ledger'), '')
  await expect(openHome(platform, join(dir, 'home'))).rejects.toMatchObject({
    code: 'HOME_UNWRITABLE',
    dir: join(dir, 'home'),
  })
})

test('for reading only creates nothing', async () => {
  await expect(openHome(platform, join(dir, 'home'), { readOnly: true })).rejects.toThrow(HomeMissingError)
  expect(await platform.files.readdir(dir)).toEqual([])
  await openHome(platform, join(dir, 'home'))
  expect((await openHome(platform, join(dir, 'home'), { readOnly: true })).readOnly).toBe(true)
})
