import { Worker } from 'node:worker_threads'
import type { PriceTable } from './prices.ts'
import { partOf } from './session-part.ts'
import type { SessionLine } from './session-projection.ts'

/** Bytes on their way to the other thread: 30 ms of work. What comes beyond it, this thread folds. */
const AHEAD_BYTES_MAX = 4 * 1024 * 1024
/** Its heap: a part of AHEAD_BYTES_MAX takes 20 MB parsed, and dies young. Beyond it the thread ends, and this one goes on alone. */
const LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 32 }

/** What the other thread is asked, and what it answers. */
export interface PartAsked {
  number: number
  session: string
  lines: Uint8Array
}
export interface PartAnswered {
  number: number
  part: SessionLine | undefined
}

interface Waiting {
  bytes: number
  resolve(part: SessionLine | undefined): void
}

/** Folds parts of sessions on this thread and, where it is given one, on another beside it. */
export class PartFolder {
  readonly #prices: PriceTable
  readonly #waiting = new Map<number, Waiting>()
  #ahead = 0
  #asked = 0
  #worker: Worker | undefined

  /** worker  what the other thread runs; undefined: there is none */
  constructor(prices: PriceTable, worker?: URL) {
    this.#prices = prices
    if (worker === undefined) return
    this.#worker = new Worker(worker, { workerData: prices.tables, resourceLimits: LIMITS, execArgv: [] })
      .on('message', (answer: PartAnswered) => this.#answered(answer))
      // Whatever ended it: what it was asked is gone with it.
      .on('error', () => this.#ended())
      .on('exit', () => this.#ended())
  }

  /**
   * Undefined where the lines cannot be read, or the other thread ended over them.
   *
   * lines  are taken over, where they have their memory to themselves
   */
  async fold(session: string, lines: Buffer<ArrayBuffer>): Promise<SessionLine | undefined> {
    const bytes = lines.length
    if (this.#worker === undefined || this.#ahead + bytes > AHEAD_BYTES_MAX)
      return partOf(session, lines, this.#prices)
    const number = this.#asked++
    this.#ahead += bytes
    const taken = lines.length === lines.buffer.byteLength ? [lines.buffer] : []
    this.#worker.postMessage({ number, session, lines } satisfies PartAsked, taken)
    return new Promise((resolve) => this.#waiting.set(number, { bytes, resolve }))
  }

  #answered({ number, part }: PartAnswered): void {
    const waiting = this.#waiting.get(number)
    if (!waiting) return
    this.#waiting.delete(number)
    this.#ahead -= waiting.bytes
    waiting.resolve(part)
  }

  #ended(): void {
    this.#worker = undefined
    for (const { resolve } of this.#waiting.values()) resolve(undefined)
    this.#waiting.clear()
  }

  /** What was not folded yet never will be. */
  async close(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    this.#waiting.clear()
    await worker?.terminate()
  }
}
