import type { Platform } from '../platform/index.ts'

/** Where the system tells of changes this is only the safety net. */
const POLL_MS = 1_000

/**
 * Wakes whoever waits for a folder to change.
 *
 * Nothing is missed: a change after `open` and before `wait` makes `wait` return at once, and it returns after POLL_MS
 * in any case. Waking for nothing is allowed.
 */
export class Changes {
  readonly #platform: Platform
  readonly #pollMs: number
  readonly #stop: () => void
  #changed = false
  #wake: AbortController | undefined

  constructor(platform: Platform, folder: string, pollMs = POLL_MS) {
    this.#platform = platform
    this.#pollMs = pollMs
    this.#stop = platform.files.watch(folder, () => this.notify())
  }

  notify(): void {
    this.#changed = true
    this.#wake?.abort()
  }

  async wait(signal: AbortSignal): Promise<void> {
    if (!this.#changed && !signal.aborted) {
      const wake = new AbortController()
      const abort = () => wake.abort()
      signal.addEventListener('abort', abort)
      this.#wake = wake
      await this.#platform.clock.sleep(this.#pollMs, wake.signal)
      this.#wake = undefined
      signal.removeEventListener('abort', abort)
    }
    this.#changed = false
  }

  close(): void {
    this.#stop()
  }
}
