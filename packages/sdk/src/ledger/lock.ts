import { basename, join } from 'node:path'
import { systemCode } from '../platform/index.ts'
import type { Liveness, Platform } from '../platform/index.ts'
import type { Home } from './home.ts'
import { claimOwner, disown, ownerPath, readOwner, sweepOwners, writeOwner } from './owner.ts'
import type { Owner } from './owner.ts'

/** A holder of which nothing can be known, on another host say, is taken for dead when it has not moved for so long. */
export const SILENT_MS = 30_000
/** Waits between attempts are random up to this, doubling from WAIT_MIN_MS. */
const WAIT_MAX_MS = 4
const WAIT_MIN_MS = 0.5
/**
 * So often a waiting process looks whether the holder lives, and says again that it waits: eight file operations, where
 * asking for the lock is one.
 */
const LOOK_MS = 50
/**
 * Who wants the lock again at once, although somebody waits for it, stands back for so long. Without it one of four
 * processes that append without a pause waited up to 490 ms for its turn.
 */
const YIELD_MS = 3

interface Holder {
  nonce: string
  liveness: Liveness
  changedMs: number
}

/**
 * A lock between processes, kept for one group commit or one sealed segment, that a killed holder does not leave behind.
 *
 * To hold it is to have linked one's own owner file to HOME/run/<name>; only that file's owner unlinks it. When the owner
 * is dead, whoever wants to put itself in its place must first hold the right to: the link `<name>.break.<owner's
 * nonce>`, of which there can be one, and must then see that the file still names that owner. The right's holder may
 * die too; then the same goes for the right. A nonce is never used again, so the file cannot change in between: nobody
 * else may touch it and the dead do not link. `lock.fuzz.test.ts` interleaves and kills every step.
 */
export class Lock {
  readonly #platform: Platform
  readonly #home: Home
  readonly #path: string
  /** There while somebody waits, to be told to others only: its holder holds nothing. */
  readonly #wanted: string
  #owner: Owner | undefined
  #releasedMs = -Infinity
  /** Files whose holders may be dead, and since when they have not changed; while waiting only. */
  readonly #watched = new Map<string, { mark: string; sinceMs: number }>()

  constructor(platform: Platform, home: Home, name: string) {
    this.#platform = platform
    this.#home = home
    this.#path = join(home.run, name)
    this.#wanted = `${this.#path}.wanted`
  }

