import { join } from 'node:path'
import { claimOwner, disown, ownerPath, readOwner, sweepOwners } from '@spanledger/sdk/ledger'
import type { Owner } from '@spanledger/sdk/ledger'
import { systemCode, uuidv7 } from '@spanledger/sdk/platform'
import type { Platform } from '@spanledger/sdk/platform'
import { SPOOL_BYTES_MAX, SPOOL_FILE_BYTES_MAX, SPOOL_SILENT_MS } from './limits.ts'
import type { EncodedRequest } from './outcome.ts'
import { SpoolFile } from './spool-file.ts'

export interface SpoolOptions {
  folder: string
  /** Of the files of one process; SPOOL_BYTES_MAX unless given. */
  bytesMax?: number
}

/** `<time-ordered id>.<writer>.spool`; whoever closes leaves its files to anyone, as `free`. */
const NAME = /^([0-9a-f-]{36})\.([0-9a-f]{12}|free)\.spool$/
const FREE = 'free'

/**
 * Requests of one signal to one place that could not be delivered yet, in files of a folder, oldest first.
 *
 * Durable    `append` resolves after fsync.
 * Processes  any number may share the folder. Each writes and sends its own files; what a dead one left is taken over by renaming it,
 *            which one of several succeeds in.
 * Limits     beyond `bytesMax` the oldest file is dropped, and told to `onDrop`.
 */
export class Spool {
  readonly #platform: Platform
  readonly #folder: string
  readonly #bytesMax: number
  readonly #fileBytesMax: number
  readonly #onDrop: (items: number, why: string) => void
  #owner: Owner | undefined
  /** Oldest first; the last one is appended to while `#tail` is it. */
  #files: SpoolFile[] = []
  #tail: SpoolFile | undefined
  /** What `peek` gave. */
  #head: SpoolFile | undefined
  /** One thing at a time. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(platform: Platform, options: SpoolOptions, onDrop: (items: number, why: string) => void) {
    this.#platform = platform
    this.#folder = options.folder
    this.#bytesMax = options.bytesMax ?? SPOOL_BYTES_MAX
    this.#fileBytesMax = Math.min(SPOOL_FILE_BYTES_MAX, Math.ceil(this.#bytesMax / 4))
    this.#onDrop = onDrop
  }

  /** Whether nothing waits in it, as far as this process knows. */
  get isEmpty(): boolean {
    return this.#files.every(({ first }) => first === undefined)
  }

  /** Errors: the system's, and ENOSPC for a request larger than the spool may be; the request is not kept then. */
  append(request: EncodedRequest): Promise<void> {
    return this.#alone(async () => {
      if (request.bytes.length > this.#bytesMax)
        throw Object.assign(new Error('the request is larger than the spool may be'), { code: 'ENOSPC' })
      await this.#makeRoom(request.bytes.length)
      if (this.#tail !== undefined && this.#tail.bytes >= this.#fileBytesMax) await this.#endTail()
      try {
        this.#tail ??= await this.#create()
        await this.#tail.append(request)
      } catch (error) {
        // Perhaps only this file is at fault, removed by someone say: the next request gets a new one.
        await this.#endTail()
        throw error
      }
    })
  }

