import { dirname } from 'node:path'
import type { SeededRandom } from './random.ts'

type FileChange = { at: number; bytes: Uint8Array } | { truncate: number }

/** A file: what programs see, and what a power failure leaves for certain. */
export class Inode {
  bytes = Buffer.alloc(0)
  changedMs = 0
  modifiedMs = 0
  #durable = Buffer.alloc(0)
  #changes: FileChange[] = []

  write(at: number, bytes: Uint8Array): void {
    this.bytes = applied(this.bytes, { at, bytes })
    this.#changes.push({ at, bytes: Uint8Array.from(bytes) })
  }

  truncate(bytes: number): void {
    this.bytes = applied(this.bytes, { truncate: bytes })
    this.#changes.push({ truncate: bytes })
  }

  sync(): void {
    for (const change of this.#changes) this.#durable = applied(this.#durable, change)
    this.#changes = []
  }

  /** As Linux does: what was not written counts as clean from now on, though it never reaches the disk. */
  failSync(): void {
    this.#changes = []
  }

  /** Some of what was not synced is there, the last of it torn, perhaps with the new size but zeros in place of bytes. */
  crash(random: SeededRandom): void {
    const kept = random.below(this.#changes.length + 1)
    for (const change of this.#changes.slice(0, kept)) this.#durable = applied(this.#durable, change)
    const torn = this.#changes[kept]
    if (torn !== undefined && 'at' in torn) {
      const bytes = torn.bytes.slice(0, random.below(torn.bytes.length + 1))
      this.#durable = applied(this.#durable, { at: torn.at, bytes })
      // The new size may come before the bytes; what was on the disk before does not become zeros.
      const size = torn.at + torn.bytes.length
      if (size > this.#durable.length && random.below(4) === 0) {
        this.#durable = applied(this.#durable, { truncate: size })
      }
    }
    this.#changes = []
    this.bytes = this.#durable
  }
}

function applied(bytes: Buffer<ArrayBuffer>, change: FileChange): Buffer<ArrayBuffer> {
  if ('truncate' in change) {
    const result = Buffer.alloc(change.truncate)
    bytes.copy(result)
    return result
  }
  const result = Buffer.alloc(Math.max(bytes.length, change.at + change.bytes.length))
  bytes.copy(result)
  result.set(change.bytes, change.at)
  return result
}

/** Names and files; the parents of a path are there once `mkdir` made them, and survive everything. */
export class SimulatedDisk {
  readonly folders = new Set<string>(['/'])
  names = new Map<string, Inode>()
  /** Writes beyond it are short, then fail with ENOSPC. */
  capacityBytes = Infinity
  #durable = new Map<string, Inode>()
  #changes: { path: string; inode: Inode | undefined }[] = []

  set(path: string, inode: Inode | undefined): void {
    if (inode === undefined) this.names.delete(path)
    else this.names.set(path, inode)
    this.#changes.push({ path, inode })
  }

  /** At once and for good, as folders are here: only the names within are lost to a power failure. */
  renameFolder(from: string, to: string): void {
    const moved = (path: string) => to + path.slice(from.length)
    const within = (path: string) => path === from || path.startsWith(`${from}/`)
    for (const folder of [...this.folders].filter(within)) {
      this.folders.delete(folder)
      this.folders.add(moved(folder))
    }
    for (const [file, inode] of [...this.names].filter(([name]) => within(name))) {
      this.set(moved(file), inode)
      this.set(file, undefined)
    }
  }

  syncFolder(folder: string): void {
    this.#keep(this.#changes.filter(({ path }) => dirname(path) === folder))
    this.#changes = this.#changes.filter(({ path }) => dirname(path) !== folder)
  }

  freeBytes(): number {
    let used = 0
    for (const inode of new Set(this.names.values())) used += inode.bytes.length
    return Math.max(0, this.capacityBytes - used)
  }

  /** Power failure: what was not synced is there in part. */
  crash(random: SeededRandom): void {
    this.#keep(this.#changes.slice(0, random.below(this.#changes.length + 1)))
    this.#changes = []
    this.names = new Map(this.#durable)
    for (const inode of new Set(this.names.values())) inode.crash(random)
  }

  #keep(changes: readonly { path: string; inode: Inode | undefined }[]): void {
    for (const { path, inode } of changes) {
      if (inode === undefined) this.#durable.delete(path)
      else this.#durable.set(path, inode)
    }
  }
}
