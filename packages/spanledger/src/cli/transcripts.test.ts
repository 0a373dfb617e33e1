import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { AnswerOf } from '../query/index.ts'
// oxlint-disable-next-line import/no-relative-parent-imports -- the lines that agents write are made in one place
import {
  claudeAnswer,
  claudeSession,
  codexSession,
  geminiSession,
  SESSION,
  textOf,
} from '../transcripts/testing/lines.ts'
import { run } from './testing/run.ts'

const FIXTURES = fileURLToPath(new URL('../../../../fixtures/transcripts/', import.meta.url))

/** The home is the user's too: agents' folders lie in it. */
let home: string
beforeEach(() => void (home = mkdtempSync(join(tmpdir(), 'spanledger-transcripts-'))))
afterEach(() => rmSync(home, { recursive: true, force: true }))

function put(path: string, text: string): string {
  const full = join(home, path)
  mkdirSync(dirname(full), { recursive: true })
  writeFileSync(full, text)
  return full
}

async function sessions(): Promise<AnswerOf<'sessions'>['rows']> {
  const { out } = await run(['sessions', '--json'], { home })
  return (JSON.parse(out) as AnswerOf<'sessions'>).rows
}

const CLAUDE = `.claude/projects/-work-shop/${SESSION}.jsonl`

it('imports what every agent left, each session once, and nothing the second time', async () => {
  put(CLAUDE, textOf(claudeSession()))
  put('.codex/sessions/2026/11/21/rollout-2026-11-21T09-13-19-thread-1.jsonl', textOf(codexSession()))
  put('.gemini/tmp/shop/chats/session-1.jsonl', textOf(geminiSession()))
  const folder = join(home, '.local/share/opencode')
  mkdirSync(folder, { recursive: true })
  for (const file of ['opencode.db', 'opencode.db-wal'])
    copyFileSync(join(FIXTURES, file), join(folder, file))

  const listed = await run(['transcripts', 'list', '--json'], { home })
  expect(JSON.parse(listed.out)).toMatchObject({ total: 4 })
  const first = await run(['transcripts', 'import', '--all'], { home })
  expect(first).toMatchObject({ exit: 0, err: '' })
  expect(first.out).toContain('4 transcripts: ')
  const rows = await sessions()
  expect(
    Object.fromEntries(rows.map((row) => [row.agent, [row.modelCalls, row.toolCalls, row.tokens.output]])),
  ).toEqual({
    'claude-code': [3, 2, 42 + 43 + 44],
    codex: [2, 1, 42 + 43],
    'gemini-cli': [2, 1, 49 + 50],
    // The subagent's 40 answers told 0 to 39 and one token of reasoning each.
    opencode: [42, 1, 180 + 42 + 780 + 40],
  })
  const again = await run(['transcripts', 'import', '--all'], { home })
  expect(again.out).toBe('4 transcripts: all imported before, and as they were\n')
  expect(await sessions()).toEqual(rows)
})

it('reads on where a transcript grew, says what was wrong, and fails then', async () => {
  const path = put(CLAUDE, textOf(claudeSession()))
  await run(['transcripts', 'import', path], { home })
  writeFileSync(
    path,
    `${textOf(claudeSession())}oh\n${textOf([{ type: 'hologram' }, claudeAnswer(5_000, '9', 45)])}{"ty`,
  )
  const { out, exit } = await run(['transcripts', 'import', 'claude-code'], { home })
  expect(exit).toBe(1)
  expect(out).toContain('3 new lines, 1 new event')
  expect(out).toContain('line 11: not JSON')
  expect(out).toContain('passed over, since nobody knows what they are: hologram (1)')
  expect(out).toContain('its last line has no end yet (4 B): read the next time')
  expect((await sessions())[0]).toMatchObject({ modelCalls: 4 })
})

it('takes the agents that the ledger knows where none is named, and says what to name where it knows none', async () => {
  put(CLAUDE, textOf(claudeSession()))
  const path = put('copied/rollout.txt', textOf(codexSession()))
  const none = await run(['transcripts', 'import'], { home })
  expect(none).toMatchObject({ exit: 2, out: '' })
  expect(none.err).toContain(
    'name one (claude-code, codex, gemini-cli, opencode), a file or a folder, or take --all',
  )
  // Whose it is, is told by its first line.
  expect((await run(['transcripts', 'import', path], { home })).exit).toBe(0)
  expect((await run(['transcripts', 'import'], { home })).out).toBe('no transcripts\n')
  expect((await sessions()).map(({ agent }) => agent)).toEqual(['codex'])
})

it('refuses what is no transcript', async () => {
  const path = put('notes.txt', 'hello')
  expect((await run(['transcripts', 'import', path], { home })).err).toContain('no transcript of')
  expect((await run(['transcripts', 'import', join(home, 'nothing')], { home })).err).toContain(
    'nothing is at',
  )
})

it('says who told which figure, and how sure it is', async () => {
  put(CLAUDE, textOf(claudeSession().map((line) => structuredClone(line))))
  await run(['transcripts', 'import', '--all'], { home })
  const { out, exit } = await run(['session', 'reconcile', 'last'], { home })
  expect(exit).toBe(0)
  expect(out).toMatch(/^model calls +3 +medium$/m)
  expect(out).toMatch(/^· transcript:assistant +3 +3 calls$/m)
  expect(out).toContain('output tokens: told by transcript:assistant alone')
  const json = await run(['session', 'reconcile', SESSION.slice(0, 8), '--json'], { home })
  expect(JSON.parse(json.out)).toMatchObject({ session: SESSION, agent: 'claude-code', confidence: 'medium' })
})

it('archives, and imports out of the archive what its agent has deleted', async () => {
  const path = put(CLAUDE, textOf(claudeSession()))
  const { out, exit } = await run(['transcripts', 'archive', 'claude-code'], { home })
  expect(exit).toBe(0)
  expect(out).toMatch(/1 transcript archived: 3\.\d kB in \d+ B/)
  expect((await run(['transcripts', 'archive', '--all'], { home })).out).toContain('all archived before')
  rmSync(path)
  const listed = await run(['transcripts', 'list', '--json'], { home })
  expect(JSON.parse(listed.out)).toMatchObject({ rows: [{ path, state: 'gone' }] })
  expect((await run(['transcripts', 'import', 'claude-code'], { home })).out).toContain('from the archive')
  expect((await sessions())[0]).toMatchObject({
    id: SESSION,
    modelCalls: 3,
    tokens: { output: 42 + 43 + 44 },
  })
  expect((await run(['transcripts', 'import', 'claude-code'], { home })).out).toContain('all imported before')
  // What was imported from its source says the same.
  writeFileSync(path, textOf(claudeSession()))
  expect((await run(['transcripts', 'import', 'claude-code'], { home })).out).toContain('all known')
})
