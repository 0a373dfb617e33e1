import { gunzipSync } from 'node:zlib'
import { beforeEach, describe, expect, test } from 'vitest'
import type { LedgerKind } from '../model/index.ts'
import { readWhole } from '../platform/index.ts'
import type { Platform } from '../platform/index.ts'
import { SimulatedMachine } from '../platform/testing/index.ts'
import type { Finding } from './findings.ts'
import { openHome } from './home.ts'
import type { Home } from './home.ts'
import { chainPath, manifestPath } from './manifest.ts'
import { readSegment } from './reader.ts'
import { repairLedger } from './repair-ledger.ts'
import type { RepairStep } from './repair-ledger.ts'
import { sealLedger } from './seal.ts'
import {
  eventSegmentName,
  headerLine,
  listSegments,
  sealedSegmentPath,
  segmentPath,
  signalSegmentName,
} from './segment.ts'
import { verifyLedger } from './verify.ts'
import type { VerifySummary } from './verify.ts'

const PAD = 'x'.repeat(1_000)
const WRITER = '0123456789ab'
const nameOf = (count: number): string => signalSegmentName(count * 1_000, WRITER, count)
const EVENTS = [1, 41].map(eventSegmentName)

let platform: Platform
let home: Home

beforeEach(async () => {
  platform = new SimulatedMachine(1).start()
  home = await openHome(platform, '/home/.spanledger')
  for (let i = 1; i <= 3; i++) await write('spans', nameOf(i), spansText(nameOf(i)))
  for (const name of EVENTS) await write('events', name, eventsText(name))
  await platform.clock.sleep(31_000)
  for await (const { sealed } of sealLedger(platform, home)) if (!sealed) throw new Error('not sealed')
})

/** Several blocks. */
function spansText(name: string): string {
  const lines = Array.from(
    { length: 1_200 },
    (_, i) =>
      `{"span":"${name}-${i}","start":"${1_700_000_000_000_000_000n + BigInt(i)}","pad":"${PAD}","in":"o1"}\n`,
  )
  return [header('spans', name), '{"origin":"o1"}\n', ...lines].join('')
}

function eventsText(name: string): string {
  const lines = Array.from({ length: 40 }, (_, i) => {
    const position = Number(name) + i
    return `{"event":"E","id":"${position}","stream":"s","version":${position},"position":${position},"time":"${1000 + i}","data":{}}\n`
  })
  return [header('events', name), ...lines].join('')
}

const header = (kind: LedgerKind, segment: string): string =>
  Buffer.from(headerLine({ kind, segment, writer: WRITER, created: '1' })).toString()

async function write(kind: LedgerKind, name: string, text: string): Promise<void> {
  const file = await platform.files.open(segmentPath(home, kind, name), 'create')
  await file.write([Buffer.from(text)], 0)
  await file.close()
}

async function edit(path: string, change: (bytes: Buffer) => Buffer | void): Promise<void> {
  const bytes = Buffer.from((await readWhole(platform.files, path))!)
  const changed = change(bytes) ?? bytes
  const file = await platform.files.open(path, 'update')
  await file.truncate(0)
  await file.write([changed], 0)
  await file.close()
}

async function verify(): Promise<{ damaged: string[]; repaired: string[]; summary: VerifySummary }> {
  const damaged: string[] = []
  const repaired: string[] = []
  for await (const found of verifyLedger(platform, home)) {
    if (found.finding === 'summary') return { damaged, repaired, summary: found }
    ;(found.repairedAt === undefined ? damaged : repaired).push(found.finding)
  }
  throw new Error('no summary')
}

async function repair(options: { dryRun?: boolean } = {}): Promise<RepairStep[]> {
  const steps: RepairStep[] = []
  for await (const step of repairLedger(platform, home, options)) steps.push(step)
  return steps
}

async function spanLines(): Promise<Set<string>> {
  const lines = new Set<string>()
  for (const segment of await listSegments(platform, home, 'spans')) {
    for await (const chunk of readSegment(platform, segment))
      for (const line of Buffer.from(chunk.lines).toString().split('\n'))
        if (line.startsWith('{"span"')) lines.add(line)
  }
  return lines
}

const flip = (at: (bytes: Buffer) => number) => (bytes: Buffer) => {
  bytes[at(bytes)]! ^= 0x01
}

const sealed = (count: number): string => sealedSegmentPath(home, 'spans', nameOf(count))
const events = (i: number): string => segmentPath(home, 'events', EVENTS[i]!)

interface Damage {
  what: string
  damage: () => Promise<void>
  finds: Finding['finding'][]
  actions: RepairStep['action'][]
  /** What is kept says so for good. */
  remains: Finding['finding'][]
}

