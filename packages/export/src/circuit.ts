import type { Clock } from '@spanledger/sdk/platform'
import { CLOSED, attempt, settle } from './breaker.ts'
import type { Breaker } from './breaker.ts'
import type { Outcome } from './outcome.ts'

/** The breaker of one collector, which its signals share. */
export class Circuit {
  readonly #clock: Clock
  #breaker: Breaker = CLOSED

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get phase(): Breaker['phase'] {
    return this.#breaker.phase
  }

  /** Undefined, and nothing is sent, while the circuit is open. */
  async attempt(send: () => Promise<Outcome>): Promise<Outcome | undefined> {
    const { allowed, breaker } = attempt(this.#breaker, this.#clock.monotonicMs())
    if (!allowed) return undefined
    this.#breaker = breaker
    const outcome = await send()
    this.#breaker = settle(this.#breaker, outcome.kind !== 'unavailable', this.#clock.monotonicMs())
    return outcome
  }
}
