import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openHome } from '@spanledger/sdk/ledger'
import { nodePlatform } from '@spanledger/sdk/platform'
// oxlint-disable-next-line import/no-relative-parent-imports -- the made-up home is the questions' own
import { generateHome } from '../query/testing/generate-home.ts'
import { createQuestions } from './questions.ts'

const EVENTS = fileURLToPath(
  new URL('../../../../fixtures/events-v1/00000000000000000001.jsonl', import.meta.url),
)
const platform = { ...nodePlatform() }
platform.clock = { ...platform.clock, nowMs: () => Date.UTC(2030, 0) }
const folder = mkdtempSync(join(tmpdir(), 'spanledger-index-'))
const dir = join(folder, 'home')
let traceId: string

beforeAll(() => {
  traceId = generateHome(dir, { spans: 5_000, segmentBytesMax: 500_000 }).traceIds[100]!
  copyFileSync(EVENTS, join(dir, 'ledger/events/00000000000000000001.jsonl'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Each as `--json` prints it, by a process that has just begun. */
async function answers(): Promise<string[]> {
  const questions = createQuestions(platform, await openHome(platform, dir))
  const asked: [string, object][] = [
    ['sessions', {}],
    ['session', { id: 'a-1' }],
    ['session', { id: 'd-1' }],
    ['agents', {}],
    ['stuck', {}],
    ['statistics', { since: '2026-11-01' }],
    ['exposition', {}],
    ['cost', { by: 'day' }],
    ['cost', { by: 'agent' }],
    ['cost', { by: 'model' }],
    ['state', { kind: 'session', id: 'b-1', at: '+100ms' }],
    ['state.diff', { from: '2026-11-20', to: '2026-11-22' }],
    ['events.replay', { stream: 'session-a-1' }],
    ['traces', { limit: 100 }],
    ['trace', { id: traceId }],
    ['traces', { status: 'error' }],
    ['operations', {}],
    ['logs', {}],
    ['metrics', {}],
    ['events', {}],
    ['events.stats', {}],
    ['tasks', {}],
    ['hold.list', {}],
    ['sql', { query: 'SELECT name, count(*), max(duration_ns) FROM spans GROUP BY ALL ORDER BY ALL' }],
    ['sql', { query: 'SELECT * FROM origins ORDER BY ALL' }],
  ]
  const told: string[] = []
  for (const [name, params] of asked) told.push(JSON.stringify(await questions.run(name, params)))
  await questions.close()
  return told
}

it('without HOME/index the answers are the same, to the byte', async () => {
  const first = await answers()
  expect(first.filter((answer) => answer.includes('"refused"'))).toEqual([])
  const kept = readdirSync(join(dir, 'index')).toSorted()
  expect(kept).toContain('sessions.jsonl')
  expect(await answers()).toEqual(first)
  rmSync(join(dir, 'index'), { recursive: true })
  expect(await answers()).toEqual(first)
  expect(readdirSync(join(dir, 'index')).toSorted()).toEqual(kept)
})

it('nor does it matter to them that segments are sealed, and that all that is not the ledger is gone then', async () => {
  const first = await answers()
  const questions = createQuestions(platform, await openHome(platform, dir))
  const steps = (await questions.run('seal', {})) as AsyncIterable<{ summary?: { columns: number } }>
  let columns = 0
  for await (const { summary } of steps) columns = summary?.columns ?? 0
  await questions.close()
  expect(columns).toBeGreaterThan(1)
  expect(await answers()).toEqual(first)
  for (const name of ['index', 'run']) rmSync(join(dir, name), { recursive: true })
  expect(await answers()).toEqual(first)
})
