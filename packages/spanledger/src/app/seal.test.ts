import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listSegments, openHome, readSegment } from '@spanledger/sdk/ledger'
import { nodePlatform } from '@spanledger/sdk/platform'
// oxlint-disable-next-line import/no-relative-parent-imports -- the made-up home is the questions' own
import { generateHome } from '../query/testing/generate-home.ts'
import { createQuestions } from './questions.ts'
import { runAndKill } from './testing/run-and-kill.ts'

const KILLS = 12
const SPANS = 60_000

const platform = nodePlatform()
const folder = mkdtempSync(join(tmpdir(), 'spanledger-seal-'))
const dir = join(folder, 'home')
let traceId: string
let lines: string

beforeAll(() => {
  traceId = generateHome(dir, { spans: SPANS, segmentBytesMax: 2 * 1024 * 1024 }).traceIds[1_000]!
  const segments = join(dir, 'ledger/spans')
  const names = readdirSync(segments).toSorted()
  lines = names.map((name) => readFileSync(join(segments, name), 'utf8')).join('')
  // As if they had been at rest for long: their writer left nothing in HOME/run.
  for (const name of names) utimesSync(join(segments, name), 1, 1)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const seal = (killAfterMs?: number): Promise<number | null> =>
  runAndKill(['seal', '--home', dir], killAfterMs)

async function everyLine(): Promise<string> {
  const home = await openHome(platform, dir)
  const parts: Uint8Array[] = []
  for (const segment of await listSegments(platform, home, 'spans')) {
    for await (const chunk of readSegment(platform, segment)) parts.push(chunk.lines)
  }
  return Buffer.concat(parts).toString()
}

describe('sealing, killed with -9 and asked under way', () => {
  it(`every answer is the same before, during ${KILLS} kills, and after`, { timeout: 120_000 }, async () => {
    const questions = createQuestions(platform, await openHome(platform, dir))
    const answers = async (): Promise<unknown[]> => [
      await questions.run('sql', {
        query: 'SELECT count(*) n, count(DISTINCT span_id) ids, sum(duration_ns) ns FROM spans',
      }),
      await questions.run('trace', { id: traceId }),
      await questions.run('traces', { limit: 5 }),
    ]
    const before = await answers()
    expect(before[0]).toMatchObject({ rows: [{ n: SPANS, ids: SPANS }] })
    expect(await everyLine()).toBe(lines)
    const done = new AbortController()
    const asking = (async () => {
      while (!done.signal.aborted) {
        expect(await answers()).toEqual(before)
        await sleep(10)
      }
    })()
    for (let kill = 0; kill < KILLS; kill++) {
      await seal(150 + Math.random() * 400)
      expect(await everyLine()).toBe(lines)
    }
    expect(await seal()).toBe(0)
    done.abort()
    await asking
    expect(await everyLine()).toBe(lines)
    expect(await answers()).toEqual(before)
    const verified = await questions.run('verify', {})
    expect(verified).toMatchObject({ ok: true, findings: [], summary: { lines: { spans: SPANS } } })
    const { summary } = verified as { summary: { segments: number; sealedSegments: number } }
    expect(summary.sealedSegments).toBe(summary.segments)
    await questions.close()
  })
})
