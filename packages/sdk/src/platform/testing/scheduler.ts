import type { SeededRandom } from './random.ts'

/** What time passes by one step. */
const STEP_MS = 0.05

/**
 * Runs whatever waits, one thing at a time, in an order the seed decides, and lets time pass only when nothing else is
 * to be done. One step is one turn of the event loop, so that all that follows from it has settled before the next.
 */
export class Scheduler {
  nowMs = 0
  steps = 0
  /** Called before each step. */
  onStep: () => void = () => {}
  readonly #random: SeededRandom
  readonly #ready: (() => void)[] = []
  readonly #sleeping: { untilMs: number; wake: () => void }[] = []
  #running = false

  constructor(random: SeededRandom) {
    this.#random = random
  }

  /** Resolves when it is one's turn. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#ready.push(resolve)
      this.#start()
    })
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const wake = () => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }
      const entry = { untilMs: this.nowMs + ms, wake }
      const abort = () => {
        const at = this.#sleeping.indexOf(entry)
        if (at >= 0) this.#sleeping.splice(at, 1)
        wake()
      }
      this.#sleeping.push(entry)
      signal?.addEventListener('abort', abort)
      this.#start()
    })
  }

  #start(): void {
    if (this.#running) return
    this.#running = true
    setImmediate(() => this.#step())
  }

  #step(): void {
    this.nowMs += STEP_MS
    this.onStep()
    this.steps++
    if (this.#ready.length === 0 && this.#sleeping.length > 0) {
      this.nowMs = Math.max(this.nowMs, Math.min(...this.#sleeping.map(({ untilMs }) => untilMs)))
    }
    for (let i = this.#sleeping.length - 1; i >= 0; i--) {
      if (this.#sleeping[i]!.untilMs <= this.nowMs) this.#sleeping.splice(i, 1)[0]!.wake()
    }
    if (this.#ready.length > 0) this.#ready.splice(this.#random.below(this.#ready.length), 1)[0]!()
    if (this.#ready.length > 0 || this.#sleeping.length > 0) setImmediate(() => this.#step())
    else this.#running = false
  }
}
