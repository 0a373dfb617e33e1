import type { LedgerKind } from '../model/index.ts'
import type { Platform } from '../platform/index.ts'
import type { Finding, SealFinding } from './findings.ts'
import type { Home } from './home.ts'
import { chainPath, readChainEnd, readManifests, sha256 } from './manifest.ts'
import type { ChainEnd, FoundManifest, Manifest } from './manifest.ts'
import { readTable } from './sealed-blocks.ts'
import { openSegment } from './segment-file.ts'
import type { SegmentFile } from './segment-file.ts'
import { findSegment, segmentPath } from './segment.ts'
import type { Segment } from './segment.ts'

/**
 * Compares a kind's segments with what was sealed of them, and the manifests with one another.
 *
 * While sealing goes on nothing of it is a finding: the end of the chain is read first, and may be behind.
 *
 * Errors  the system's.
 */
export async function* verifySeals(
  platform: Platform,
  home: Home,
  kind: LedgerKind,
  segments: readonly Segment[],
): AsyncGenerator<SealFinding, ChainEnd, void> {
  const end = await readChainEnd(platform, home, kind)
  const found = await readManifests(platform, home, kind)
  const known = new Set(found.map(({ segment }) => segment))
  for (const segment of segments) {
    const { name, path } = segment
    if (!segment.sealed) continue
    if (!known.has(name)) yield { kind, segment: name, path, offset: 0, finding: 'missingManifest' }
    if (!(await hasTable(platform, segment)))
      yield { kind, segment: name, path, offset: segment.bytes, finding: 'damagedTable' }
  }
  for (const { segment, path, manifest } of found) {
    if (manifest === undefined) yield { kind, segment, path, offset: 0, finding: 'damagedManifest' }
    else yield* verifyContent(platform, home, manifest)
  }
  yield* verifyChain(kind, found, end, chainPath(home, kind))
  return lastOf(found, end)
}

function lastOf(found: readonly FoundManifest[], end: ChainEnd | 'damaged' | undefined): ChainEnd {
  let last: ChainEnd = typeof end === 'object' ? end : { number: 0, sha256: null }
  for (const { manifest, sha256: hash } of found)
    if (manifest !== undefined && manifest.number > last.number)
      last = { number: manifest.number, sha256: hash }
  return last
}

async function hasTable(platform: Platform, segment: Segment): Promise<boolean> {
  const file = await platform.files.open(segment.path, 'read')
  try {
    return (await readTable(file, await file.bytes())) !== undefined
  } finally {
    await file.close()
  }
}

async function* verifyContent(
  platform: Platform,
  home: Home,
  manifest: Manifest,
): AsyncGenerator<SealFinding, void, void> {
  const { kind, segment: name, bytes, blocks } = manifest
  const segment = await findSegment(platform, home, kind, name)
  if (segment === undefined) {
    const path = segmentPath(home, kind, name)
    yield { kind, segment: name, path, offset: 0, finding: 'missingSegment', bytes }
    return
  }
  const place = { kind, segment: name, path: segment.path }
  if (segment.bytes !== bytes)
    yield {
      ...place,
      offset: Math.min(bytes, segment.bytes),
      finding: 'alteredSegment',
      expected: bytes,
      actual: segment.bytes,
    }
  const opened = await openSegment(platform, segment)
  try {
    for (const { offset, bytes: length, sha256: expected } of blocks) {
      if (offset >= segment.bytes) break
      const content = await blockAt(opened, offset, length)
      // One that does not unpack is told where lines are read.
      if (content !== undefined && sha256(content) !== expected)
        yield { ...place, offset, finding: 'alteredBlock', bytes: length }
    }
  } finally {
    await opened.close()
  }
}

async function blockAt(file: SegmentFile, offset: number, bytes: number): Promise<Buffer | undefined> {
  if (!file.sealed) {
    const content = Buffer.allocUnsafe(bytes)
    return content.subarray(0, await file.file.read(content, offset))
  }
  const block = file.blocks.find((one) => one.offset === offset)
  // A file whose blocks lie elsewhere is not the one that was sealed.
  return block === undefined ? Buffer.alloc(0) : file.readBlock(block)
}

function* verifyChain(
  kind: LedgerKind,
  found: readonly FoundManifest[],
  end: ChainEnd | 'damaged' | undefined,
  endPath: string,
): Generator<SealFinding, void, void> {
  const chain = found
    .filter((one): one is FoundManifest & { manifest: Manifest } => one.manifest !== undefined)
    .toSorted((a, b) => a.manifest.number - b.manifest.number)
  const broken = (
    number: number,
    reason: Extract<Finding, { finding: 'brokenChain' }>['reason'],
    { segment, path }: { segment: string; path: string },
  ): SealFinding => ({ kind, segment, path, offset: 0, finding: 'brokenChain', number, reason })
  let before: (typeof chain)[number] | undefined
  for (const one of chain) {
    const { number, previous } = one.manifest
    const last = before?.manifest.number ?? 0
    if (number === last) yield broken(number, 'repeated', one)
    for (let missing = last + 1; missing < number; missing++) yield broken(missing, 'missing', one)
    if (before !== undefined && number === last + 1 && previous !== before.sha256)
      yield broken(last, 'altered', before)
    if (number === 1 && previous !== null) yield broken(1, 'altered', one)
    before = one
  }
  const atEnd = { segment: before?.segment ?? '', path: endPath }
  if (typeof end !== 'object') {
    if (end === 'damaged' || chain.length > 0) yield { kind, ...atEnd, offset: 0, finding: 'missingChainEnd' }
    return
  }
  const last = chain.find(({ manifest }) => manifest.number === end.number)
  const highest = before?.manifest.number ?? 0
  for (let missing = highest + 1; missing <= end.number; missing++) yield broken(missing, 'missing', atEnd)
  // Told already where its successor is.
  if (last !== undefined && last.sha256 !== end.sha256 && end.number === highest)
    yield broken(end.number, 'altered', last)
}
