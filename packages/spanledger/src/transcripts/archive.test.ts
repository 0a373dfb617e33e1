import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openHome, type Home } from '@spanledger/sdk/ledger'
import { nodePlatform } from '@spanledger/sdk/platform'
import { createRedactor } from '@spanledger/sdk/redact'
import { archivedLines, archiveTranscript, type Archived } from './archive.ts'
import { archivePath, readArchive } from './archive-entry.ts'
import { formatOfAgent } from './formats.ts'
import { claudeAnswer, claudeSession, textOf } from './testing/lines.ts'

const FIXTURES = fileURLToPath(new URL('../../../../fixtures/transcripts/', import.meta.url))
const platform = nodePlatform()
let folder: string
let home: Home
let source: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spanledger-archive-'))
  home = await openHome(platform, join(folder, 'home'))
  source = join(folder, 'session 1.jsonl')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function archive(
  agent = 'claude-code',
  path = source,
  redactor = createRedactor({}),
): Promise<Archived> {
  const stat = (await platform.files.stat(path))!
  const known = (await readArchive(platform, home)).findLast((entry) => entry.source === path)
  const transcript = { format: formatOfAgent(agent)!, path, bytes: stat.bytes, modifiedMs: stat.modifiedMs }
  return archiveTranscript(transcript, { platform, home, redactor, known })
}

async function archived(path = source): Promise<string> {
  const entry = (await readArchive(platform, home)).findLast((one) => one.source === path)!
  let text = ''
  for await (const lines of archivedLines(platform, home, entry))
    for (const line of lines) text += `${line.toString()}\n`
  return text
}

const fileOf = async (): Promise<string> => archivePath(home, (await readArchive(platform, home)).at(-1)!)

it('grows with its source, a gzip member at a time, for its user alone and for every tool', async () => {
  const text = textOf(claudeSession())
  writeFileSync(source, text)
  expect(await archive()).toMatchObject({ from: 'whole', lines: 10, bytes: text.length })
  expect(await archive()).toMatchObject({ from: 'unchanged', lines: 0 })
  const more = textOf([claudeAnswer(5_000, '9', 45)])
  appendFileSync(source, `${more}{"unfinished":`)
  expect(await archive()).toMatchObject({ from: 'continued', lines: 1, bytes: more.length })
  expect(await archived()).toBe(text + more)
  const file = await fileOf()
  expect(execFileSync('gzip', ['-dc', file]).toString()).toBe(text + more)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(source, 'utf8')).toBe(`${text}${more}{"unfinished":`)
  rmSync(source)
  expect(await archived()).toBe(text + more)
})

it('keeps what was archived of a source that was rewritten', async () => {
  const before = textOf(claudeSession())
  writeFileSync(source, before)
  await archive()
  const after = textOf(claudeSession().slice(2))
  writeFileSync(source, after)
  expect(await archive()).toMatchObject({ from: 'rewritten', lines: 8 })
  expect(await archived()).toBe(after)
  const [first, second] = await readArchive(platform, home)
  expect([first!.name, second!.name]).toEqual([
    expect.stringMatching(/^session_1-[0-9a-f]{8}$/),
    `${first!.name}.2`,
  ])
  expect(execFileSync('gzip', ['-dc', archivePath(home, first!)]).toString()).toBe(before)
})

it('cuts off what a run that was killed had written, and goes on', async () => {
  writeFileSync(source, textOf(claudeSession().slice(0, 4)))
  await archive()
  appendFileSync(await fileOf(), 'half a member')
  appendFileSync(source, textOf(claudeSession().slice(4)))
  await archive()
  expect(await archived()).toBe(textOf(claudeSession()))
  expect(execFileSync('gzip', ['-dc', await fileOf()]).toString()).toBe(textOf(claudeSession()))
})

it('begins another file where its own was deleted or cut short', async () => {
  writeFileSync(source, textOf(claudeSession().slice(0, 4)))
  await archive()
  truncateSync(await fileOf(), 20)
  appendFileSync(source, textOf(claudeSession().slice(4)))
  expect(await archive()).toMatchObject({ from: 'whole', lines: 10 })
  expect(await archived()).toBe(textOf(claudeSession()))
  expect((await readArchive(platform, home)).map(({ name }) => name)).toHaveLength(2)
})

it('says so when what it archived is damaged', async () => {
  writeFileSync(source, textOf(claudeSession()))
  await archive()
  truncateSync(await fileOf(), 50)
  await expect(archived()).rejects.toThrow(/unexpected end of file|incorrect/)
})

it('holds no secrets, and what held them is JSON still', async () => {
  const token = `ghp_${'A1b2C3d4'.repeat(4)}5678`
  const lines = [
    { a: `say "password=\\"${token}\\"" loud`, b: 7 },
    { c: [{ d: `Authorization: Bearer ${token}` }] },
    { e: 'nothing' },
  ]
  writeFileSync(source, textOf(lines))
  expect((await archive()).redacted).toBeGreaterThan(1)
  const text = await archived()
  expect(text).not.toContain('A1b2C3d4')
  const read = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object)
  expect(read.map((line) => Object.keys(line))).toEqual([['a', 'b'], ['c'], ['e']])
})

it('archives a database as its rows, those that changed', async () => {
  const path = join(folder, 'opencode.db')
  copyFileSync(join(FIXTURES, 'opencode.db'), path)
  expect(await archive('opencode', path)).toMatchObject({ from: 'whole', lines: 7 })
  copyFileSync(join(FIXTURES, 'opencode.db-wal'), `${path}-wal`)
  expect(await archive('opencode', path)).toMatchObject({ from: 'continued' })
  const rows = (await archived(path))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string; table: string })
  expect(new Set(rows.map(({ id }) => id)).size).toBe(2 + 44 + 46)
  expect(JSON.stringify(rows)).not.toContain('not-a-key')
})
