import type { Platform } from '@spanledger/sdk/platform'
import { backoffMs } from './backoff.ts'
import type { Circuit } from './circuit.ts'
import { deadline } from './deadline.ts'
import type { EncodedRequest, Outcome, Signal, Transport } from './outcome.ts'
import type { Spool } from './spool.ts'
import type { Warn } from './warn.ts'

/** Of one signal and collector; spans, log records or points, but for attempts. */
export interface DeliveryStats {
  /** Taken by the collector. */
  delivered: number
  /** Of requests that the collector took in part. */
  rejected: number
  /** Of requests that no collector of this kind will ever take. */
  refused: number
  /** Given up: no collector in time, the spool full or damaged. */
  dropped: number
  /** Put into the spool; they count once more when they are delivered, refused or dropped. */
  spooled: number
  attempts: number
  /** Attempts without an answer, or with one that asks to try again. */
  failures: number
}

/** How many items of a request the collector took, or the spool holds; and why not all of them. */
interface Delivered {
  accepted: number
  message: string
}

interface DeliveryOptions {
  platform: Platform
  signal: Signal
  transport: Transport
  circuit: Circuit
  spool?: Spool
  /** How long one request is tried again without a spool. */
  deadlineMs: number
  warn: Warn
}

/** How often a signal looks whether the circuit, which another one opened or probes, has closed again. */
const CIRCUIT_LOOK_MS = 250
/** How often the spool's folder is searched for what processes left that died meanwhile. */
const ADOPT_MS = 30_000

/**
 * Gets requests to a collector. Without a spool each is tried until the deadline; with one, a request that is not answered at once
 * is put there, everything after it as well, and all of it is sent in order from then on.
 */
export class Delivery {
  readonly stats = Delivery.nothing()
  readonly #options: DeliveryOptions
  readonly #closing = new AbortController()
  #draining: Promise<void> | undefined
  /** Ends the wait between two attempts to empty the spool. */
  #wake = new AbortController()
  /** Told when such an attempt failed. */
  #onFailure = (): void => {}
  #last: Promise<unknown> = Promise.resolve()
  #lastFailure = ''
  /** What is left of the wait that the collector asked for. */
  #askedMs: () => number

  constructor(options: DeliveryOptions) {
    this.#options = options
    this.#askedMs = deadline(options.platform.clock, 0)
    if (options.spool !== undefined) void this.#adoptForEver(options.spool)
  }

  static nothing(): DeliveryStats {
    return { delivered: 0, rejected: 0, refused: 0, dropped: 0, spooled: 0, attempts: 0, failures: 0 }
  }

