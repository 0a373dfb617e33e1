import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { openHome, sealLedger } from '@spanledger/sdk/ledger'
import { nodePlatform, uuidFrom } from '@spanledger/sdk/platform'
import { openEventStore } from '@spanledger/sdk/store'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
// oxlint-disable-next-line import/no-relative-parent-imports -- the made-up home is the questions' own
import { generateHome } from '../query/testing/generate-home.ts'
import { parseConfig } from './config-schema.ts'
import { createQuestions, type Questions } from './questions.ts'

const DAY_MS = 86_400_000
const SPANS = 20_000
const platform = nodePlatform()

let folder: string
let dir: string
let spans: string
let names: string[]
let questions: Questions

/** Sealed segments, the newest written a day ago, each before it a day earlier. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spanledger-retention-'))
  dir = join(folder, 'home')
  spans = join(dir, 'ledger/spans')
  generateHome(dir, { spans: SPANS, segmentBytesMax: 2 * 1024 * 1024, startMs: Date.now() - 40 * DAY_MS })
  names = readdirSync(spans)
    .toSorted()
    .map((file) => file.replace('.jsonl', ''))
  for (const [i, name] of names.entries()) {
    const seconds = (Date.now() - (names.length - i) * DAY_MS) / 1000
    utimesSync(join(spans, `${name}.jsonl`), seconds, seconds)
  }
  const home = await openHome(platform, dir)
  for await (const { sealed } of sealLedger(platform, home)) if (!sealed) throw new Error('not sealed')
  // What ages are judged by is the newest time in the ledger.
  const events = await openEventStore(platform, home)
  const now = `${Date.now()}000000`
  const data = {
    session: 'abc',
    agent: 'test-agent',
    source: 'log:test',
    rank: 3,
    startUnixNano: now,
    endUnixNano: now,
    trace: traceIn(names[1]!),
  }
  await events.append('session-abc', [{ event: 'SessionPromptSubmitted', id: uuidFrom('abc'), data }])
  await events.close()
  questions = createQuestions(platform, home)
})
afterEach(async () => {
  await questions.close()
  rmSync(folder, { recursive: true, force: true })
})

const rules = (yaml: string): void =>
  writeFileSync(join(dir, 'config.yaml'), `retention:\n  spans: ${yaml}\n`)

const retain = async (params: object = {}) =>
  (await questions.run('retention', params)) as {
    refused?: string
    removed: { segment: string; rule: string; records: number }[]
    held: { segment: string; holds: string[] }[]
    freedBytes: number
  }

const left = (): string[] =>
  readdirSync(spans)
    .filter((file) => file.endsWith('.gz'))
    .map((file) => file.replace('.jsonl.gz', ''))
    .toSorted()

const countSpans = async (): Promise<number> => {
  const answer = (await questions.run('sql', { query: 'SELECT count(*) AS n FROM spans' })) as {
    rows: { n: number }[]
  }
  return answer.rows[0]!.n
}

const traceIn = (name: string): string =>
  /"trace":"([0-9a-f]{32})"/.exec(gunzipSync(readFileSync(join(spans, `${name}.jsonl.gz`))).toString())![1]!

/** Of the spans and what is derived from them. */
const diskBytes = (): number =>
  [spans, join(dir, 'index/segments/spans'), join(dir, 'index/columns/spans')]
    .flatMap((path) => readdirSync(path).map((name) => join(path, name)))
    // The chain stays, and grows by a note.
    .filter((path) => !path.startsWith(spans) || path.endsWith('.gz'))
    .reduce((sum, path) => sum + statSync(path).size, 0)

const sizeRule = (bytes: number): void => rules(`{ size: ${(bytes / 1e6).toFixed(4)}MB, evenRecent: true }`)