  /**
   * Waits as long as the lock is held by someone alive.
   *
   * isNeedless  asked now and then while waiting: once it is true the lock is not taken, and nothing comes back
   * tookOver    It was a dead process's, which may have left anything half done.
   * Errors      the system's.
   */
  async acquire(): Promise<{ tookOver: boolean }>
  async acquire(isNeedless: () => Promise<boolean>): Promise<{ tookOver: boolean } | undefined>
  async acquire(isNeedless?: () => Promise<boolean>): Promise<{ tookOver: boolean } | undefined> {
    const owner = (this.#owner ??= await claimOwner(this.#platform, this.#home))
    await this.#standBack()
    let lookedMs = -Infinity
    for (let waitMs = WAIT_MIN_MS; ; waitMs = Math.min(2 * waitMs, WAIT_MAX_MS)) {
      const taken = await this.#take(this.#path, owner)
      const nowMs = this.#platform.clock.monotonicMs()
      const looks = !taken && nowMs - lookedMs >= LOOK_MS
      if (looks) lookedMs = nowMs
      if (looks && waitMs > WAIT_MIN_MS && (await isNeedless?.()) === true) return undefined
      if (taken || (looks && (await this.#takeOver(this.#path, owner)))) {
        this.#watched.clear()
        // Whoever waits besides asks again.
        if (waitMs > WAIT_MIN_MS) await this.#unlink(this.#wanted)
        return { tookOver: !taken }
      }
      if (looks) await this.#take(this.#wanted, owner)
      await this.#platform.clock.sleep(waitMs * (0.5 + this.#platform.random(1)[0]! / 256))
    }
  }

  async release(): Promise<void> {
    await this.#unlink(this.#path)
    this.#releasedMs = this.#platform.clock.monotonicMs()
  }

  /** While it is held: removes what dead processes left in HOME/run, which means nothing any more. */
  async sweep(): Promise<void> {
    await sweepOwners(this.#platform, this.#home)
    const prefix = `${basename(this.#path)}.`
    for (const entry of await this.#platform.files.readdir(this.#home.run)) {
      if (entry.startsWith(prefix)) await this.#unlink(join(this.#home.run, entry))
    }
  }

  /** Says goodbye; `acquire` works again afterwards. */
  async close(): Promise<void> {
    if (this.#owner !== undefined) await disown(this.#platform, this.#home, this.#owner)
    this.#owner = undefined
  }

  async #standBack(): Promise<void> {
    const { clock, files } = this.#platform
    if (clock.monotonicMs() - this.#releasedMs > YIELD_MS || (await files.stat(this.#wanted)) === undefined)
      return
    await this.#unlink(this.#wanted)
    await clock.sleep(YIELD_MS)
  }

  async #take(path: string, owner: Owner): Promise<boolean> {
    try {
      await this.#platform.files.link(ownerPath(this.#home, owner.nonce), path)
      return true
    } catch (error) {
      if (systemCode(error) === 'EEXIST') return false
      if (systemCode(error) !== 'ENOENT') throw error
      // HOME/run is anyone's to empty.
      await writeOwner(this.#platform, this.#home, owner)
      return false
    }
  }

  /** True when the file named a dead owner and names this one now. */
  async #takeOver(path: string, owner: Owner): Promise<boolean> {
    const holder = await this.#look(path)
    if (holder === undefined || holder.liveness === 'alive') return false
    if (holder.liveness === 'unknown' && !this.#isSilent(path, holder)) return false
    const right = `${this.#path}.break.${holder.nonce}`
    if (!(await this.#take(right, owner)) && !(await this.#takeOver(right, owner))) return false
    const isTheSame = (await this.#look(path))?.nonce === holder.nonce
    const taken = isTheSame && (await this.#replace(path, owner))
    await this.#unlink(right)
    return taken
  }

  async #replace(path: string, owner: Owner): Promise<boolean> {
    const link = `${this.#path}.new.${owner.nonce}`
    await this.#take(link, owner)
    try {
      await this.#platform.files.rename(link, path)
      return true
    } catch (error) {
      // Whoever holds the lock swept it away: it is not to be had anyway.
      if (systemCode(error) === 'ENOENT') return false
      throw error
    }
  }

  /** Undefined when nobody holds it. */
  async #look(path: string): Promise<Holder | undefined> {
    const owner = await readOwner(this.#platform, path)
    if (owner === undefined) return undefined
    if (owner !== 'unreadable') {
      const liveness = await this.#platform.processes.liveness(owner)
      if (liveness !== 'unknown') return { nonce: owner.nonce, liveness, changedMs: 0 }
    }
    const stat = await this.#platform.files.stat(path)
    if (stat === undefined) return undefined
    const { changedMs } = stat
    return {
      nonce: owner === 'unreadable' ? `unreadable-${changedMs}` : owner.nonce,
      liveness: 'unknown',
      changedMs,
    }
  }

  /** Whether the file has been the same for SILENT_MS, by this process's own clock: others' clocks may differ. */
  #isSilent(path: string, holder: Holder): boolean {
    const now = this.#platform.clock.monotonicMs()
    // Each time it is taken or released, its owner file's link count changes, and with it the time of that change.
    const mark = `${holder.nonce} ${holder.changedMs}`
    const watched = this.#watched.get(path)
    if (watched?.mark === mark) return now - watched.sinceMs >= SILENT_MS
    this.#watched.set(path, { mark, sinceMs: now })
    return false
  }

  async #unlink(path: string): Promise<void> {
    try {
      await this.#platform.files.unlink(path)
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error
    }
  }
}
