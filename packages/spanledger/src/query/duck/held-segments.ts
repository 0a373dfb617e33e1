import { basename, join } from 'node:path'
import { findSegment, type Home, type Segment } from '@spanledger/sdk/ledger'
import { hexOf, type Platform, systemCode } from '@spanledger/sdk/platform'
import { removeQuietly } from '../columns/column-files.ts'

const PREFIX = 'held-'
/** No question takes so long: what is older was left by a process that was killed. */
const LEFT_AFTER_MS = 600_000

export const heldFolder = (home: Home): string => join(home.index, 'held')

/** Segments that stay where they are until they are let go. */
export interface HeldSegments {
  segments: Segment[]
  release(): Promise<void>
}

/**
 * Holds segments by second names in HOME/index/held, so that sealing or retention may remove the first while DuckDB, which opens a
 * file when it comes to it, is at work. Those sealed since they were listed are given as that, and those removed left out.
 */
export async function holdSegments(
  platform: Platform,
  home: Home,
  listed: readonly Segment[],
): Promise<HeldSegments> {
  const { files, clock } = platform
  const mark = `${PREFIX}${clock.nowMs()}-${hexOf(platform.random(6))}-`
  const links: string[] = []
  const hold = async (segment: Segment): Promise<Segment | undefined> => {
    const path = join(heldFolder(home), mark + basename(segment.path))
    try {
      await files.link(segment.path, path)
      links.push(path)
      return { ...segment, path }
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error
      const now = await findSegment(platform, home, segment.kind, segment.name)
      return now === undefined || now.path === segment.path ? undefined : hold(now)
    }
  }
  const release = async (): Promise<void> => {
    for (const path of links.splice(0)) await files.unlink(path)
  }
  try {
    await files.mkdir(heldFolder(home), 0o700)
    await sweepHeld(platform, home)
    const segments: Segment[] = []
    for (const segment of listed) {
      const held = await hold(segment)
      if (held !== undefined) segments.push(held)
    }
    return { segments, release }
  } catch (error) {
    await release()
    throw error
  }
}

/** What processes that were killed have left. */
export async function sweepHeld(platform: Platform, home: Home): Promise<void> {
  const { files, clock } = platform
  if ((await files.stat(heldFolder(home))) === undefined) return
  for (const entry of await files.readdir(heldFolder(home))) {
    const since = entry.startsWith(PREFIX) ? Number.parseInt(entry.slice(PREFIX.length), 10) : NaN
    // Another process may sweep as well.
    if (clock.nowMs() - since > LEFT_AFTER_MS) await removeQuietly(platform, join(heldFolder(home), entry))
  }
}
