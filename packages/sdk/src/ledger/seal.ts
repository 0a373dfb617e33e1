import { createHash } from 'node:crypto'
import type { LedgerKind } from '../model/index.ts'
import type { OpenFile, Platform } from '../platform/index.ts'
import { Chain } from './chain.ts'
import { closedSegments } from './closed.ts'
import { ignoreMissing, openDraft, publishDraft, sweepDrafts, writeAll } from './draft.ts'
import { LEDGER_KINDS } from './home.ts'
import type { Home } from './home.ts'
import { sha256 } from './json-file.ts'
import { Lock } from './lock.ts'
import { MANIFEST_VERSION, manifestPath, readManifest } from './manifest.ts'
import type { Manifest, ManifestBlock } from './manifest.ts'
import { blocksToSeal } from './seal-blocks.ts'
import { tableMember } from './sealed-format.ts'
import type { SealedBlock } from './sealed-format.ts'
import { unpack } from './segment-file.ts'
import { sealedPathOf } from './segment.ts'
import type { Segment } from './segment.ts'
import { Tally } from './tally.ts'

/** What became of one closed segment. */
export type Sealed =
  | { segment: Segment; sealed: true; bytes: number; storedBytes: number }
  /** It stays as it is and readable. */
  | { segment: Segment; sealed: false; reason: 'tornLine' | 'changed' | 'unreadable' }

/** Learns from a signal segment while it is sealed, so that what is made of the text needs no reading of its own. */
export interface SealWitness {
  /** The lines of one block of the sealed file, in order and from the first on; `lines` is only lent. */
  block(lines: Buffer, offset: number): void
  /** The sealed text is durable and counts. The plain file is still there, and goes once this resolves. */
  durable(): Promise<void>
}

const LINE_FEED = 0x0a
const MS = 1_000_000n

/** What `sealLedger` would look at, as `kind/segment`: some readings of folders, for whoever asks every few seconds. */
export async function segmentsToSeal(platform: Platform, home: Home): Promise<string[]> {
  const names: string[] = []
  for (const kind of LEDGER_KINDS) {
    for (const { name } of await closedSegments(platform, home, kind)) {
      const isDone =
        kind === 'events' && (await platform.files.stat(manifestPath(home, kind, name))) !== undefined
      if (!isDone) names.push(`${kind}/${name}`)
    }
  }
  return names
}

/**
 * Seals every closed segment, and finishes what an earlier sealing left half done. Any number of processes may do this at once: one
 * seals at a time, a segment each.
 *
 * A signal segment becomes `<segment>.jsonl.gz` and its plain file goes, in this order: the packed file, read back; its manifest;
 * the end of the chain; only then the plain file is unlinked, each step durable before the next. Killed in between, the
 * plain file is there and counts. An events segment gets a manifest and stays as it is (docs/adr/0008).
 *
 * `witness` is asked for each signal segment that is packed; not for one of which an earlier sealing left only the end to do.
 *
 * Ends    when nothing is left to do, or `signal` aborts between two segments.
 * Errors  the system's: what was being sealed stays plain.
 */
export async function* sealLedger(
  platform: Platform,
  home: Home,
  options: { signal?: AbortSignal; witness?: (segment: Segment) => SealWitness } = {},
): AsyncGenerator<Sealed, void, void> {
  const lock = new Lock(platform, home, 'seal.lock')
  try {
    for (const kind of LEDGER_KINDS) {
      const sealer = new Sealer(platform, home, kind, kind === 'events' ? undefined : options.witness)
      for (const segment of await closedSegments(platform, home, kind)) {
        if (options.signal?.aborted) return
        await lock.acquire()
        try {
          const sealed = await sealer.seal(segment)
          if (sealed !== undefined) yield sealed
        } finally {
          await lock.release()
        }
      }
    }
  } finally {
    await lock.close()
  }
}

/** One kind's sealing; only under the lock. */
class Sealer {
  readonly #platform: Platform
  readonly #home: Home
  readonly #kind: LedgerKind
  readonly #folder: string
  readonly #witness: ((segment: Segment) => SealWitness) | undefined
  #swept = false
  readonly #chain: Chain

  constructor(
    platform: Platform,
    home: Home,
    kind: LedgerKind,
    witness: ((segment: Segment) => SealWitness) | undefined,
  ) {
    this.#witness = witness
    this.#platform = platform
    this.#home = home
    this.#kind = kind
    this.#folder = home.segments[kind]
    this.#chain = new Chain(platform, home, kind)
  }

  /** Undefined when another process has done it. */
  async seal(segment: Segment): Promise<Sealed | undefined> {
    const { files } = this.#platform
    if (!this.#swept) await sweepDrafts(this.#platform, this.#folder)
    this.#swept = true
    const stat = await files.stat(segment.path)
    if (stat === undefined) return undefined
    const found = await readManifest(this.#platform, this.#home, this.#kind, segment.name)
    if (found !== undefined) return this.#finish(segment, found.manifest)
    const plain = await files.open(segment.path, 'read')
    try {
      if (!(await endsWhole(plain, stat.bytes))) return { segment, sealed: false, reason: 'tornLine' }
      const witness = this.#witness?.(segment)
      const draft = await this.#pack(segment, plain, stat.bytes, witness)
      if ((await files.stat(segment.path))?.bytes !== stat.bytes)
        return { segment, sealed: false, reason: 'changed' }
      if (draft.storedBytes !== undefined) await publishDraft(this.#platform, sealedPathOf(segment))
      const manifest = await this.#addToChain(segment, {
        ...draft,
        writtenAt: String(BigInt(Math.round(stat.modifiedMs)) * MS),
      })
      await witness?.durable()
      return await this.#done(segment, manifest)
    } finally {
      await plain.close()
    }
  }

  /** A manifest is there beside the plain file: someone was killed before unlinking it. */
  async #finish(segment: Segment, manifest: Manifest | undefined): Promise<Sealed | undefined> {
    if (manifest === undefined) return { segment, sealed: false, reason: 'unreadable' }
    await this.#chain.end()
    if (manifest.storedBytes === undefined) return undefined
    const problem = await this.#compare(segment, manifest)
    if (problem !== undefined) return { segment, sealed: false, reason: problem }
    return this.#done(segment, manifest)
  }

