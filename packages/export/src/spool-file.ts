import { join } from 'node:path'
import type { Files, OpenFile } from '@spanledger/sdk/platform'
import { readWhole } from '@spanledger/sdk/platform'
import type { EncodedRequest } from './outcome.ts'
import { SENT, SENT_AT, encodeRecord, isWhole, scanRecords } from './spool-record.ts'
import type { SpoolRecord } from './spool-record.ts'

/** One file of the spool: requests are appended to its end and sent from its beginning. Its calls come one after the other. */
export class SpoolFile {
  readonly name: string
  bytes = 0
  readonly #files: Files
  readonly #path: string
  readonly #records: SpoolRecord[] = []
  #open: OpenFile | undefined

  private constructor(files: Files, folder: string, name: string) {
    this.#files = files
    this.#path = join(folder, name)
    this.name = name
  }

  static async create(files: Files, folder: string, name: string): Promise<SpoolFile> {
    const file = new SpoolFile(files, folder, name)
    file.#open = await files.open(file.#path, 'create', 0o600)
    await files.syncDirectory(folder)
    return file
  }

  /** A file that another process left. Undefined when it is not there any more. */
  static async load(
    files: Files,
    folder: string,
    name: string,
  ): Promise<{ file: SpoolFile; tornBytes: number } | undefined> {
    const file = new SpoolFile(files, folder, name)
    const bytes = await readWhole(files, file.#path)
    if (bytes === undefined) return undefined
    const { records, tornBytes } = scanRecords(bytes)
    file.bytes = bytes.length
    file.#records.push(...records.filter(({ sent }) => !sent))
    return { file, tornBytes }
  }

  /** Spans, log records or points in it that are still to be sent. */
  get items(): number {
    return this.#records.reduce((sum, { items }) => sum + items, 0)
  }

  get first(): SpoolRecord | undefined {
    return this.#records[0]
  }

  /** Durable  resolves after fsync. Errors: the system's; nothing of the request is kept then. */
  async append(request: EncodedRequest): Promise<void> {
    const { record, buffers } = encodeRecord(request, this.bytes)
    const file = await this.#opened()
    try {
      const written = await file.write(buffers, this.bytes)
      if (written < record.length)
        throw Object.assign(new Error(`no space left for ${this.#path}`), { code: 'ENOSPC' })
      await file.datasync()
    } catch (error) {
      // What stands there already would be taken for a request after a restart, and sent twice.
      await file.truncate(this.bytes)
      throw error
    }
    this.bytes += record.length
    this.#records.push(record)
  }

  /** Undefined when its bytes are not those that were written. */
  async read(record: SpoolRecord): Promise<EncodedRequest | undefined> {
    const bytes = new Uint8Array(record.bodyLength)
    const count = await (await this.#opened()).read(bytes, record.at + record.bodyAt)
    if (!isWhole(record, bytes.subarray(0, count))) return undefined
    return { bytes, encoding: record.encoding, items: record.items }
  }

  /** The first record is done with. */
  async shift(): Promise<void> {
    const record = this.#records.shift()
    if (record !== undefined) await (await this.#opened()).write([SENT], record.at + SENT_AT)
  }

  async close(): Promise<void> {
    const file = this.#open
    this.#open = undefined
    await file?.close()
  }

  async remove(): Promise<void> {
    await this.close()
    await this.#files.unlink(this.#path)
  }

  async #opened(): Promise<OpenFile> {
    return (this.#open ??= await this.#files.open(this.#path, 'update'))
  }
}
