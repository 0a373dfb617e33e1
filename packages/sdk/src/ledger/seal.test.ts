import { execFileSync } from 'node:child_process'
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
import { claimOwner } from './owner.ts'
import { readSegment } from './reader.ts'
import { sealLedger, segmentsToSeal } from './seal.ts'
import type { SealWitness } from './seal.ts'
import { readSegmentRange } from './segment-file.ts'
import {
  eventSegmentName,
  headerLine,
  listSegments,
  sealedSegmentPath,
  segmentPath,
  signalSegmentName,
} from './segment.ts'
import type { Segment } from './segment.ts'
import { tail } from './tail.ts'
import { verifyLedger } from './verify.ts'
import type { VerifySummary } from './verify.ts'

const WRITER = '0123456789ab'
const ORIGIN = '{"origin":"o1"}\n'

let machine: SimulatedMachine
let platform: Platform
let home: Home

beforeEach(async () => {
  machine = new SimulatedMachine(1)
  platform = machine.start()
  home = await openHome(platform, '/home/.spanledger')
})

const nameOf = (count: number, writer = WRITER): string => signalSegmentName(count * 1_000, writer, count)

/** A segment of about so many bytes, of several blocks where they are many. */
function textOf(kind: LedgerKind, name: string, bytes: number): string {
  const lines = [Buffer.from(headerLine({ kind, segment: name, writer: WRITER, created: '1' })).toString()]
  if (kind !== 'events') lines.push(ORIGIN)
  let size = 0
  for (let i = 0; size < bytes; i++) {
    const line =
      kind === 'events'
        ? `{"event":"E","id":"${name}-${i}","stream":"s-${name}","version":${i + 1},"position":${Number(name) + i},"time":"${1000 + i}","data":{}}\n`
        : `{"span":"${name}-${i}","start":"${1_700_000_000_000_000_000n + BigInt(i)}","in":"o1"}\n`
    lines.push(line)
    size += line.length
  }
  return lines.join('')
}

async function write(kind: LedgerKind, name: string, text: string): Promise<void> {
  const file = await platform.files.open(segmentPath(home, kind, name), 'create')
  await file.write([Buffer.from(text)], 0)
  await file.close()
}

/** Several segments of a dead writer. */
async function writeSegments(count: number, bytes = 3_000): Promise<string[]> {
  const texts: string[] = []
  for (let i = 1; i <= count; i++) {
    texts.push(textOf('spans', nameOf(i), bytes))
    await write('spans', nameOf(i), texts.at(-1)!)
  }
  await platform.clock.sleep(31_000)
  return texts
}

async function seal() {
  const done = []
  for await (const one of sealLedger(platform, home)) done.push(one)
  return done
}

const failingWitness = (): SealWitness => ({
  block() {},
  durable: () => Promise.reject(new Error('of the witness')),
})

async function contents(kind: LedgerKind = 'spans'): Promise<string[]> {
  const all: string[] = []
  for (const segment of await listSegments(platform, home, kind)) {
    const parts: Uint8Array[] = []
    for await (const { lines } of readSegment(platform, segment)) parts.push(lines)
    all.push(Buffer.concat(parts).toString())
  }
  return all
}

async function verified(): Promise<{ findings: Finding[]; summary: VerifySummary }> {
  const found: (Finding | VerifySummary)[] = []
  for await (const one of verifyLedger(platform, home)) found.push(one)
  return { findings: found.slice(0, -1) as Finding[], summary: found.at(-1) as VerifySummary }
}

async function alter(path: string, change: (bytes: Buffer) => Uint8Array): Promise<void> {
  const bytes = change(Buffer.from((await readWhole(platform.files, path))!))
  await platform.clock.sleep(1)
  const file = await platform.files.open(path, 'update')
  await file.truncate(0)
  await file.write([bytes], 0)
  await file.close()
}

const flip = (at: number) => (bytes: Buffer) => {
  bytes[at]! ^= 0x10
  return bytes
}

