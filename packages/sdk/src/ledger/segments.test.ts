import { beforeEach, describe, expect, test } from 'vitest'
import type { LedgerKind } from '../model/index.ts'
import type { Platform } from '../platform/index.ts'
import { SimulatedMachine } from '../platform/testing/index.ts'
import { SegmentNewerError } from './errors.ts'
import { openHome } from './home.ts'
import type { Home } from './home.ts'
import { LINE_BYTES_MAX } from './limits.ts'
import { claimOwner, disown, sweepOwners } from './owner.ts'
import { readSegment } from './reader.ts'
import { repairSignals } from './repair.ts'
import { headerLine, listSegments, segmentPath, signalSegmentName } from './segment.ts'
import { tail } from './tail.ts'
import { verifyLedger } from './verify.ts'
import type { Finding } from './findings.ts'

let machine: SimulatedMachine
let platform: Platform
let home: Home

beforeEach(async () => {
  machine = new SimulatedMachine(1)
  platform = machine.start()
  home = await openHome(platform, '/home/.spanledger')
})

const WRITER = '0123456789ab'
const ORIGIN = '{"origin":"o1"}'
const NAME = signalSegmentName(Date.UTC(2026, 10, 21, 2, 50, 8, 397), WRITER, 1)

function header(kind: LedgerKind, segment = NAME): string {
  return Buffer.from(headerLine({ kind, segment, writer: WRITER, created: '1' }))
    .toString()
    .trimEnd()
}

function span(id: string, origin = 'o1'): string {
  return `{"span":"${id}","in":"${origin}"}`
}

async function write(kind: LedgerKind, text: string, name = NAME): Promise<void> {
  const file = await platform.files.open(segmentPath(home, kind, name), 'create')
  await file.write([Buffer.from(text)], 0)
  await file.close()
}

async function read(offset = 0, readBytes = 64) {
  const [segment] = await listSegments(platform, home, 'spans')
  const chunks = []
  for await (const chunk of readSegment(platform, segment!, offset, { readBytes })) chunks.push(chunk)
  return chunks
}

async function findings(): Promise<Finding[]> {
  const found = []
  for await (const one of verifyLedger(platform, home)) found.push(one)
  expect(found.at(-1)).toMatchObject({ finding: 'summary', findings: found.length - 1 })
  return found.slice(0, -1) as Finding[]
}

describe('reading a segment', () => {
  test('gives whole lines, whatever the size of a read, from any chunk on', async () => {
    const lines = [header('spans'), ORIGIN, ...Array.from({ length: 40 }, (_, i) => span('x'.repeat(i * 7)))]
    await write('spans', `${lines.join('\n')}\n{"span":"torn`)
    for (const readBytes of [16, 64, 300, 100_000]) {
      const chunks = await read(0, readBytes)
      expect(Buffer.concat(chunks.map((chunk) => chunk.lines)).toString()).toBe(`${lines.join('\n')}\n`)
      for (const chunk of chunks) {
        expect(chunk.lines.at(-1)).toBe(0x0a)
        const rest = await read(chunk.next, readBytes)
        expect(rest.map(({ offset }) => offset)).toEqual(
          chunks.map(({ offset }) => offset).filter((at) => at >= chunk.next),
        )
      }
    }
  })

  test('goes on behind a line that is too long, and tells', async () => {
    await write('spans', `${header('spans')}\n${'x'.repeat(LINE_BYTES_MAX + 5)}\n${span('a', 'none')}\n`)
    const chunks = await read(0, 1024 * 1024)
    expect(chunks.map(({ damage, offset, next }) => (damage === undefined ? 0 : next - offset))).toEqual([
      0,
      LINE_BYTES_MAX + 6,
      0,
    ])
    expect(Buffer.from(chunks[2]!.lines).toString()).toBe(`${span('a', 'none')}\n`)
    expect((await findings()).map(({ finding }) => finding)).toEqual(['damagedLine', 'missingDefinition'])
  })

  test('refuses a newer format', async () => {
    await write('spans', `${header('spans').replace('"ledger":1', '"ledger":2')}\n`)
    await expect(read()).rejects.toThrow(SegmentNewerError)
    expect(await findings()).toMatchObject([{ finding: 'badHeader', segment: NAME }])
  })
})

