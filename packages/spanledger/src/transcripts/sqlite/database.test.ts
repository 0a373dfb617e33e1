import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { nodePlatform } from '@spanledger/sdk/platform'
import { openDatabase, type Row } from './database.ts'

const FIXTURES = fileURLToPath(new URL('../../../../../fixtures/transcripts/', import.meta.url))
const platform = nodePlatform()
let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'spanledger-sqlite-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function copied(files: readonly string[]): string {
  for (const file of files) copyFileSync(join(FIXTURES, file), join(folder, file))
  return join(folder, 'opencode.db')
}

async function rows(path: string, table: string): Promise<Row[]> {
  const database = await openDatabase(platform, path)
  const found: Row[] = []
  try {
    for await (const row of database.rows(table)) found.push(row)
    expect(await database.isSame()).toBe(true)
  } finally {
    await database.close()
  }
  return found
}

it('reads the file alone, as it was when the log was moved into it last', async () => {
  const path = copied(['opencode.db'])
  expect((await rows(path, 'message')).map(({ id }) => id)).toEqual(['msg_1', 'msg_2'])
  expect(await rows(path, 'nothing')).toEqual([])
})

it('reads what stands in the log, deep trees and long rows', async () => {
  const path = copied(['opencode.db', 'opencode.db-wal'])
  expect(await rows(path, 'message')).toHaveLength(44)
  const parts = await rows(path, 'part')
  expect(parts.map(({ id }) => id)).toEqual(
    Array.from({ length: 46 }, (_, i) => `prt_${String(i + 1).padStart(4, '0')}`),
  )
  const tool = JSON.parse(String(parts[2]!['data'])) as { state: { output: string } }
  expect(tool.state.output).toBe('x'.repeat(3_000))
  expect((await rows(path, 'session')).map(({ id, parent_id, cost }) => [id, parent_id, cost])).toEqual([
    ['ses_parent', null, 0.25],
    ['ses_child', 'ses_parent', 0],
  ])
})

it('reads no further than the last commit that is whole', async () => {
  const path = copied(['opencode.db', 'opencode.db-wal'])
  const log = readFileSync(`${path}-wal`)
  for (const cut of [0, 31, 600, log.length - 1]) {
    writeFileSync(`${path}-wal`, log.subarray(0, cut))
    expect(await rows(path, 'message')).toHaveLength(2)
  }
  log[log.length - 100]! ^= 1
  writeFileSync(`${path}-wal`, log)
  expect(await rows(path, 'message')).toHaveLength(2)
})

it('notices that the file was changed under its hands', async () => {
  const path = copied(['opencode.db', 'opencode.db-wal'])
  const database = await openDatabase(platform, path)
  writeFileSync(`${path}-wal`, Buffer.alloc(64, 7))
  expect(await database.isSame()).toBe(false)
  await database.close()
})

it('refuses what is none, and what is in the middle of a change', async () => {
  const path = join(folder, 'x.db')
  writeFileSync(path, 'SQLite? No.'.repeat(20))
  await expect(openDatabase(platform, path)).rejects.toMatchObject({ code: 'SQLITE_UNREADABLE' })
  const whole = copied(['opencode.db'])
  writeFileSync(`${whole}-journal`, 'hot')
  await expect(openDatabase(platform, whole)).rejects.toThrow('a transaction is under way')
})

it('never hangs on damage: it says so, or tells less', async () => {
  const path = copied(['opencode.db'])
  const whole = readFileSync(path)
  for (let i = 0; i < 300; i++) {
    const damaged = Buffer.from(whole)
    for (let k = 0; k < 4; k++)
      damaged[100 + ((i * 7919 + k * 104_729) % (whole.length - 100))] = (i * 31 + k * 57) % 256
    writeFileSync(path, damaged)
    const code = await rows(path, 'part').then(
      () => undefined,
      (error: unknown) => (error as { code?: string }).code ?? String(error),
    )
    expect([undefined, 'SQLITE_DAMAGED', 'SQLITE_UNREADABLE']).toContain(code)
  }
})