const DAMAGES: Damage[] = [
  {
    what: 'a flipped byte in a sealed block',
    damage: () =>
      edit(
        sealed(2),
        flip(() => 1_000),
      ),
    // It held the definition.
    finds: ['damagedBlock', 'missingDefinition'],
    actions: ['isolated', 'noted'],
    remains: ['alteredBlock', 'isolatedLine', 'missingDefinition'],
  },
  {
    what: 'a flipped byte in the table of blocks',
    damage: () =>
      edit(
        sealed(2),
        flip((bytes) => bytes.length - 20),
      ),
    finds: ['damagedTable'],
    actions: ['isolated'],
    remains: [],
  },
  {
    what: 'an event whose line is no JSON any more',
    damage: () => edit(events(0), (bytes) => void bytes.write('#', bytes.indexOf('"id":"7"') - 1)),
    finds: ['damagedLine', 'alteredBlock'],
    actions: ['isolated', 'noted'],
    remains: ['isolatedLine', 'alteredBlock'],
  },
  {
    what: 'an event at the end, in a segment that is not sealed',
    damage: () => edit(events(1), (bytes) => void bytes.write('#', bytes.lastIndexOf('"id"') - 1)),
    finds: ['damagedLine'],
    actions: ['isolated'],
    remains: ['isolatedLine'],
  },
  {
    what: 'a header',
    damage: () => edit(events(1), (bytes) => void bytes.write('#', 0)),
    finds: ['badHeader'],
    actions: ['isolated'],
    remains: ['isolatedLine'],
  },
  {
    what: 'a deleted line',
    damage: () =>
      edit(events(0), (bytes) => {
        const line = bytes.lastIndexOf('\n', bytes.indexOf('"id":"7"')) + 1
        return Buffer.concat([bytes.subarray(0, line), bytes.subarray(bytes.indexOf('\n', line) + 1)])
      }),
    finds: ['positionGap', 'versionGap', 'alteredSegment', 'alteredBlock'],
    actions: ['noted', 'noted', 'noted', 'noted'],
    remains: ['positionGap', 'versionGap', 'alteredSegment', 'alteredBlock'],
  },
  {
    what: 'a deleted manifest',
    damage: () => platform.files.unlink(manifestPath(home, 'spans', nameOf(2))),
    finds: ['missingManifest', 'brokenChain'],
    actions: ['noted', 'noted'],
    remains: ['missingManifest', 'brokenChain'],
  },
  {
    what: 'a damaged manifest',
    damage: () => edit(manifestPath(home, 'spans', nameOf(3)), (bytes) => void bytes.write('#', 0)),
    finds: ['damagedManifest', 'brokenChain'],
    actions: ['movedAside', 'noted'],
    remains: ['missingManifest', 'brokenChain'],
  },
  {
    what: 'a deleted segment',
    damage: () => platform.files.unlink(sealed(1)),
    finds: ['missingSegment'],
    actions: ['noted'],
    remains: ['missingSegment'],
  },
  {
    what: 'a deleted end of the chain',
    damage: () => platform.files.unlink(chainPath(home, 'spans')),
    finds: ['missingChainEnd'],
    actions: ['noted'],
    remains: [],
  },
  {
    what: 'a torn last line of a dead writer',
    async damage() {
      await write('logs', nameOf(9), `${header('logs', nameOf(9))}{"log":"1`)
      await platform.clock.sleep(31_000)
    },
    finds: ['tornLine'],
    actions: ['cutOff'],
    remains: [],
  },
]

describe.each(DAMAGES)('repairing $what', ({ damage, finds, actions, remains }) => {
  test('isolates it, keeps the original, loses no other line, and is told as repaired from then on', async () => {
    const before = await spanLines()
    await damage()
    const readable = await spanLines()
    expect((await verify()).damaged).toEqual(finds)

    const dry = await repair({ dryRun: true })
    expect(dry.map(({ action }) => action).toSorted()).toEqual(actions.toSorted())
    expect((await verify()).damaged).toEqual(finds)

    const steps = await repair()
    expect(steps.map(({ action }) => action).toSorted()).toEqual(actions.toSorted())
    for (const { action, aside } of steps)
      expect(aside !== undefined && (await platform.files.stat(aside))!.bytes > 0).toBe(action !== 'noted')
    const after = await verify()
    expect(after.damaged).toEqual([])
    expect(after.repaired.toSorted()).toEqual(remains.toSorted())
    expect(after.summary.repaired).toBe(remains.length)
    const kept = await spanLines()
    expect([...readable].filter((line) => !kept.has(line))).toEqual([])
    expect([...kept].filter((line) => !before.has(line))).toEqual([])
    expect(await repair()).toEqual([])
  })
})

