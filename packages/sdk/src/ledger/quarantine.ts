import { basename, join } from 'node:path'
import type { LedgerKind } from '../model/index.ts'
import type { OpenFile, Platform } from '../platform/index.ts'
import { writeAll } from './draft.ts'
import type { Home } from './home.ts'
import { READ_BYTES } from './limits.ts'

/** A run of a file's bytes. */
export interface Range {
  offset: number
  bytes: number
}

/**
 * Where a repair keeps the original bytes of what it touches: HOME/quarantine/<kind>/<file>.<time of the repair>. Each call is
 * durable when it resolves, so that it can come before the change.
 */
export class Quarantine {
  /** Unix nanoseconds of the repair. */
  readonly at: string
  readonly #platform: Platform
  readonly #home: Home
  readonly #made = new Set<string>()

  constructor(platform: Platform, home: Home) {
    this.#platform = platform
    this.#home = home
    this.at = String(platform.clock.nowUnixNano())
  }

  /** Copies runs of an open file, one behind the other. Returns where they are. */
  async copy(kind: LedgerKind, path: string, from: OpenFile, ranges: readonly Range[]): Promise<string> {
    const folder = await this.#folder(kind)
    const aside = join(folder, `${basename(path)}.${this.at}.damaged`)
    const file = await this.#platform.files.open(aside, 'create', 0o600)
    try {
      let at = 0
      for (const { offset, bytes } of ranges) {
        for (let done = 0; done < bytes;) {
          const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, bytes - done))
          const count = await from.read(buffer, offset + done)
          if (count === 0) break
          await writeAll(file, buffer.subarray(0, count), at, aside)
          at += count
          done += count
        }
      }
      await file.datasync()
    } finally {
      await file.close()
    }
    await this.#platform.files.syncDirectory(folder)
    return aside
  }

  /** Gives a file a second name here, which stays when another file takes its place. */
  async link(kind: LedgerKind, path: string): Promise<string> {
    const folder = await this.#folder(kind)
    const aside = join(folder, `${basename(path)}.${this.at}`)
    await this.#platform.files.link(path, aside)
    await this.#platform.files.syncDirectory(folder)
    return aside
  }

  async move(kind: LedgerKind, path: string): Promise<string> {
    const aside = await this.link(kind, path)
    await this.#platform.files.unlink(path)
    await this.#platform.files.syncDirectory(this.#home.segments[kind])
    return aside
  }

  async #folder(kind: LedgerKind): Promise<string> {
    const { files } = this.#platform
    const folder = join(this.#home.quarantine, kind)
    if (this.#made.has(folder)) return folder
    await files.mkdir(folder, 0o700)
    for (const parent of [this.#home.quarantine, this.#home.dir]) await files.syncDirectory(parent)
    this.#made.add(folder)
    return folder
  }
}
