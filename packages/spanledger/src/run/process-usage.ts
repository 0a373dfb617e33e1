import { readdir, readFile } from 'node:fs/promises'

/** What a command and everything it started used so far, as far as it was seen: looked at from time to time. */
export interface ProcessUsage {
  cpuMs: number
  memoryBytesMax: number
}

/** Of Linux, on every machine there is. */
const CLOCK_TICK_MS = 10
const PAGE_BYTES = 4096
/** Soon at first, since much of what is run takes less than a second; a look at 200 processes takes 4 ms. */
const FIRST_LOOK_MS = 20
const LOOKS_MS_MAX = 1_000

/**
 * Watches a process and its descendants until `stop`, which tells what they used. Undefined where the system has no /proc.
 * What was used after the last look, at most a second, is not seen.
 */
export function watchUsage(pid: number): { stop(): ProcessUsage | undefined } {
  let usage: ProcessUsage | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let wait = FIRST_LOOK_MS
  const look = async (): Promise<void> => {
    const now = await usageOf(pid).catch(() => undefined)
    if (now !== undefined)
      usage = {
        cpuMs: Math.max(usage?.cpuMs ?? 0, now.cpuMs),
        memoryBytesMax: Math.max(usage?.memoryBytesMax ?? 0, now.memoryBytesMax),
      }
    wait = Math.min(wait * 2, LOOKS_MS_MAX)
    if (!stopped) timer = setTimeout(() => void look(), wait)
    timer?.unref()
  }
  void look()
  return {
    stop() {
      stopped = true
      clearTimeout(timer)
      return usage
    },
  }
}

interface Seen {
  parent: number
  cpuTicks: number
  pages: number
}

async function usageOf(root: number): Promise<ProcessUsage> {
  const seen = new Map<number, Seen>()
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const one = await readFile(`/proc/${entry}/stat`, 'utf8').then(parsed, () => undefined)
    if (one !== undefined) seen.set(Number(entry), one)
  }
  let [ticks, pages] = [0, 0]
  for (const [pid, one] of seen)
    if (descends(pid, root, seen)) [ticks, pages] = [ticks + one.cpuTicks, pages + one.pages]
  return { cpuMs: ticks * CLOCK_TICK_MS, memoryBytesMax: pages * PAGE_BYTES }
}

/** `pid (name) state ppid ...`: a name may hold spaces and parentheses. A process's time holds that of children it waited for. */
function parsed(stat: string): Seen {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const at = (index: number): number => Number(fields[index - 3])
  return { parent: at(4), cpuTicks: at(14) + at(15) + at(16) + at(17), pages: at(24) }
}

function descends(pid: number, root: number, seen: ReadonlyMap<number, Seen>): boolean {
  for (let at: number | undefined = pid; at !== undefined && at > 1; at = seen.get(at)?.parent)
    if (at === root) return true
  return false
}
