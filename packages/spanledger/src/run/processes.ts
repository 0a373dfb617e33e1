import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

interface Seen {
  pid: number
  parent: number
  group: number
}

/**
 * A command's process, all that it started and all that these started. What was seen once stays known when its parent has
 * ended, and what stands in the group of a known one belongs to it, whoever its parent is now.
 */
export class Family {
  readonly #known: Set<number>
  readonly #told = new Set<NodeJS.Signals>()

  /** pid  undefined where nothing was started */
  constructor(pid: number | undefined) {
    this.#known = new Set(pid === undefined ? [] : [pid])
  }

  /** Those that are at work, parents first: a shell that ended begins nothing more. */
  present(): number[] {
    const all = processes()
    if (all === undefined) return [...this.#known]
    const found = new Set(all.map(({ pid }) => pid).filter((pid) => this.#known.has(pid)))
    const groups = new Set(this.#known)
    for (let before = -1; before < found.size;) {
      before = found.size
      for (const { pid, parent, group } of all) if (found.has(parent) || groups.has(group)) found.add(pid)
      for (const pid of found) groups.add(pid)
    }
    for (const pid of found) this.#known.add(pid)
    return [...found]
  }

  signal(signal: NodeJS.Signals): void {
    this.#told.add(signal)
    for (const pid of this.present()) {
      try {
        process.kill(pid, signal)
      } catch {
        // It has ended meanwhile, or is another user's.
      }
    }
  }

  wasTold(signal: NodeJS.Signals): boolean {
    return this.#told.has(signal)
  }
}

/** All of this machine but those that have ended and wait to be asked how; undefined where it does not tell. */
function processes(): Seen[] | undefined {
  try {
    const lines = process.platform === 'linux' ? fromProc() : fromPs()
    return lines.flatMap(([pid, state, parent, group]) =>
      state!.startsWith('Z') ? [] : [{ pid: Number(pid), parent: Number(parent), group: Number(group) }],
    )
  } catch {
    return undefined
  }
}

/** `pid (name) state ppid pgrp ...`: a name may hold spaces and parentheses. */
const fromProc = (): string[][] =>
  readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        return [[pid, ...stat.slice(stat.lastIndexOf(')') + 2).split(' ', 3)]]
      } catch {
        return []
      }
    })

const fromPs = (): string[][] =>
  execFileSync('ps', ['-A', '-o', 'pid=,stat=,ppid=,pgid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