  /** The oldest request that waits, until `shift`. Requests that are damaged are dropped on the way. */
  peek(): Promise<EncodedRequest | undefined> {
    return this.#alone(async () => {
      for (let file = this.#files[0]; file !== undefined; file = this.#files[0]) {
        const record = file.first
        if (record !== undefined) {
          const request = await file.read(record).catch(() => undefined)
          if (request !== undefined) {
            this.#head = file
            return request
          }
          this.#onDrop(record.items, `${file.name} is damaged at byte ${record.at}`)
          await file.shift().catch(() => {})
          continue
        }
        if (file === this.#tail) return undefined
        await this.#remove(file)
      }
      return undefined
    })
  }

  /** What `peek` gave was answered. */
  shift(): Promise<void> {
    return this.#alone(async () => {
      const file = this.#head
      this.#head = undefined
      if (file === undefined || !this.#files.includes(file)) return
      // Should the mark not reach the disk, the request is sent again after a restart: better than not at all.
      await file.shift().catch(() => {})
      if (file.first !== undefined) return
      if (file === this.#tail) this.#tail = undefined
      await this.#remove(file)
    })
  }

  /** Takes over what processes left that run no more. Errors: the system's. */
  adopt(): Promise<void> {
    return this.#alone(async () => {
      const { files } = this.#platform
      const names = await files.readdir(this.#folder).catch((error: unknown) => {
        if (systemCode(error) === 'ENOENT') return []
        throw error
      })
      const isLeft = new Map<string, boolean>()
      for (const name of names) {
        const [, id, writer] = NAME.exec(name) ?? []
        if (id === undefined || writer === undefined || writer === this.#owner?.nonce) continue
        if (!isLeft.has(writer)) isLeft.set(writer, await this.#isDead(writer))
        if (isLeft.get(writer) || (await this.#isSilent(name, writer))) await this.#takeOver(name, id)
      }
      if (isLeft.size > 0) await sweepOwners(this.#platform, { run: this.#folder })
      this.#files.sort((a, b) => (a.name < b.name ? -1 : 1))
    })
  }

  /** What still waits is left to whoever opens the folder next. */
  close(): Promise<void> {
    return this.#alone(async () => {
      for (const file of this.#files) {
        await file.close()
        if (file.first === undefined) await this.#remove(file)
        else {
          const free = join(this.#folder, file.name.replace(NAME, `$1.${FREE}.spool`))
          await this.#platform.files.rename(join(this.#folder, file.name), free).catch(() => {})
        }
      }
      this.#files = []
      this.#tail = this.#head = undefined
      if (this.#owner !== undefined) await disown(this.#platform, { run: this.#folder }, this.#owner)
      this.#owner = undefined
    })
  }

  async #name(id: string): Promise<string> {
    this.#owner ??= await claimOwner(this.#platform, { run: this.#folder })
    return `${id}.${this.#owner.nonce}.spool`
  }

  async #create(): Promise<SpoolFile> {
    const name = await this.#name(uuidv7(this.#platform))
    const file = await SpoolFile.create(this.#platform.files, this.#folder, name)
    this.#files.push(file)
    return file
  }

  async #endTail(): Promise<void> {
    const tail = this.#tail
    this.#tail = undefined
    if (tail !== this.#head) await tail?.close().catch(() => {})
  }

  async #makeRoom(bytes: number): Promise<void> {
    let total = this.#files.reduce((sum, file) => sum + file.bytes, bytes)
    while (total > this.#bytesMax && this.#files[0] !== undefined) {
      const oldest = this.#files[0]
      total -= oldest.bytes
      if (oldest.items > 0) this.#onDrop(oldest.items, 'the spool is full')
      if (oldest === this.#tail) this.#tail = undefined
      await this.#remove(oldest)
    }
  }

  async #remove(file: SpoolFile): Promise<void> {
    this.#files = this.#files.filter((one) => one !== file)
    if (this.#head === file) this.#head = undefined
    // Should it stay, everything in it is marked as sent, or will be sent by whoever finds it.
    await file.remove().catch(() => {})
  }

  /** Whether it said goodbye or was ended; false when nothing is known of it. */
  async #isDead(writer: string): Promise<boolean> {
    if (writer === FREE) return true
    const owner = await readOwner(this.#platform, ownerPath({ run: this.#folder }, writer))
    return typeof owner === 'object' && (await this.#platform.processes.liveness(owner)) === 'dead'
  }

  /** For writers of which nothing is known: whether it has not touched the file for long. */
  async #isSilent(name: string, writer: string): Promise<boolean> {
    const owner = await readOwner(this.#platform, ownerPath({ run: this.#folder }, writer))
    if (typeof owner === 'object' && (await this.#platform.processes.liveness(owner)) === 'alive')
      return false
    const stat = await this.#platform.files.stat(join(this.#folder, name))
    return stat !== undefined && this.#platform.clock.nowMs() - stat.modifiedMs > SPOOL_SILENT_MS
  }

  async #takeOver(name: string, id: string): Promise<void> {
    const { files } = this.#platform
    const own = await this.#name(id)
    try {
      await files.rename(join(this.#folder, name), join(this.#folder, own))
    } catch (error) {
      // Another process was faster.
      if (systemCode(error) === 'ENOENT') return
      throw error
    }
    const loaded = await SpoolFile.load(files, this.#folder, own)
    if (loaded === undefined) return
    // The writer died while it wrote: it never said that it kept this.
    if (loaded.file.first === undefined) await loaded.file.remove().catch(() => {})
    else this.#files.push(loaded.file)
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => {})
    return result
  }
}
