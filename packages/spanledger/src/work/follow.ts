import { dirname, join } from 'node:path'
import type { Platform } from '@spanledger/sdk/platform'
import type { Work } from './work.ts'

/** Where the system tells of changes this is only the safety net. */
const POLL_MS = 5_000
/** An editor writes a file in several steps. */
const SETTLE_MS = 100
/** Folders beyond it are looked at when the time comes. */
const WATCHED_MAX = 256

/**
 * Records edits of task files as they are made, and gives back what agents left, until `signal` aborts. Whoever has
 * nothing to record takes no lock and writes nothing.
 */
export async function followTasks(
  platform: Platform,
  work: Work,
  { signal, warn }: { signal: AbortSignal; warn: (message: string) => void },
): Promise<void> {
  const watched = new Map<string, () => void>()
  let wake = new AbortController()
  const notify = (): void => wake.abort()
  signal.addEventListener('abort', notify)
  while (!signal.aborted) {
    try {
      const { state, unrecorded, roots } = await work.look()
      const folders = new Set(roots)
      for (const { place } of state.present())
        if (place !== undefined) folders.add(join(place.root, dirname(place.path)))
      watch(platform, watched, [...folders].slice(0, WATCHED_MAX), notify)
      if (unrecorded > 0) await work.sync()
      if (work.hasExpired()) await work.expire()
    } catch (error) {
      warn(`tasks: ${(error as Error).message}`)
    }
    await platform.clock.sleep(POLL_MS, wake.signal)
    if (wake.signal.aborted && !signal.aborted) await platform.clock.sleep(SETTLE_MS, signal)
    wake = new AbortController()
    if (signal.aborted) break
  }
  for (const stop of watched.values()) stop()
}

function watch(
  { files }: Platform,
  watched: Map<string, () => void>,
  folders: readonly string[],
  notify: () => void,
): void {
  for (const [folder, stop] of watched) {
    if (folders.includes(folder)) continue
    stop()
    watched.delete(folder)
  }
  for (const folder of folders) if (!watched.has(folder)) watched.set(folder, files.watch(folder, notify))
}
