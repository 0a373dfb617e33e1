import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openHome, verifyLedger } from '../../ledger/index.ts'
import { nodePlatform } from '../../platform/index.ts'
import type { Platform } from '../../platform/index.ts'
import type { SpanData } from '../data.ts'
import { memoryRecorder } from '../testing/memory.ts'
import { LedgerProcessor } from './ledger-processor.ts'

let dir: string
let problems: { code?: string }[]
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'spanledger-'))
  problems = []
})
afterEach(() => rmSync(dir, { recursive: true }))

function spansOf(count: number, text = ''): SpanData[] {
  const { recorder, spans } = memoryRecorder()
  const tracer = recorder.tracer('t')
  for (let i = 0; i < count; i++) tracer.startSpan(`span ${i}`, { attributes: { i, text } }).end()
  return spans
}

const tell = (_: string, problem: unknown) => void problems.push(problem as { code?: string })

function processorOn(platform: Platform): LedgerProcessor {
  const resource = { attributes: ['service.name', 'test'], schemaUrl: '' }
  return new LedgerProcessor({ platform, resource, home: dir, report: tell })
}

/** A disk that is full while `full` says so: writes take nothing. */
function fillable(): { platform: Platform; disk: { full: boolean } } {
  const disk = { full: false }
  const platform = nodePlatform()
  const open: Platform['files']['open'] = async (...args) => {
    const file = await platform.files.open(...args)
    return { ...file, write: async (buffers, position) => (disk.full ? 0 : file.write(buffers, position)) }
  }
  return { platform: { ...platform, files: { ...platform.files, open } }, disk }
}

/** Ids of the spans in a ledger, in which nothing may be damaged. */
async function kept(): Promise<string[]> {
  const platform = nodePlatform()
  const findings: unknown[] = []
  for await (const finding of verifyLedger(platform, await openHome(platform, dir, { readOnly: true })))
    if (finding.finding !== 'summary') findings.push(finding)
  expect(findings).toEqual([])
  const folder = join(dir, 'ledger', 'spans')
  const text = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('')
  return [...text.matchAll(/^\{"span":"([0-9a-f]{16})"/gm)].map(([, id]) => id!)
}

const ids = (spans: readonly SpanData[]) => spans.map(({ spanId }) => spanId)

describe('records reach the ledger', () => {
  test('by themselves, in order, and after shutdown nothing tells of the writer', async () => {
    const processor = processorOn(nodePlatform())
    const spans = spansOf(3_000)
    for (const span of spans) processor.span(span)
    await expect.poll(() => kept().catch(() => [])).toEqual(ids(spans))
    await processor.shutdown()
    await processor.shutdown()
    processor.span(spans[0]!)
    await processor.forceFlush()
    expect(await kept()).toEqual(ids(spans))
    expect(readdirSync(join(dir, 'run'))).toEqual([])
    expect([problems, processor.dropped]).toEqual([[], 1])
  })

  test('when the disk was full for a while', async () => {
    const { platform, disk } = fillable()
    const processor = processorOn(platform)
    const spans = spansOf(900)
    for (const span of spans.slice(0, 300)) processor.span(span)
    await processor.forceFlush()
    disk.full = true
    for (const span of spans.slice(300, 600)) processor.span(span)
    await processor.forceFlush()
    expect(problems[0]).toMatchObject({ code: 'STORAGE_FULL' })
    expect(await kept()).toEqual(ids(spans.slice(0, 300)))
    disk.full = false
    for (const span of spans.slice(600)) processor.span(span)
    await processor.forceFlush()
    expect(await kept()).toEqual(ids(spans))
    expect(processor.dropped).toBe(0)
    await processor.shutdown()
  })

  test('up to a bound while it stays full; what is beyond is counted', async () => {
    const { platform, disk } = fillable()
    disk.full = true
    const processor = processorOn(platform)
    const spans = spansOf(300, 'x'.repeat(200_000))
    for (const span of spans) processor.span(span)
    await processor.forceFlush()
    const { dropped } = processor
    expect(dropped).toBeGreaterThan(100)
    expect(dropped).toBeLessThan(200)
    disk.full = false
    await processor.shutdown()
    expect(await kept()).toEqual(ids(spans.slice(0, 300 - dropped)))
  })
})

describe('a process that ends now', () => {
  test('has everything written when it returns, also what was on its way', async () => {
    const processor = processorOn(nodePlatform())
    const spans = spansOf(5_000)
    for (const span of spans.slice(0, 2_000)) processor.span(span)
    const flushing = processor.forceFlush()
    for (const span of spans.slice(2_000)) processor.span(span)
    processor.flushSync()
    processor.flushSync()
    const atOnce = new Set(await kept().catch(() => ids(spans)))
    expect(atOnce).toEqual(new Set(ids(spans)))
    await flushing
    await processor.shutdown()
    expect(new Set(await kept())).toEqual(new Set(ids(spans)))
  })

  test('leaves a home of another version alone', () => {
    mkdirSync(dir, { recursive: true })
    writeFileSync(join(dir, 'home.json'), '{"spanledger":99}\n')
    const processor = processorOn(nodePlatform())
    processor.span(spansOf(1)[0]!)
    processor.flushSync()
    expect(readdirSync(dir)).toEqual(['home.json'])
    expect([problems, processor.dropped]).toEqual([[expect.objectContaining({ code: 'HOME_NEWER' })], 1])
  })
})