describe('following a kind', () => {
  test('goes on from a position, and sees new segments', async () => {
    const first = `${header('spans')}\n${ORIGIN}\n${span('a')}\n`
    await write('spans', first)
    const end = new AbortController()
    const seen: string[] = []
    const following = (async () => {
      for await (const chunk of tail(platform, home, 'spans', {
        from: { [NAME]: first.length },
        signal: end.signal,
      })) {
        seen.push(`${chunk.segment.name === NAME} ${chunk.offset} ${chunk.lines.length}`)
        if (seen.length === 2) end.abort()
      }
    })()
    const file = await platform.files.open(segmentPath(home, 'spans', NAME), 'update')
    await file.write([Buffer.from(`${span('b')}\n`)], first.length)
    while (seen.length === 0) await platform.clock.sleep(1)
    const name = signalSegmentName(Date.UTC(2026, 10, 22), WRITER, 2)
    await write('spans', `${header('spans', name)}\n`, name)
    await following
    expect(seen).toEqual([
      `true ${first.length} ${span('b').length + 1}`,
      `false 0 ${header('spans', name).length + 1}`,
    ])
  })
})

describe('verifying a ledger', () => {
  test('finds nothing in one that is in order, and counts it', async () => {
    await write('spans', `${header('spans')}\n${ORIGIN}\n${span('a')}\n${span('b')}\n`)
    await write(
      'metrics',
      `${header('metrics')}\n${ORIGIN}\n{"metric":"m1","name":"n"}\n{"point":"n","metric":"m1","in":"o1"}\n`,
    )
    const found = []
    for await (const one of verifyLedger(platform, home)) found.push(one)
    expect(found).toMatchObject([
      { findings: 0, segments: 2, lines: { spans: 2, logs: 0, metrics: 1, events: 0 } },
    ])
  })

  test('tells each damage with its place', async () => {
    const lines = [header('spans'), ORIGIN, '{"span":', '{"log":"0"}', span('a', 'o2'), '[]', '', span('b')]
    await write('spans', `${lines.join('\n')}\n{"span":"torn`)
    await write('logs', `${header('spans')}\n`)
    const offsets = lines.map((_, i) => lines.slice(0, i).join('\n').length + (i > 0 ? 1 : 0))
    const place = { kind: 'spans', segment: NAME, path: segmentPath(home, 'spans', NAME) }
    expect(await findings()).toEqual([
      { ...place, offset: offsets[2], finding: 'damagedLine', bytes: 9, reason: 'not JSON' },
      { ...place, offset: offsets[3], finding: 'damagedLine', bytes: 12, reason: 'the first key is "log"' },
      { ...place, offset: offsets[4], finding: 'missingDefinition', id: 'o2' },
      { ...place, offset: offsets[5], finding: 'damagedLine', bytes: 3, reason: 'not a JSON object' },
      { ...place, offset: offsets[6], finding: 'damagedLine', bytes: 1, reason: 'not JSON' },
      { ...place, offset: offsets[7]! + lines[7]!.length + 1, finding: 'tornLine', bytes: 13 },
      {
        ...place,
        kind: 'logs',
        path: segmentPath(home, 'logs', NAME),
        offset: 0,
        finding: 'badHeader',
        reason: `the header's kind is "spans"`,
        bytes: header('spans').length + 1,
      },
    ])
  })
})

describe('repairing signals', () => {
  const whole = `${header('spans')}\n${ORIGIN}\n`

  test('cuts off what a dead writer left, and leaves alone what a living one is at', async () => {
    const dead = machine.start()
    const alive = machine.start()
    for (const process of [dead, alive]) {
      const { nonce } = await claimOwner(process, home)
      await write('spans', `${whole}{"span":"to`, signalSegmentName(process === dead ? 0 : 1, nonce, 1))
    }
    machine.kill(dead.pid)
    expect(await repairSignals(platform, home)).toMatchObject([
      { offset: whole.length, bytes: 11, segment: { kind: 'spans' } },
    ])
    expect((await listSegments(platform, home, 'spans')).map(({ bytes }) => bytes)).toEqual([
      whole.length,
      whole.length + 11,
    ])
  })

  test('waits for segments of which nothing is known to be at rest', async () => {
    await write('spans', `${whole}${'x'.repeat(3_000_000)}`)
    expect(await repairSignals(platform, home)).toEqual([])
    await platform.clock.sleep(31_000)
    expect(await repairSignals(platform, home)).toMatchObject([{ offset: whole.length, bytes: 3_000_000 }])
    expect(await repairSignals(platform, home)).toEqual([])
  })

  test('what dead writers left in HOME/run is swept away', async () => {
    const dead = machine.start()
    await claimOwner(dead, home)
    machine.kill(dead.pid)
    const owner = await claimOwner(platform, home)
    await sweepOwners(platform, home)
    expect(await platform.files.readdir(home.run)).toEqual([`owner-${owner.nonce}`])
    await disown(platform, home, owner)
    await disown(platform, home, owner)
    expect(await platform.files.readdir(home.run)).toEqual([])
  })
})
