import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openHome, sealLedger } from '@spanledger/sdk/ledger'
import { nodePlatform } from '@spanledger/sdk/platform'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
// oxlint-disable-next-line import/no-relative-parent-imports -- the made-up home is the questions' own
import { generateHome } from '../query/testing/generate-home.ts'
import { createQuestions, type Questions } from './questions.ts'
import { runAndKill } from './testing/run-and-kill.ts'

const KILLS = 10
const SPANS = 40_000
const DAY_MS = 86_400_000

const platform = nodePlatform()
let folder: string
let dir: string
let spans: string
let questions: Questions

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spanledger-tend-'))
  dir = join(folder, 'home')
  spans = join(dir, 'ledger/spans')
  generateHome(dir, { spans: SPANS, segmentBytesMax: 1024 * 1024, startMs: Date.now() - 40 * DAY_MS })
  const names = readdirSync(spans).toSorted()
  for (const [i, name] of names.entries()) {
    const seconds = (Date.now() - (names.length - i) * DAY_MS) / 1000
    utimesSync(join(spans, name), seconds, seconds)
  }
  const home = await openHome(platform, dir)
  for await (const { sealed } of sealLedger(platform, home)) if (!sealed) throw new Error('not sealed')
  questions = createQuestions(platform, home)
})
afterEach(async () => {
  await questions.close()
  rmSync(folder, { recursive: true, force: true })
})

const packed = (): string[] =>
  readdirSync(spans)
    .filter((file) => file.endsWith('.gz'))
    .toSorted()

const countSpans = async (): Promise<number> =>
  ((await questions.run('sql', { query: 'SELECT count(*) AS n FROM spans' })) as { rows: [{ n: number }] })
    .rows[0].n

const verify = (): Promise<unknown> => questions.run('verify', {})

describe(`killed with -9 ${KILLS} times`, () => {
  it(
    'retention removes what its rule names, nothing else, and the chain says so',
    { timeout: 120_000 },
    async () => {
      const before = packed()
      const kept = before.slice(-5)
      writeFileSync(join(dir, 'config.yaml'), 'retention: { spans: { age: 5.5d } }\n')
      for (let kill = 0; kill < KILLS; kill++) {
        await runAndKill(['retention', '--yes', '--home', dir], 120 + Math.random() * 300)
        expect(packed().slice(-5)).toEqual(kept)
        expect(await verify()).toMatchObject({ state: 'intact', findings: [] })
      }
      expect(await runAndKill(['retention', '--yes', '--home', dir])).toBe(0)
      expect(packed()).toEqual(kept)
      expect(await verify()).toMatchObject({
        state: 'intact',
        summary: { removed: { segments: before.length - kept.length } },
      })
      expect(await countSpans()).toBeLessThan(SPANS)
    },
  )

  it(
    'a repair isolates the damage, keeps its bytes, and loses no line around it',
    { timeout: 120_000 },
    async () => {
      const damaged = packed().filter((_, i) => i % 3 === 0)
      const originals = new Map(
        damaged.map((name) => {
          const bytes = readFileSync(join(spans, name))
          bytes[Math.floor(bytes.length / 3)]! ^= 0xff
          writeFileSync(join(spans, name), bytes)
          return [name, bytes]
        }),
      )
      expect(await verify()).toMatchObject({ state: 'damaged' })
      for (let kill = 0; kill < KILLS; kill++)
        await runAndKill(['verify', '--repair', '--home', dir], 120 + Math.random() * 400)
      expect(await runAndKill(['verify', '--repair', '--home', dir])).toBe(4)
      expect(await verify()).toMatchObject({ state: 'repaired' })
      const kept = readdirSync(join(dir, 'quarantine/spans')).map((file) =>
        readFileSync(join(dir, 'quarantine/spans', file)),
      )
      for (const bytes of originals.values()) expect(kept.some((copy) => copy.equals(bytes))).toBe(true)
      // A damaged block takes its own lines with it, at most a MiB of them, and no others.
      expect(await countSpans()).toBeGreaterThan(SPANS / 2)
      expect(await countSpans()).toBeLessThan(SPANS)
    },
  )
})