describe('sealing', () => {
  test('packs closed segments into what gunzip reads, and everything reads the same', async () => {
    const texts = await writeSegments(2, 2_500_000)
    const done = await seal()
    expect(done).toMatchObject([{ sealed: true }, { sealed: true }])
    expect((await platform.files.readdir(home.segments.spans)).toSorted()).toEqual([
      `${nameOf(1)}.jsonl.gz`,
      `${nameOf(1)}.manifest.json`,
      `${nameOf(2)}.jsonl.gz`,
      `${nameOf(2)}.manifest.json`,
      'chain.json',
    ])
    const packed = await readWhole(platform.files, sealedSegmentPath(home, 'spans', nameOf(1)))
    expect(gunzipSync(packed!).toString()).toBe(texts[0])
    expect(execFileSync('gzip', ['-dc'], { input: packed!, maxBuffer: 1e8 }).toString()).toBe(texts[0])
    expect(await contents()).toEqual(texts)
    const [segment] = await listSegments(platform, home, 'spans')
    expect(segment).toMatchObject({ bytes: texts[0]!.length, sealed: true, storedBytes: packed!.length })
    for (const [from, to] of [
      [0, 10],
      [1_000_000, 1_100_000],
      [5, 2_400_000],
      [2_500_000, 9_000_000],
    ] as const)
      expect((await readSegmentRange(platform, segment!, from, to)).toString()).toBe(
        texts[0]!.slice(from, to),
      )
    const { findings, summary } = await verified()
    expect(findings).toEqual([])
    expect(summary).toMatchObject({ sealedSegments: 2, unreadableBytes: 0, chains: { spans: { number: 2 } } })
  })

  test('tells of a segment what it was', async () => {
    const [text] = await writeSegments(1)
    await seal()
    const manifest = JSON.parse(
      Buffer.from((await readWhole(platform.files, manifestPath(home, 'spans', nameOf(1))))!).toString(),
    ) as Record<string, unknown>
    const spans = text!.split('\n').length - 3
    expect(manifest).toMatchObject({
      manifest: 1,
      kind: 'spans',
      segment: nameOf(1),
      number: 1,
      previous: null,
      lines: { ledger: 1, origin: 1, span: spans },
      earliest: '1700000000000000000',
      latest: `${1_700_000_000_000_000_000n + BigInt(spans - 1)}`,
      bytes: text!.length,
    })
  })

  test('is witnessed: every byte in order, and told as durable before the plain file goes', async () => {
    const [text] = await writeSegments(1, 6_000_000)
    await write('events', eventSegmentName(1), textOf('events', eventSegmentName(1), 300))
    await write('events', eventSegmentName(9_000), textOf('events', eventSegmentName(9_000), 300))
    await platform.clock.sleep(31_000)
    const seen: string[] = []
    const durable: unknown[] = []
    const witness = (segment: Segment): SealWitness => ({
      block(lines, offset) {
        expect(offset).toBe(seen.join('').length)
        seen.push(lines.toString())
      },
      async durable() {
        const paths = [segment.path, sealedSegmentPath(home, 'spans', segment.name)]
        const stats = await Promise.all(
          [...paths, manifestPath(home, 'spans', segment.name)].map((path) => platform.files.stat(path)),
        )
        durable.push(stats.map((stat) => stat !== undefined))
      },
    })
    for await (const { sealed } of sealLedger(platform, home, { witness })) expect(sealed).toBe(true)
    expect(seen.length).toBeGreaterThan(4)
    expect(seen.join('') === text).toBe(true)
    expect(durable).toEqual([[true, true, true]])
    expect(await platform.files.stat(segmentPath(home, 'spans', nameOf(1)))).toBeUndefined()
  })

  test('stays plain and readable when its witness fails, and is finished by the next sealing', async () => {
    const texts = await writeSegments(1)
    const sealing = async (): Promise<void> => {
      for await (const _ of sealLedger(platform, home, { witness: failingWitness }));
    }
    await expect(sealing()).rejects.toThrow('of the witness')
    expect(await platform.files.stat(segmentPath(home, 'spans', nameOf(1)))).toBeDefined()
    expect(await contents()).toEqual(texts)
    expect(await seal()).toMatchObject([{ sealed: true }])
    expect(await contents()).toEqual(texts)
  })

  test('leaves alone what somebody may still write to', async () => {
    const alive = machine.start()
    const { nonce } = await claimOwner(alive, home)
    const far = machine.start({ host: 'elsewhere' })
    const { nonce: farNonce } = await claimOwner(far, home)
    const dead = machine.start()
    const { nonce: deadNonce } = await claimOwner(dead, home)
    for (const writer of [nonce, farNonce])
      for (const count of [1, 2])
        await write('spans', nameOf(count, writer), textOf('spans', nameOf(count, writer), 100))
    await write('spans', nameOf(3, deadNonce), textOf('spans', nameOf(3, deadNonce), 100))
    await write('spans', nameOf(4), textOf('spans', nameOf(4), 100))
    machine.kill(dead.pid)
    expect(await segmentsToSeal(platform, home)).toEqual([`spans/${nameOf(3, deadNonce)}`])
    await platform.clock.sleep(3_000)
    const left = [nonce, farNonce].map((writer) => `spans/${nameOf(1, writer)}`)
    expect(await segmentsToSeal(platform, home)).toEqual(
      [...left, `spans/${nameOf(3, deadNonce)}`].toSorted(),
    )
    await platform.clock.sleep(40_000)
    expect(await segmentsToSeal(platform, home)).toEqual(
      [...left, `spans/${nameOf(3, deadNonce)}`, `spans/${nameOf(4)}`].toSorted(),
    )
  })

  test('leaves a torn line to repair', async () => {
    await write('spans', nameOf(1), `${textOf('spans', nameOf(1), 100)}{"span":"to`)
    await platform.clock.sleep(31_000)
    expect(await seal()).toMatchObject([{ sealed: false, reason: 'tornLine' }])
    expect((await listSegments(platform, home, 'spans'))[0]).toMatchObject({ sealed: false })
  })

  test('gives segments of events a manifest and leaves them as they are', async () => {
    const first = textOf('events', eventSegmentName(1), 2_000)
    await write('events', eventSegmentName(1), first)
    const next = first.trimEnd().split('\n').length
    await write('events', eventSegmentName(next), textOf('events', eventSegmentName(next), 100))
    await platform.clock.sleep(3_000)
    expect(await seal()).toMatchObject([{ sealed: true, bytes: first.length, storedBytes: first.length }])
    expect(await segmentsToSeal(platform, home)).toEqual([])
    expect(await seal()).toEqual([])
    expect((await verified()).findings).toEqual([])
    await alter(segmentPath(home, 'events', eventSegmentName(1)), (bytes) =>
      Buffer.from(bytes.toString().replace('"time":"1003"', '"time":"1004"')),
    )
    expect((await verified()).findings).toMatchObject([
      { finding: 'alteredBlock', kind: 'events', segment: eventSegmentName(1), offset: 0 },
    ])
  })

  test('goes on under readers', async () => {
    const texts = await writeSegments(2, 2_500_000)
    const listed = await listSegments(platform, home, 'spans')
    const reading = readSegment(platform, listed[0]!)
    const first = await reading.next()
    await seal()
    const parts = [first.value!.lines]
    for await (const { lines } of reading) parts.push(lines)
    expect(Buffer.concat(parts).toString()).toBe(texts[0])
    expect((await readSegmentRange(platform, listed[1]!, 100, 2_000_000)).toString()).toBe(
      texts[1]!.slice(100, 2_000_000),
    )
    const end = new AbortController()
    const seen: Uint8Array[] = []
    const from = { [nameOf(1)]: texts[0]!.length - 2 * texts[0]!.split('\n').at(-2)!.length - 2 }
    for await (const { lines, next, segment } of tail(platform, home, 'spans', {
      from,
      signal: end.signal,
    })) {
      seen.push(lines)
      if (segment.name === nameOf(2) && next === texts[1]!.length) end.abort()
    }
    expect(Buffer.concat(seen).toString()).toBe(texts[0]!.slice(from[nameOf(1)]) + texts[1])
  })

  test('a line that is too long for a block is told as before', async () => {
    const text = `${textOf('spans', nameOf(1), 100)}${'x'.repeat(40_000_000)}\n{"span":"after"}\n`
    await write('spans', nameOf(1), text)
    await platform.clock.sleep(31_000)
    const before = await contents()
    const { findings } = await verified()
    expect(await seal()).toMatchObject([{ sealed: true }])
    expect(await contents()).toEqual(before)
    const after = await verified()
    expect(findings).toHaveLength(1)
    expect(after.findings).toEqual(findings.map((one) => ({ ...one, path: `${one.path}.gz` })))
  })
})