  /** One at a time. Never rejects. */
  deliver(request: EncodedRequest): Promise<Delivered> {
    return (this.#last = this.#deliver(request))
  }

  /** Tries what waits in the spool now; resolves when it is empty, or the collector does not answer, or asked for a wait. */
  async flush(): Promise<void> {
    if ((this.#options.spool?.isEmpty ?? true) || this.#askedMs() > 0) return
    await new Promise<void>((resolve) => {
      this.#onFailure = resolve
      void this.#drain().then(resolve)
      this.#wake.abort()
    })
  }

  /** What is being sent is kept or dropped, and what waits in the spool stays there. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#wake.abort()
    this.#options.transport.close()
    await Promise.all([this.#last, this.#draining])
    await this.#options.spool?.close().catch(() => {})
  }

  drop(items: number, why: string): void {
    this.stats.dropped += items
    this.#warn('dropped', `${items} ${WORDS[this.#options.signal]} dropped: ${why}`)
  }

  async #deliver(request: EncodedRequest): Promise<Delivered> {
    const { spool } = this.#options
    if (spool === undefined) return this.#insist(request)
    if (spool.isEmpty && !this.#closing.signal.aborted) {
      const delivered = this.#settle(request, await this.#attempt(request))
      if (delivered !== undefined) return delivered
    }
    if (!(await this.#keep(spool, request))) return this.#insist(request)
    void this.#drain()
    return { accepted: request.items, message: '' }
  }

  async #insist(request: EncodedRequest): Promise<Delivered> {
    const { platform, deadlineMs } = this.#options
    const { clock, random } = platform
    const untilMs = clock.monotonicMs() + deadlineMs
    for (let failures = 0; ;) {
      const outcome = await this.#attempt(request)
      const delivered = this.#settle(request, outcome)
      if (delivered !== undefined) return delivered
      const waitMs =
        outcome?.kind === 'unavailable'
          ? backoffMs(++failures, random(1)[0]! / 256, outcome.afterMs)
          : CIRCUIT_LOOK_MS
      if (this.#closing.signal.aborted || clock.monotonicMs() + waitMs > untilMs) {
        this.drop(request.items, `the collector could not be reached (${this.#lastFailure})`)
        return { accepted: 0, message: this.#lastFailure }
      }
      await clock.rest(waitMs, this.#closing.signal)
    }
  }

  async #attempt(request: EncodedRequest): Promise<Outcome | undefined> {
    const { circuit, transport } = this.#options
    return circuit.attempt(async () => {
      this.stats.attempts++
      const outcome = await transport.send(request)
      if (outcome.kind === 'unavailable') {
        this.stats.failures++
        this.#askedMs = deadline(this.#options.platform.clock, outcome.afterMs ?? 0)
        this.#lastFailure = outcome.reason
        this.#warn('failed', `the collector for ${this.#options.signal} does not answer: ${outcome.reason}`)
      }
      return outcome
    })
  }

  /** Undefined when the request is not done with. */
  #settle({ items }: EncodedRequest, outcome: Outcome | undefined): Delivered | undefined {
    const { signal } = this.#options
    const words = WORDS[signal]
    if (outcome === undefined || outcome.kind === 'unavailable') return undefined
    if (outcome.kind === 'refused') {
      this.stats.refused += items
      this.#warn('refused', `${items} ${words} refused by the collector: ${outcome.reason}`)
      return { accepted: 0, message: outcome.reason }
    }
    const { message } = outcome
    const rejected = Math.min(outcome.rejected, items)
    this.stats.delivered += items - rejected
    this.stats.rejected += rejected
    if (rejected > 0) this.#warn('rejected', `${rejected} ${words} rejected by the collector: ${message}`)
    else if (message !== '') this.#warn('warned', `the collector warns about ${signal}: ${message}`)
    return { accepted: items - rejected, message }
  }

  async #keep(spool: Spool, request: EncodedRequest): Promise<boolean> {
    try {
      await spool.append(request)
    } catch (error) {
      this.#warn('spool', `the spool cannot be written: ${(error as Error).message}`)
      return false
    }
    this.stats.spooled += request.items
    return true
  }

  #drain(): Promise<void> {
    return (this.#draining ??= this.#drainUntilEmpty().finally(() => (this.#draining = undefined)))
  }

  async #drainUntilEmpty(): Promise<void> {
    const { platform, spool } = this.#options
    for (let failures = 0; !this.#closing.signal.aborted;) {
      const request = await spool?.peek()
      if (spool === undefined || request === undefined) return
      if (this.#askedMs() > 0) {
        await this.#pause(this.#askedMs())
        continue
      }
      const outcome = await this.#attempt(request)
      if (this.#settle(request, outcome) !== undefined) {
        failures = 0
        await spool.shift()
        continue
      }
      const waitMs =
        outcome?.kind === 'unavailable'
          ? backoffMs(++failures, platform.random(1)[0]! / 256, outcome.afterMs)
          : CIRCUIT_LOOK_MS
      await this.#pause(waitMs)
    }
  }

  /** Until it is over, or a flush or the end wants none. */
  async #pause(ms: number): Promise<void> {
    this.#onFailure()
    this.#wake = new AbortController()
    if (!this.#closing.signal.aborted) await this.#options.platform.clock.rest(ms, this.#wake.signal)
  }

  async #adoptForEver(spool: Spool): Promise<void> {
    const { platform } = this.#options
    while (!this.#closing.signal.aborted) {
      await spool
        .adopt()
        .catch((error: Error) => this.#warn('spool', `the spool cannot be read: ${error.message}`))
      if (!spool.isEmpty) void this.#drain()
      await platform.clock.rest(ADOPT_MS, this.#closing.signal)
    }
  }

  #warn(topic: string, message: string): void {
    this.#options.warn(message, `${this.#options.signal} ${topic}`)
  }
}

const WORDS: Record<Signal, string> = { traces: 'spans', metrics: 'data points', logs: 'log records' }
