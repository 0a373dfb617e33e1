import { join } from 'node:path'
import type { LedgerKind } from '../model/index.ts'
import type { Platform } from '../platform/index.ts'
import type { Home } from './home.ts'
import { readJsonFile } from './json-file.ts'
import { LINE_BYTES_MAX } from './limits.ts'

/** The format this code writes. */
export const MANIFEST_VERSION = 1
const SUFFIX = '.manifest.json'

/** What a closed segment was when it was sealed: `<segment>.manifest.json`. Source: docs/reference/ledger-format.md. */
export interface Manifest {
  manifest: number
  kind: LedgerKind
  segment: string
  /** From 1 in its kind, in the order of sealing. */
  number: number
  /** SHA-256 of the manifest or note with the number before, as a file; null for the first. */
  previous: string | null
  /** Unix nanoseconds. */
  sealedAt: string
  /** When the segment was last written to, unix nanoseconds. */
  writtenAt: string
  /** By first key: `{"ledger":1,"origin":3,"span":134217}`. */
  lines: Record<string, number>
  /** Of the times its records tell, unix nanoseconds; absent when none does. */
  earliest?: string
  latest?: string
  /** Of the segment as it was written. */
  bytes: number
  sha256: string
  /** Of the sealed file; absent where the segment stays as it is (events). */
  storedBytes?: number
  blocks: ManifestBlock[]
}

export interface ManifestBlock {
  offset: number
  bytes: number
  /** Of the block as it was written. */
  sha256: string
  storedOffset?: number
  storedBytes?: number
}

/** Where a kind's chain of manifests ends: `chain.json` beside them. */
export interface ChainEnd {
  /** Of the manifest sealed last; 0 before the first. */
  number: number
  sha256: string | null
}

export function manifestPath(home: Home, kind: LedgerKind, segment: string): string {
  return join(home.segments[kind], segment + SUFFIX)
}

export function chainPath(home: Home, kind: LedgerKind): string {
  return join(home.segments[kind], 'chain.json')
}

export interface FoundManifest {
  path: string
  /** By the file's name. */
  segment: string
  /** Of the file. */
  sha256: string
  /** Undefined when the file is not a manifest of this segment, or cannot be read. */
  manifest: Manifest | undefined
  /** The system's code, when it does not let the file be read. */
  unreadable?: string
}

export async function readManifest(
  platform: Platform,
  home: Home,
  kind: LedgerKind,
  segment: string,
): Promise<FoundManifest | undefined> {
  const path = manifestPath(home, kind, segment)
  const read = await readJsonFile(platform, path)
  if (read === undefined) return undefined
  const manifest = read.value as Manifest | undefined
  const fits =
    manifest?.manifest === MANIFEST_VERSION &&
    manifest.kind === kind &&
    manifest.segment === segment &&
    Number.isSafeInteger(manifest.number) &&
    /^\d+$/.test(manifest.writtenAt) &&
    Number.isSafeInteger(manifest.bytes) &&
    Array.isArray(manifest.blocks) &&
    manifest.blocks.every(isBlock)
  return {
    path,
    segment,
    sha256: read.sha256,
    manifest: fits ? manifest : undefined,
    ...(read.unreadable === undefined ? {} : { unreadable: read.unreadable }),
  }
}

/** A manifest may be damaged, too: it is not believed a size that a block cannot have. */
export function isBlock(block: Partial<ManifestBlock> | null): boolean {
  const { offset, bytes, sha256, storedOffset = 0, storedBytes = 0 } = block ?? {}
  return (
    [offset, bytes, storedOffset, storedBytes].every(isSize) &&
    bytes! <= LINE_BYTES_MAX &&
    typeof sha256 === 'string'
  )
}

const isSize = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0

/** When a sealed segment was last written to; undefined when no manifest tells it. */
export async function sealedWrittenMs(
  platform: Platform,
  home: Home,
  { kind, name }: { kind: LedgerKind; name: string },
): Promise<number | undefined> {
  const writtenAt = (await readManifest(platform, home, kind, name))?.manifest?.writtenAt
  return writtenAt === undefined ? undefined : Number(BigInt(writtenAt) / 1_000_000n)
}

/** Of a kind, by the segments' names; those of `but` are left out. */
export async function readManifests(
  platform: Platform,
  home: Home,
  kind: LedgerKind,
  but: ReadonlySet<string> = new Set(),
): Promise<FoundManifest[]> {
  const found: FoundManifest[] = []
  for (const entry of (await platform.files.readdir(home.segments[kind])).toSorted()) {
    if (!entry.endsWith(SUFFIX) || but.has(entry.slice(0, -SUFFIX.length))) continue
    const one = await readManifest(platform, home, kind, entry.slice(0, -SUFFIX.length))
    if (one !== undefined) found.push(one)
  }
  return found
}

/** Undefined when it is not there. */
export async function readChainEnd(
  platform: Platform,
  home: Home,
  kind: LedgerKind,
): Promise<ChainEnd | 'damaged' | undefined> {
  const read = await readJsonFile(platform, chainPath(home, kind))
  if (read === undefined) return undefined
  const end = read.value as Partial<ChainEnd> | undefined
  return Number.isSafeInteger(end?.number) && typeof end?.sha256 === 'string'
    ? { number: end.number!, sha256: end.sha256 }
    : 'damaged'
}