test('a repaired file is gzip that every tool reads, and what is damaged after it is news', async () => {
  await edit(
    sealed(2),
    flip(() => 1_000),
  )
  await repair()
  const text = gunzipSync((await readWhole(platform.files, sealed(2)))!).toString()
  expect(text).toHaveLength(spansText(nameOf(2)).length)
  expect(
    text
      .trimStart()
      .split('\n')
      .slice(0, -1)
      .every((line) => line.startsWith('{"span"')),
  ).toBe(true)
  expect((await verify()).damaged).toEqual([])
  await edit(
    sealed(2),
    flip((bytes) => bytes.length >> 1),
  )
  expect((await verify()).damaged).toEqual(['damagedBlock'])
})

test('a line of spaces that no repair left, and an altered block that is altered again, are damage', async () => {
  await edit(
    events(0),
    flip((bytes) => bytes.indexOf('"time":"1003"') + 9),
  )
  await repair()
  expect((await verify()).repaired).toEqual(['alteredBlock'])
  await edit(
    events(0),
    flip((bytes) => bytes.indexOf('"time":"1005"') + 9),
  )
  expect((await verify()).damaged).toEqual(['alteredBlock'])
  await edit(events(1), (bytes) => void bytes.fill(0x20, bytes.indexOf('\n') + 1, bytes.indexOf('\n') + 9))
  expect((await verify()).damaged).toContain('alteredBlock')
})

test('what cannot be read is told with its errno, and nothing behind it is left unread', async () => {
  const unreadable = [sealed(1), manifestPath(home, 'spans', nameOf(2)), events(0), chainPath(home, 'events')]
  const { files } = platform
  platform = {
    ...platform,
    files: {
      ...files,
      async open(path, how, mode) {
        if (unreadable.includes(path)) throw Object.assign(new Error('no'), { code: 'EACCES' })
        return files.open(path, how, mode)
      },
    },
  }
  const all: (Finding | VerifySummary)[] = []
  for await (const one of verifyLedger(platform, home)) all.push(one)
  expect(all.at(-1)).toMatchObject({ finding: 'summary', lines: { spans: 2_400, events: 40 } })
  const found = all.slice(0, -1) as Finding[]
  const told = found.filter(({ finding }) => finding === 'unreadable')
  expect(told.map(({ path }) => path).toSorted()).toEqual(unreadable.slice(0, 3).toSorted())
  expect(told[0]).toMatchObject({ errno: 'EACCES' })
})

test('of a sealed file without a table and a manifest, and with a damaged block, all else is read again', async () => {
  const before = await spanLines()
  const inBlock = (await listSegments(platform, home, 'spans'))[1]!
  await edit(manifestPath(home, 'spans', nameOf(2)), (bytes) => void bytes.write('#', 0))
  await edit(sealed(2), (bytes) => {
    bytes[bytes.length - 20]! ^= 0x01
    bytes[1_000]! ^= 0x01
  })
  expect((await listSegments(platform, home, 'spans'))[1]).toMatchObject({ bytes: 0 })
  expect((await spanLines()).size).toBe(before.size - 1_200)
  const steps = await repair()
  expect(steps.filter(({ action }) => action === 'left')).toEqual([])
  const after = await spanLines()
  const lost = before.size - after.size
  expect([...after].every((line) => before.has(line))).toBe(true)
  expect(lost).toBeGreaterThan(0)
  expect(lost).toBeLessThan(1_100)
  const file = (await readWhole(platform.files, sealed(2)))!
  const text = gunzipSync(file).toString()
  expect(text.split('\n').filter((line) => line.startsWith('{"span"'))).toHaveLength(1_200 - lost)
  expect((await listSegments(platform, home, 'spans'))[1]!.bytes).toBe(text.length)
  expect(text.length).toBeLessThan(inBlock.bytes)
  const { damaged, repaired } = await verify()
  expect(damaged).toEqual([])
  expect(repaired).toContain('isolatedLine')
})

test('a table of blocks and a manifest that are both damaged tell no sizes that could be believed; all of it is found again', async () => {
  const all = await spanLines()
  await edit(
    sealed(2),
    flip((bytes) => bytes.length - 20),
  )
  await edit(
    manifestPath(home, 'spans', nameOf(2)),
    (bytes) => void bytes.write('Bytes', bytes.indexOf('"bytes":', 400) + 1),
  )
  expect((await spanLines()).size).toBe(all.size - 1_200)
  expect((await verify()).damaged).toContain('damagedTable')
  await repair()
  expect((await spanLines()).size).toBe(all.size)
  expect((await readWhole(platform.files, sealed(2)))!.length).toBeGreaterThan(0)
})