  /** Whether the sealed file holds what the plain one does. */
  async #compare(segment: Segment, manifest: Manifest): Promise<'changed' | 'unreadable' | undefined> {
    const { files } = this.#platform
    const plain = await files.open(segment.path, 'read')
    try {
      if ((await plain.bytes()) !== manifest.bytes) return 'changed'
      const sealed = await files.open(sealedPathOf(segment), 'read').catch(ignoreMissing)
      if (sealed === undefined) return 'unreadable'
      try {
        for (const {
          offset,
          bytes,
          storedOffset = 0,
          storedBytes = 0,
          sha256: expected,
        } of manifest.blocks) {
          const block = Buffer.allocUnsafe(bytes)
          await plain.read(block, offset)
          if (sha256(block) !== expected) return 'changed'
          const unpacked = await unpack(this.#platform, sealed, { offset, bytes, storedOffset, storedBytes })
          if (unpacked?.equals(block) !== true) return 'unreadable'
        }
        return undefined
      } finally {
        await sealed.close()
      }
    } finally {
      await plain.close()
    }
  }

  /** Writes the packed file beside its later place and reads it back: the plain file is going to be removed for it. */
  async #pack(
    segment: Segment,
    plain: OpenFile,
    bytes: number,
    witness: SealWitness | undefined,
  ): Promise<Omit<Manifest, 'manifest' | 'number' | 'previous' | 'sealedAt' | 'writtenAt'>> {
    const packs = this.#kind !== 'events'
    const tally = new Tally(this.#kind)
    const whole = createHash('sha256')
    const blocks: ManifestBlock[] = []
    const stored: SealedBlock[] = []
    let storedBytes = 0
    const path = sealedPathOf(segment)
    const draft = packs ? await openDraft(this.#platform, path) : undefined
    const pack = packs ? (block: Buffer) => this.#platform.compression.compress(block) : undefined
    try {
      for await (const { block, offset, packing } of blocksToSeal(plain, bytes, pack)) {
        // Beside the packing, which has threads of its own.
        tally.add(block)
        whole.update(block)
        const one: ManifestBlock = { offset, bytes: block.length, sha256: sha256(block) }
        witness?.block(block, offset)
        const packed = await packing
        if (packed !== undefined) {
          await writeAll(draft!, packed, storedBytes, path)
          const place = { storedOffset: storedBytes, storedBytes: packed.length }
          stored.push({ offset, bytes: block.length, ...place })
          Object.assign(one, place)
          storedBytes += packed.length
          const back = await unpack(this.#platform, draft!, stored.at(-1)!)
          if (back?.equals(block) !== true)
            throw Object.assign(new Error(`${path} does not read back`), { code: 'EIO' })
        }
        blocks.push(one)
      }
      if (draft !== undefined) {
        const table = tableMember(stored)
        await writeAll(draft, table, storedBytes, path)
        storedBytes += table.length
        await draft.datasync()
      }
    } finally {
      await draft?.close()
    }
    return {
      kind: this.#kind,
      segment: segment.name,
      lines: tally.lines,
      ...(tally.earliest === undefined ? {} : { earliest: tally.earliest, latest: tally.latest! }),
      bytes,
      sha256: whole.digest('hex'),
      ...(packs ? { storedBytes } : {}),
      blocks,
    }
  }

  #addToChain(
    segment: Segment,
    draft: Omit<Manifest, 'manifest' | 'number' | 'previous' | 'sealedAt'>,
  ): Promise<Manifest> {
    const { kind, segment: name, ...facts } = draft
    const sealedAt = String(this.#platform.clock.nowUnixNano())
    return this.#chain.add((link) => ({
      path: manifestPath(this.#home, this.#kind, segment.name),
      entry: { manifest: MANIFEST_VERSION, kind, segment: name, ...link, sealedAt, ...facts },
    }))
  }

  async #done(segment: Segment, { bytes, storedBytes }: Manifest): Promise<Sealed> {
    const { files } = this.#platform
    if (storedBytes === undefined) return { segment, sealed: true, bytes, storedBytes: bytes }
    // Once more: what an earlier sealing renamed need not be on the disk.
    await files.syncDirectory(this.#folder)
    if ((await files.stat(segment.path))?.bytes !== bytes)
      return { segment, sealed: false, reason: 'changed' }
    await files.unlink(segment.path)
    await files.syncDirectory(this.#folder)
    return { segment, sealed: true, bytes, storedBytes }
  }
}

async function endsWhole(file: OpenFile, bytes: number): Promise<boolean> {
  const last = Buffer.alloc(1)
  return (await file.read(last, bytes - 1)) === 1 && last[0] === LINE_FEED
}