describe('retention', () => {
  it('removes what the rule names and nothing else; verify says by what, an event tells it, and its index is gone', async () => {
    rules('{ age: 2.5d }')
    await questions.run('trace', { id: traceIn(names[0]!) })
    const planned = await retain({ dryRun: true })
    expect(left()).toEqual(names)
    const done = await retain()
    expect(done.removed).toEqual(planned.removed)
    expect(done.removed.map(({ segment }) => segment)).toEqual(names.slice(0, -2))
    expect(left()).toEqual(names.slice(-2))
    const gone = done.removed.reduce((sum, { records }) => sum + records, 0)
    expect(await countSpans()).toBe(SPANS - gone)
    expect(await questions.run('verify', {})).toMatchObject({
      state: 'intact',
      summary: { removed: { segments: names.length - 2 }, chains: { spans: { number: names.length + 1 } } },
    })
    expect(await questions.run('events', { stream: 'retention' })).toMatchObject({
      rows: [{ event: 'RetentionApplied', data: { kind: 'spans', records: gone } }],
    })
    const indexed = readdirSync(join(dir, 'index/segments/spans')).map((file) => file.replace('.jsonl', ''))
    expect(indexed.every((name) => left().includes(name))).toBe(true)
    expect((await retain()).removed).toEqual([])
    rmSync(join(spans, `${names.at(-1)!}.jsonl.gz`))
    expect(await questions.run('verify', {})).toMatchObject({ findings: [{ finding: 'missingSegment' }] })
  })

  it('counts what the disk holds: a segment with its columns and its index', async () => {
    await questions.run('trace', { id: traceIn(names[0]!) })
    await questions.run('rebuild', { name: 'columns' })
    const before = diskBytes()
    sizeRule(before + 100)
    expect((await retain({ dryRun: true })).removed).toEqual([])
    sizeRule(before - 100)
    const { freedBytes, removed } = await retain()
    expect(removed).toHaveLength(1)
    expect(diskBytes()).toBe(before - freedBytes)
  })

  it('keeps the segments that a held trace or session is in, until it is let go', async () => {
    rules('{ age: 2.5d }')
    const trace = traceIn(names[1]!)
    const inTrace = names.filter((name) =>
      gunzipSync(readFileSync(join(spans, `${name}.jsonl.gz`)))
        .toString()
        .includes(trace),
    )
    const held = inTrace.filter((name) => names.slice(0, -2).includes(name))
    await questions.run('hold.add', { kind: 'session', id: 'abc', reason: 'why' })
    expect(await questions.run('hold.add', { kind: 'trace', id: trace.slice(0, 12) })).toMatchObject({
      holds: [
        { kind: 'session', id: 'abc', reason: 'why' },
        { kind: 'trace', id: trace },
      ],
    })
    const planned = await retain({ dryRun: true })
    expect(planned.held.map(({ segment }) => segment)).toEqual(held)
    expect(planned.held[0]!.holds.toSorted()).toEqual(['session abc', `trace ${trace}`])
    await retain()
    expect(left()).toEqual([...new Set([...held, ...names.slice(-2)])].toSorted())
    await questions.run('hold.remove', { kind: 'session', id: 'last' })
    await questions.run('hold.remove', { kind: 'trace', id: trace.slice(0, 8) })
    expect(await questions.run('hold.list', {})).toEqual({ holds: [] })
    await retain()
    expect(left()).toEqual(names.slice(-2))
  })

  it('holds nothing that is not there, and is no way into other folders', async () => {
    expect(await questions.run('hold.add', { kind: 'session', id: '../../x' })).toMatchObject({
      refused: 'UNKNOWN_SESSION',
    })
    expect(await questions.run('hold.add', { kind: 'trace', id: '../../x' })).toMatchObject({
      refused: 'BAD_PARAMETER',
    })
    expect(await questions.run('hold.remove', { kind: 'trace', id: '../../x' })).toMatchObject({
      refused: 'UNKNOWN_HOLD',
    })
    expect(existsSync(join(folder, 'x'))).toBe(false)
  })

  it('refuses to remove what was just recorded, unless it is meant; a home that is only read is left alone', async () => {
    for (const name of names) {
      const path = join(spans, `${name}.manifest.json`)
      const writtenAt = `"writtenAt":"${Date.now()}000000"`
      writeFileSync(path, readFileSync(path, 'utf8').replace(/"writtenAt":"\d+"/, writtenAt))
    }
    rules('{ size: 1MB, evenRecent: false }')
    await expect(retain()).rejects.toThrow('evenRecent: true')
    rules('{ size: 100MB }')
    expect((await retain()).removed).toEqual([])
    rules('{ size: 0.3MB, evenRecent: true }')
    const readOnly = createQuestions(platform, await openHome(platform, dir, { readOnly: true }))
    expect(await readOnly.run('retention', {})).toMatchObject({ refused: 'HOME_READ_ONLY' })
    expect(await readOnly.run('retention', { dryRun: true })).toMatchObject({ dryRun: true })
    await readOnly.close()
    expect((await retain()).removed.length).toBeGreaterThan(0)
    expect(left().length).toBeGreaterThan(0)
  })
})

describe('rules of retention', () => {
  it.each([
    ['{ age: 30 }', 'age: 30 is no age'],
    ['{ age: -3d }', 'age: "-3d" is no age'],
    ['{ age: 0d }', 'age: "0d" is no age'],
    ['{ age: 1e3d }', 'age: "1e3d" is no age'],
    ['{ age: 10m }', 'an age under 1h; if that is meant, say evenRecent: true'],
    ['{ size: 20 }', 'size: 20 is no size'],
    ['{ size: 10kB }', 'size: "10kB" is no size'],
    ['{ size: 10MB }', 'a size below one segment'],
    ['{}', 'a rule needs an age, a size, or both'],
    ['forever', 'spans: expected Object'],
  ])('%s is refused', (rule, message) => {
    expect(() => parseConfig('config.yaml', `retention:\n  spans: ${rule}`)).toThrow(message)
  })

  it('take ages and sizes with their units, and no kind that there is not', () => {
    const yaml = 'retention:\n  spans: { age: 1.5d, size: 20GB }\n  logs: { age: 10m, evenRecent: true }'
    expect(parseConfig('config.yaml', yaml).retention).toEqual({
      spans: { ageMs: 1.5 * DAY_MS, bytes: 20e9 },
      logs: { ageMs: 600_000, evenRecent: true },
    })
    expect(() => parseConfig('config.yaml', 'retention: { span: { age: 1d } }')).toThrow('unknown key')
  })
})
