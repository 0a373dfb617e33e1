import { basename, dirname } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Files, OpenFile } from '../files.ts'
import type { Platform } from '../platform.ts'
import type { Liveness, ProcessIdentity } from '../processes.ts'
import { Inode, SimulatedDisk } from './disk.ts'
import { SeededRandom } from './random.ts'
import { Scheduler } from './scheduler.ts'

/** When a machine is switched on. */
const EPOCH_MS = Date.UTC(2026, 0, 1)

interface Faults {
  /** Of one in so many calls, on average; 0 is never. */
  failSyncOneIn: number
  shortWriteOneIn: number
  /** These many of the next calls fail, for certain. */
  failSyncs: number
  failTruncates: number
}

interface SimulatedProcess {
  identity: ProcessIdentity
  alive: boolean
}

/** A machine with one disk, whose processes are killed and whose power fails when a test says so. */
export class SimulatedMachine {
  readonly random: SeededRandom
  readonly scheduler: Scheduler
  readonly disk = new SimulatedDisk()
  readonly faults: Faults = { failSyncOneIn: 0, shortWriteOneIn: 0, failSyncs: 0, failTruncates: 0 }
  readonly #processes = new Map<number, SimulatedProcess>()
  #watchers: { folder: string; onChange: () => void }[] = []

  constructor(seed: number) {
    this.random = new SeededRandom(seed)
    this.scheduler = new Scheduler(this.random)
  }

  /** Starts a process; pids of dead ones are given out again. */
  start(options: { host?: string } = {}): Platform & { pid: number } {
    const pid = [...this.#processes].find(([, { alive }]) => !alive)?.[0] ?? this.#processes.size + 1
    const started = `${this.scheduler.steps}-${this.random.below(1e9)}`
    const process = { identity: { pid, started, boot: 'boot', host: options.host ?? 'host' }, alive: true }
    this.#processes.set(pid, process)
    return { pid, ...this.#platform(process) }
  }

  /** kill -9: whatever it waits for never comes. What it wrote is there. */
  kill(pid: number): void {
    this.#processes.get(pid)!.alive = false
  }

  /** Power failure: all processes are dead, and what was not synced is lost in part. */
  crash(): void {
    for (const process of this.#processes.values()) process.alive = false
    this.disk.crash(this.random)
    this.#watchers = []
  }

  /** Never resolves for the dead. */
  async #turn(process: SimulatedProcess): Promise<void> {
    await this.scheduler.turn()
    if (!process.alive) await new Promise<never>(() => {})
  }

  #platform(process: SimulatedProcess): Platform {
    const { scheduler, random } = this
    const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
      await scheduler.sleep(ms, signal)
      if (!process.alive) await new Promise<never>(() => {})
    }
    return {
      clock: {
        nowMs: () => Math.floor(EPOCH_MS + scheduler.nowMs),
        nowUnixNano: () => BigInt(EPOCH_MS) * 1_000_000n + BigInt(Math.round(scheduler.nowMs * 1e6)),
        monotonicMs: () => scheduler.nowMs,
        sleep,
        rest: sleep,
      },
      random: (bytes) => random.bytes(bytes),
      processes: {
        self: async () => process.identity,
        liveness: async (other): Promise<Liveness> => {
          await this.#turn(process)
          if (other.host !== process.identity.host) return 'unknown'
          const now = this.#processes.get(other.pid)
          return now?.alive === true && now.identity.started === other.started ? 'alive' : 'dead'
        },
      },
      // At once, so that no thread of the system has a say in the order of things.
      compression: {
        compress: async (bytes) => {
          await this.#turn(process)
          return gzipSync(bytes)
        },
        decompress: async (member, bytesMax) => {
          await this.#turn(process)
          return gunzipSync(member, { maxOutputLength: bytesMax })
        },
      },
      files: this.#files(process),
    }
  }

