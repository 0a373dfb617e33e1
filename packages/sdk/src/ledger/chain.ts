import type { LedgerKind } from '../model/index.ts'
import type { Platform } from '../platform/index.ts'
import { replaceWhole } from './draft.ts'
import type { Home } from './home.ts'
import { sha256 } from './json-file.ts'
import { chainPath, readChainEnd, readManifests } from './manifest.ts'
import type { ChainEnd } from './manifest.ts'
import { readNotes } from './note.ts'

/** What ties an entry of the chain to the one before. */
export interface ChainLink {
  number: number
  previous: string | null
}

/** One kind's chain of manifests and notes, to add to; only under `seal.lock`. */
export class Chain {
  readonly #platform: Platform
  readonly #home: Home
  readonly #kind: LedgerKind
  #last: ChainEnd = { number: 0, sha256: null }
  /** Segments whose manifests, and notes, were. */
  readonly #looked = new Set<string>()

  constructor(platform: Platform, home: Home, kind: LedgerKind) {
    this.#platform = platform
    this.#home = home
    this.#kind = kind
  }

  /** Durable when it resolves: the entry, then where the chain ends. */
  async add<Entry extends ChainLink>(
    make: (link: ChainLink) => { path: string; entry: Entry },
  ): Promise<Entry> {
    const end = await this.end()
    const { path, entry } = make({ number: end.number + 1, previous: end.sha256 })
    const text = Buffer.from(`${JSON.stringify(entry)}\n`)
    await replaceWhole(this.#platform, path, text)
    this.#last = { number: entry.number, sha256: sha256(text) }
    await this.#writeEnd()
    return entry
  }

  /**
   * The entry that was added last. `chain.json`, which comes after it, is behind when its writer was killed in between,
   * and anyone may have removed it; so each entry is looked at once.
   */
  async end(): Promise<ChainEnd> {
    const told = await readChainEnd(this.#platform, this.#home, this.#kind)
    if (typeof told === 'object' && told.number > this.#last.number) this.#last = told
    for (const { segment, manifest, sha256: hash } of await readManifests(
      this.#platform,
      this.#home,
      this.#kind,
      this.#looked,
    ))
      this.#look(segment, manifest?.number, hash)
    for (const { name, note, sha256: hash } of await readNotes(
      this.#platform,
      this.#home,
      this.#kind,
      this.#looked,
    ))
      this.#look(name, note?.number, hash)
    if (typeof told !== 'object' || told.number !== this.#last.number) await this.#writeEnd()
    return this.#last
  }

  #look(name: string, number: number | undefined, hash: string): void {
    this.#looked.add(name)
    if (number !== undefined && number > this.#last.number) this.#last = { number, sha256: hash }
  }

  async #writeEnd(): Promise<void> {
    if (this.#last.number === 0) return
    const text = `${JSON.stringify({ chain: 1, kind: this.#kind, ...this.#last })}\n`
    await replaceWhole(this.#platform, chainPath(this.#home, this.#kind), Buffer.from(text))
  }
}