const place = (count: number) => ({ kind: 'spans', segment: nameOf(count) })

describe('verifying what was sealed', () => {
  test('a flipped byte takes one block, and everything else is read', async () => {
    const texts = await writeSegments(2, 3_000_000)
    await seal()
    await alter(sealedSegmentPath(home, 'spans', nameOf(1)), (bytes) => flip(bytes.length >> 1)(bytes))
    const { findings, summary } = await verified()
    expect(findings).toMatchObject([{ ...place(1), finding: 'damagedBlock' }])
    const { offset, bytes } = findings[0] as Extract<Finding, { finding: 'damagedBlock' }>
    expect(offset).toBeGreaterThan(0)
    expect(summary.unreadableBytes).toBe(bytes)
    expect(await contents()).toEqual([texts[0]!.slice(0, offset) + texts[0]!.slice(offset + bytes), texts[1]])
    const [segment] = await listSegments(platform, home, 'spans')
    const range = (await readSegmentRange(platform, segment!, 0, texts[0]!.length)).toString()
    expect(range).toBe(texts[0]!.slice(0, offset) + '\n'.repeat(bytes) + texts[0]!.slice(offset + bytes))
  })

  test('a flipped byte in the table, and a file cut short', async () => {
    const texts = await writeSegments(2, 3_000_000)
    await seal()
    await alter(sealedSegmentPath(home, 'spans', nameOf(1)), (bytes) => flip(bytes.length - 12)(bytes))
    await alter(sealedSegmentPath(home, 'spans', nameOf(2)), (bytes) => bytes.subarray(0, bytes.length / 2))
    const { findings } = await verified()
    expect(findings.map(({ finding, segment }) => `${finding} ${segment}`).toSorted()).toEqual([
      `damagedBlock ${nameOf(2)}`,
      `damagedBlock ${nameOf(2)}`,
      `damagedTable ${nameOf(1)}`,
      `damagedTable ${nameOf(2)}`,
    ])
    const [first, second] = await contents()
    expect(first).toBe(texts[0])
    expect(texts[1]!.startsWith(second!)).toBe(true)
    expect(second!.length).toBeGreaterThan(900_000)
  })

  test('a line that was taken out and packed again', async () => {
    await writeSegments(1)
    await seal()
    const manifest = (await readWhole(platform.files, manifestPath(home, 'spans', nameOf(1))))!
    const altered = new SimulatedMachine(2).start()
    const other = await openHome(altered, home.dir)
    const text = textOf('spans', nameOf(1), 3_000).replace(/\{"span":"[^"]*-7".*\n/, '')
    const file = await altered.files.open(segmentPath(other, 'spans', nameOf(1)), 'create')
    await file.write([Buffer.from(text)], 0)
    await altered.clock.sleep(31_000)
    for await (const _ of sealLedger(altered, other));
    const forged = (await readWhole(altered.files, sealedSegmentPath(other, 'spans', nameOf(1))))!
    await alter(sealedSegmentPath(home, 'spans', nameOf(1)), () => forged)
    expect((await verified()).findings).toMatchObject([
      { ...place(1), finding: 'alteredSegment' },
      { ...place(1), finding: 'alteredBlock', offset: 0 },
    ])
    expect(manifest.length).toBeGreaterThan(0)
  })

  test('a manifest or a segment that was deleted, swapped or forged', async () => {
    await writeSegments(4)
    await seal()
    const { files } = platform
    const manifest = (count: number) => manifestPath(home, 'spans', nameOf(count))
    const whole = (await verified()).summary.chains.spans
    const second = (await readWhole(files, manifest(2)))!
    await files.unlink(manifest(2))
    expect((await verified()).findings).toMatchObject([
      { ...place(2), finding: 'missingManifest' },
      { ...place(3), finding: 'brokenChain', number: 2, reason: 'missing' },
    ])
    await files.rename(manifest(3), manifest(2))
    expect((await verified()).findings.map(({ finding, segment }) => [finding, segment])).toEqual([
      ['missingManifest', nameOf(3)],
      ['damagedManifest', nameOf(2)],
      ['brokenChain', nameOf(4)],
      ['brokenChain', nameOf(4)],
    ])
    await files.rename(manifest(2), manifest(3))
    await write('spans', 'x', '')
    await files.rename(segmentPath(home, 'spans', 'x'), manifest(2))
    await alter(manifest(2), () => Buffer.from(Buffer.from(second).toString().replace('"span":', '"spam":')))
    expect((await verified()).findings).toMatchObject([
      { ...place(2), finding: 'brokenChain', number: 2, reason: 'altered' },
    ])
    await alter(manifest(2), () => second)
    expect((await verified()).findings).toEqual([])
    await files.unlink(sealedSegmentPath(home, 'spans', nameOf(1)))
    expect((await verified()).findings).toMatchObject([{ ...place(1), finding: 'missingSegment' }])
    await files.unlink(manifest(4))
    expect((await verified()).findings.slice(-1)).toMatchObject([
      { finding: 'brokenChain', number: 4, reason: 'missing' },
    ])
    expect((await verified()).summary.chains.spans).toEqual(whole)
    await files.unlink(chainPath(home, 'spans'))
    expect((await verified()).findings.slice(-1)).toMatchObject([{ finding: 'missingChainEnd' }])
  })

  test('without its manifest a segment is read all the same', async () => {
    const texts = await writeSegments(1, 2_500_000)
    await seal()
    await platform.files.unlink(manifestPath(home, 'spans', nameOf(1)))
    await platform.files.unlink(chainPath(home, 'spans'))
    expect(await contents()).toEqual(texts)
  })
})
