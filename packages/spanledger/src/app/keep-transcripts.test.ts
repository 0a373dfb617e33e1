import { EventEmitter } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { openHome } from '@spanledger/sdk/ledger'
import { nodePlatform } from '@spanledger/sdk/platform'
// oxlint-disable-next-line import/no-relative-parent-imports -- the lines that agents write are made in one place
import { claudeSession, SESSION, textOf } from '../transcripts/testing/lines.ts'
import { keepsContent, keepTranscripts } from './keep-transcripts.ts'
import { createQuestions } from './questions.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spanledger-keep-'))
  vi.stubEnv('HOME', folder)
  vi.stubEnv('CLAUDE_CONFIG_DIR', '')
  vi.stubEnv('XDG_CONFIG_HOME', '')
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

/** One look, at once; then rests until it is stopped. */
async function lookOnce(agents: string[], archives: boolean): Promise<string[]> {
  const warnings: string[] = []
  const platform = nodePlatform()
  const home = await openHome(platform, join(folder, 'ledger'))
  let looks = 0
  const looked = new EventEmitter()
  const once = new Promise<void>((resolve) => looked.once('done', resolve))
  const rest = async (ms: number, signal?: AbortSignal): Promise<void> => {
    if (looks++ === 0) return
    looked.emit('done')
    await platform.clock.rest(ms, signal)
  }
  const beside = keepTranscripts({ clock: { ...platform.clock, rest } }, home, {
    questions: { run: () => Promise.resolve({ rows: agents.map((agent) => ({ agent })) }) },
    archives,
    warn: (message) => void warnings.push(message),
  })
  await once
  await beside.stop()
  return warnings
}

async function sessions(): Promise<unknown> {
  const platform = nodePlatform()
  const questions = createQuestions(platform, await openHome(platform, join(folder, 'ledger')))
  try {
    return ((await questions.run('sessions', {})) as { rows: unknown }).rows
  } finally {
    await questions.close()
  }
}

const archived = (): string[] => {
  const there = join(folder, 'ledger', 'archive', 'claude-code')
  return existsSync(there) ? readdirSync(there).map((name) => name.replace(/-[0-9a-f]{8}\./, '.')) : []
}

function put(): void {
  const place = join(folder, '.claude', 'projects', '-work-shop')
  mkdirSync(place, { recursive: true })
  writeFileSync(join(place, `${SESSION}.jsonl`), textOf(claudeSession()))
}

it('archives and imports what agents wrote that sent something', async () => {
  put()
  expect(await lookOnce(['claude-code', 'my-service'], true)).toEqual([])
  expect(archived().toSorted()).toEqual([`${SESSION}.json`, `${SESSION}.jsonl.gz`])
  expect(await sessions()).toMatchObject([{ id: SESSION, modelCalls: 3 }])
})

it('leaves those alone that sent nothing, and keeps no copies of content that is to be dropped', async () => {
  put()
  expect(await lookOnce(['copilot-cli'], true)).toEqual([])
  expect([archived(), await sessions()]).toEqual([[], []])
  expect(await lookOnce(['claude-code'], false)).toEqual([])
  expect(archived()).toEqual([])
  expect(await sessions()).toMatchObject([{ id: SESSION }])
  expect([keepsContent({}), keepsContent({ content: { prompts: 'keep' } })]).toEqual([true, true])
  expect(keepsContent({ content: { toolOutput: 'hash' } })).toBe(false)
})
