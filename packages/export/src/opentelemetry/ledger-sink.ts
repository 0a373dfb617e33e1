import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Processor } from '@spanledger/sdk/record'
import { openLedger } from '@spanledger/sdk/setup'
import { resourceOf } from './common.ts'
import type { SdkResource } from './sdk-types.ts'

export interface LedgerOptions {
  /** The home to write to: SPANLEDGER_HOME or ~/.spanledger unless given. Made when it is not there. */
  home?: string
}

/**
 * Where the exporters of one configuration leave what they convert: a processor for each resource, of which a program has one.
 *
 * What comes while the resource's last attributes are still being found out waits for them.
 */
export class LedgerSink {
  readonly #open: ReturnType<typeof openLedger>
  readonly #processors = new Map<SdkResource, Processor>()
  readonly #waiting = new Set<Promise<void>>()
  #isOver = false

  constructor(options: LedgerOptions) {
    const { SPANLEDGER_HOME: home = '' } = process.env
    this.#open = openLedger(options.home ?? (home === '' ? join(homedir(), '.spanledger') : home))
  }

  /** False after shutdown: then nothing is taken. */
  give(resource: SdkResource, put: (processor: Processor) => void): boolean {
    if (this.#isOver) return false
    if (resource.asyncAttributesPending !== true) put(this.#processor(resource))
    else {
      const waiting: Promise<void> = Promise.resolve(resource.waitForAsyncAttributes?.())
        .then(() => put(this.#processor(resource)))
        .finally(() => this.#waiting.delete(waiting))
      this.#waiting.add(waiting)
    }
    return true
  }

  /** On the disk, or reported. */
  async forceFlush(): Promise<void> {
    await Promise.all(this.#waiting)
    await Promise.all([...this.#processors.values()].map((one) => one.forceFlush()))
  }

  async shutdown(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#waiting)
    await Promise.all([...this.#processors.values()].map((one) => one.shutdown()))
  }

  #processor(resource: SdkResource): Processor {
    let processor = this.#processors.get(resource)
    if (processor === undefined) {
      processor = this.#open(resourceOf(resource))
      this.#processors.set(resource, processor)
    }
    return processor
  }
}
