import { type Home, Lock } from '@spanledger/sdk/ledger'
import type { Platform } from '@spanledger/sdk/platform'

/** Done with one hold of the lock while others of this process wait; then other processes have their turn. */
const AT_ONCE_MAX = 32

interface Waiting {
  do: () => Promise<void>
  fail: (error: unknown) => void
  /** Asked while another process holds the lock; true when it was done without. */
  settle: () => Promise<boolean>
}

/**
 * What only one process of a home may do at a time. Calls of one process are done in their order, and those that wait
 * share one hold of the lock.
 */
export class BehindLock {
  readonly #lock: Lock
  readonly #finishLeft: () => Promise<void>
  #waiting: Waiting[] = []
  #running: Promise<void> | undefined
  /** Somebody may have died, or failed, in the midst of it. */
  #mayBeLeft = true

  /** finishLeft  of what somebody else could not finish: called first, where there may be any */
  constructor(platform: Platform, home: Home, finishLeft: () => Promise<void>) {
    this.#lock = new Lock(platform, home, 'work.lock')
    this.#finishLeft = finishLeft
  }

  /**
   * without  tried from time to time while another process holds the lock: what it gives is the result, and the lock is not needed
   * Errors   those of the work and of the lock
   */
  run<T>(work: () => Promise<T>, without: () => Promise<T | undefined> = () => Promise.resolve(undefined)) {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({
        do: () => work().then(resolve, (error: unknown) => this.#failed(error, reject)),
        fail: reject,
        async settle() {
          const result = await without()
          if (result !== undefined) resolve(result)
          return result !== undefined
        },
      })
      this.#running ??= this.#run()
    })
  }

  async close(): Promise<void> {
    await this.#running
    await this.#lock.close()
  }

  #failed(error: unknown, reject: (error: unknown) => void): void {
    this.#mayBeLeft = true
    reject(error)
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0)
      await this.#hold().catch((error: unknown) => {
        for (const { fail } of this.#waiting.splice(0)) fail(error)
      })
    this.#running = undefined
  }

  async #hold(): Promise<void> {
    const held = await this.#lock.acquire(() => this.#allSettled())
    if (held === undefined) return
    try {
      if (held.tookOver || this.#mayBeLeft) await this.#finishLeft()
      this.#mayBeLeft = false
      for (let done = 0; done < AT_ONCE_MAX && this.#waiting.length > 0; done++)
        await this.#waiting.shift()!.do()
    } finally {
      await this.#lock.release()
    }
  }

  async #allSettled(): Promise<boolean> {
    const settled = new Set<Waiting>()
    for (const one of this.#waiting) if (await one.settle()) settled.add(one)
    this.#waiting = this.#waiting.filter((one) => !settled.has(one))
    return this.#waiting.length === 0
  }
}