  #files(process: SimulatedProcess): Files {
    const { disk } = this
    const turn = () => this.#turn(process)
    return {
      open: async (path, how) => {
        await turn()
        const inode = disk.names.get(path)
        if (how === 'create') {
          if (inode !== undefined) throw failure('EEXIST', path)
          if (!disk.folders.has(dirname(path))) throw failure('ENOENT', path)
          disk.set(path, new Inode())
          this.#changed(path)
        } else if (inode === undefined) throw failure('ENOENT', path)
        return this.#openFile(process, path, disk.names.get(path)!)
      },
      async mkdir(path) {
        await turn()
        for (let folder = path; !disk.folders.has(folder); folder = dirname(folder)) disk.folders.add(folder)
      },
      async readdir(path) {
        await turn()
        if (!disk.folders.has(path)) throw failure('ENOENT', path)
        return [...disk.names.keys()]
          .filter((name) => dirname(name) === path)
          .map((name) => name.slice(path.length + 1))
      },
      async list(path) {
        await turn()
        if (!disk.folders.has(path)) throw failure('ENOENT', path)
        const inside = (paths: Iterable<string>) =>
          [...paths].filter((one) => one !== path && dirname(one) === path).map((one) => basename(one))
        return [
          ...inside(disk.folders).map((name) => ({ name, kind: 'folder' as const })),
          ...inside(disk.names.keys()).map((name) => ({ name, kind: 'file' as const })),
        ]
      },
      async stat(path) {
        await turn()
        const inode = disk.names.get(path)
        return (
          inode && {
            bytes: inode.bytes.length,
            mode: 0o600,
            modifiedMs: inode.modifiedMs,
            changedMs: inode.changedMs,
          }
        )
      },
      rename: async (from, to) => {
        await turn()
        if (disk.folders.has(from)) {
          disk.renameFolder(from, to)
          return
        }
        const inode = disk.names.get(from)
        if (inode === undefined) throw failure('ENOENT', from)
        disk.set(to, inode)
        disk.set(from, undefined)
        this.#changed(to)
      },
      link: async (existing, path) => {
        await turn()
        const inode = disk.names.get(existing)
        if (inode === undefined) throw failure('ENOENT', existing)
        if (disk.names.has(path)) throw failure('EEXIST', path)
        disk.set(path, inode)
        inode.changedMs = EPOCH_MS + this.scheduler.nowMs
      },
      unlink: async (path) => {
        await turn()
        const inode = disk.names.get(path)
        if (inode === undefined) throw failure('ENOENT', path)
        disk.set(path, undefined)
        inode.changedMs = EPOCH_MS + this.scheduler.nowMs
      },
      syncDirectory: async (path) => {
        await turn()
        this.#failSyncMaybe(path)
        disk.syncFolder(path)
      },
      watch: (folder, onChange) => {
        const watcher = { folder, onChange }
        this.#watchers.push(watcher)
        return () => {
          this.#watchers = this.#watchers.filter((one) => one !== watcher)
        }
      },
    }
  }

  #openFile(process: SimulatedProcess, path: string, inode: Inode): OpenFile {
    const { disk, faults, random } = this
    const turn = () => this.#turn(process)
    return {
      async read(into, position) {
        await turn()
        return position < inode.bytes.length ? inode.bytes.copy(into, 0, position) : 0
      },
      write: async (buffers, position) => {
        await turn()
        const bytes = Buffer.concat(buffers)
        const grows = Math.max(0, position + bytes.length - inode.bytes.length)
        let count = Math.max(0, bytes.length - Math.max(0, grows - disk.freeBytes()))
        if (count === 0 && bytes.length > 0) throw failure('ENOSPC', path)
        if (oneIn(random, faults.shortWriteOneIn)) count = random.below(count + 1)
        inode.write(position, bytes.subarray(0, count))
        inode.changedMs = inode.modifiedMs = EPOCH_MS + this.scheduler.nowMs
        this.#changed(path)
        return count
      },
      datasync: async () => {
        await turn()
        this.#failSyncMaybe(path, inode)
        inode.sync()
      },
      async truncate(bytes) {
        await turn()
        if (faults.failTruncates > 0 && faults.failTruncates-- > 0) throw failure('EIO', path)
        inode.truncate(bytes)
      },
      async bytes() {
        await turn()
        return inode.bytes.length
      },
      async close() {
        await turn()
      },
    }
  }

  #failSyncMaybe(path: string, inode?: Inode): void {
    const { faults } = this
    const fails = faults.failSyncs > 0 ? faults.failSyncs-- > 0 : oneIn(this.random, faults.failSyncOneIn)
    if (!fails) return
    inode?.failSync()
    throw failure('EIO', path)
  }

  #changed(path: string): void {
    for (const { folder, onChange } of this.#watchers) if (folder === dirname(path)) onChange()
  }
}

function oneIn(random: SeededRandom, n: number): boolean {
  return n > 0 && random.below(n) === 0
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code })
}

/** A machine with one process on it. */
export function simulatedPlatform({
  seed,
}: {
  seed: number
}): Platform & { machine: SimulatedMachine; pid: number } {
  const machine = new SimulatedMachine(seed)
  return { machine, ...machine.start() }
}
