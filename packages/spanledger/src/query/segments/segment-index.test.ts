import { appendFileSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openHome } from '@spanledger/sdk/ledger'
import { nodePlatform, type Platform } from '@spanledger/sdk/platform'
import { afterEach, describe, expect, it } from 'vitest'
import { checkedText, linesIn } from '../../projection/index.ts'
import { generateHome } from '../testing/generate-home.ts'
import { findTrace, findTraceIds } from '../trace/find-trace.ts'
import { BLOCK_BYTES, createSegmentIndexes, type IndexedSegment } from './segment-index.ts'

const cleanups: (() => void)[] = []
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()))

const SPANS = 15_000

async function setUp() {
  const dir = mkdtempSync(join(tmpdir(), 'spanledger-index-'))
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }))
  const { traceIds } = generateHome(dir, { spans: SPANS, seed: 7, segmentBytesMax: 5 * 1024 * 1024 })
  const platform = nodePlatform()
  const home = await openHome(platform, dir)
  const folder = join(dir, 'ledger/spans')
  const paths = readdirSync(folder)
    .toSorted()
    .map((name) => join(folder, name))
  return {
    dir,
    platform,
    home,
    traceIds,
    paths,
    open: (over: Platform = platform) => createSegmentIndexes(over, home),
  }
}

const records = (segments: IndexedSegment[]): number =>
  segments.reduce(
    (sum, { blocks, tail }) => sum + [...blocks, tail.block].reduce((n, block) => n + block.records, 0),
    0,
  )

/** Of one trace, by reading every line. */
const truth = (paths: string[], id: string): string[] =>
  paths
    .flatMap((path) => readFileSync(path, 'utf8').split('\n'))
    .filter((line) => line.startsWith('{"span"') && line.includes(`"trace":"${id}"`))
    .map((line) => (JSON.parse(line) as { span: string }).span)
    .toSorted()

describe('the index of segments', () => {
  it('counts every record, keeps blocks of closed parts on disk, and finds each trace whole', async () => {
    const { dir, platform, paths, traceIds, open } = await setUp()
    const segments = await open().of('spans')
    expect(records(segments)).toBe(SPANS)
    expect(readdirSync(join(dir, 'index/segments/spans')).length).toBeGreaterThan(0)
    for (const id of [traceIds[0]!, traceIds[777]!, traceIds.at(-1)!]) {
      const found = await findTrace(platform, segments, id)
      expect(found.spans.map((span) => span.span).toSorted()).toEqual(truth(paths, id))
      expect([...found.origins.keys()].toSorted()).toEqual(
        [...new Set(found.spans.map((span) => span.in))].toSorted(),
      )
    }
    expect((await findTrace(platform, segments, 'f'.repeat(32))).spans).toEqual([])
  })

  it('reads of another process only the blocks that may hold the trace', async () => {
    const { platform, traceIds, open } = await setUp()
    await open().of('spans')
    let read = 0
    const counting: Platform = {
      ...platform,
      files: {
        ...platform.files,
        async open(path, how, mode) {
          const file = await platform.files.open(path, how, mode)
          return Object.assign(Object.create(file) as typeof file, {
            read: async (into: Uint8Array, position: number) => {
              const count = await file.read(into, position)
              if (path.includes('/ledger/')) read += count
              return count
            },
            bytes: () => file.bytes(),
            close: () => file.close(),
          })
        },
      },
    }
    const segments = await open(counting).of('spans')
    const tails = segments.reduce((sum, { tail }) => sum + tail.bytes.length, 0)
    expect(read).toBeLessThan(tails + segments.length * 1024)
    read = 0
    await findTrace(counting, segments, traceIds[5]!)
    expect(read).toBeGreaterThan(0)
    expect(read).toBeLessThanOrEqual(2 * BLOCK_BYTES)
  })

  it('finds what was appended since, and nothing of a line that is being written', async () => {
    const { platform, paths, open } = await setUp()
    const indexes = open()
    await indexes.of('spans')
    const id = 'ab'.repeat(16)
    const line = `{"span":"00000000000000aa","trace":"${id}","name":"new","start":"1795219200000000000","ns":1,"in":"x"}\n`
    appendFileSync(paths.at(-1)!, line.slice(0, 40))
    expect((await findTrace(platform, await indexes.of('spans'), id)).spans).toEqual([])
    appendFileSync(paths.at(-1)!, line.slice(40))
    expect((await findTrace(platform, await indexes.of('spans'), id)).spans).toHaveLength(1)
    expect(records(await indexes.of('spans'))).toBe(SPANS + 1)
  })

  it('forgets what a writer took back', async () => {
    const { paths, open } = await setUp()
    const indexes = open()
    await indexes.of('spans')
    const whole = readFileSync(paths[0]!)
    truncateSync(paths[0]!, whole.subarray(0, 1_000_000).lastIndexOf(10) + 1)
    const kept = readFileSync(paths[0]!, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('{"span"')).length
    const [first] = await indexes.of('spans')
    expect(records([first!])).toBe(kept)
  })

  it.each([
    [
      'of another version',
      (text: string) => checkedText(linesIn(text)!.replace('"blocks":2', '"blocks":99')),
    ],
    ['torn', (text: string) => text.slice(0, text.length / 2)],
    ['no index at all', () => '\u0000\u0000'],
    [
      'of filters that are not what they were',
      (text: string) => text.replaceAll(/"traces":"[^"]*/g, '"traces":"AAAA'),
    ],
    ['of other times', (text: string) => text.replaceAll('"latestMicros":1', '"latestMicros":0')],
  ])('is built again when its file is %s', async (_, damaged) => {
    const { dir, platform, traceIds, paths, open } = await setUp()
    const extents = (await open().of('spans')).map(({ extent }) => extent)
    const folder = join(dir, 'index/segments/spans')
    for (const path of readdirSync(folder).map((name) => join(folder, name)))
      writeFileSync(path, damaged(readFileSync(path, 'utf8')))
    const segments = await open().of('spans')
    expect(segments.map(({ extent }) => extent)).toEqual(extents)
    expect((await findTrace(platform, segments, traceIds[9]!)).spans).toHaveLength(
      truth(paths, traceIds[9]!).length,
    )
  })

  it('writes nothing into a home that is only read', async () => {
    const { dir, platform } = await setUp()
    const readOnly = await openHome(platform, dir, { readOnly: true })
    expect(records(await createSegmentIndexes(platform, readOnly).of('spans'))).toBe(SPANS)
    expect(existsSync(join(dir, 'index/segments'))).toBe(false)
  })

  it('knows trace ids by their beginnings, long and short', async () => {
    const { platform, traceIds, open } = await setUp()
    const segments = await open().of('spans')
    const id = traceIds[100]!
    expect(await findTraceIds(platform, segments, id.slice(0, 12))).toEqual([id])
    expect(await findTraceIds(platform, segments, id.slice(0, 5))).toContain(id)
    expect(await findTraceIds(platform, segments, 'zzzz')).toEqual([])
  })
})

it('keeps a damaged line that is far too long from hiding what follows', async () => {
  const { platform, paths, open } = await setUp()
  appendFileSync(paths[0]!, `${'x'.repeat(17 * 1024 * 1024)}\n`)
  const id = 'cd'.repeat(16)
  appendFileSync(
    paths[0]!,
    `{"span":"00000000000000aa","trace":"${id}","name":"after","start":"1795219200000000000","ns":1,"in":"x"}\n`,
  )
  expect((await findTrace(platform, await open().of('spans'), id)).spans).toHaveLength(1)
})
