import type { LedgerKind } from '../model/index.ts'
import type { Platform } from '../platform/index.ts'
import type { Home } from './home.ts'
import { writerState } from './owner.ts'
import { REST_MS } from './repair.ts'
import { listSegments, writerOfSegment } from './segment.ts'
import type { Segment } from './segment.ts'

/** Long enough for a writer that rolled on to be done with the segment it left: salvage after a failed fsync cuts lines off it. */
const SETTLED_MS = 2_000

/**
 * The plain segments of a kind that nobody may append to any more, oldest first: their writer went on to its next segment, or is
 * dead, or said goodbye.
 *
 * A writer that nothing in HOME/run is known of either ended properly or had its file there removed. So its segment has to
 * be at rest for REST_MS, and a living writer does not go on with a segment it left alone for a third of that without having
 * seen that its file is there (`signal-lane.ts`). A segment whose writer is beyond our sight stays as it is.
 */
export async function closedSegments(platform: Platform, home: Home, kind: LedgerKind): Promise<Segment[]> {
  const segments = await listSegments(platform, home, kind)
  const restMs = (segment: Segment) => platform.clock.nowMs() - segment.modifiedMs
  const plain = segments.filter(({ sealed, bytes }) => !sealed && bytes > 0)
  if (kind === 'events') {
    // One series: whoever starts a segment has synced and left the one before.
    return plain.filter((segment) => segment.name !== segments.at(-1)?.name && restMs(segment) > SETTLED_MS)
  }
  const latest = new Map<string, number>()
  for (const { name } of segments) {
    const writer = writerOfSegment(name)
    if (writer !== undefined) latest.set(writer, Math.max(latest.get(writer) ?? 0, countOf(name)))
  }
  const closed: Segment[] = []
  for (const segment of plain) {
    const writer = writerOfSegment(segment.name)
    const isLeft = writer !== undefined && countOf(segment.name) < latest.get(writer)!
    if (isLeft && restMs(segment) > SETTLED_MS) closed.push(segment)
    else {
      const state = writer === undefined ? 'gone' : await writerState(platform, home, writer)
      if (state === 'dead' || (state === 'gone' && restMs(segment) > REST_MS)) closed.push(segment)
    }
  }
  return closed
}

/** A writer counts its segments. */
function countOf(name: string): number {
  return Number(name.slice(name.lastIndexOf('-') + 1))
}
