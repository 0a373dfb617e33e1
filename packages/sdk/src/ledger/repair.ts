import { systemCode } from '../platform/index.ts'
import type { Platform } from '../platform/index.ts'
import type { SignalKind } from '../model/index.ts'
import type { Home } from './home.ts'
import { writerLiveness } from './owner.ts'
import { listSegments, writerOfSegment } from './segment.ts'
import type { Segment } from './segment.ts'
import { READ_BYTES } from './limits.ts'

/** A torn line that was cut off. */
export interface Repair {
  segment: Segment
  /** Where the segment ends now. */
  offset: number
  /** How much was cut off. */
  bytes: number
}

/** A writer of which nothing is known is taken for dead when its segment has been at rest for so long. */
export const REST_MS = 30_000

/**
 * Cuts the torn last lines off signal segments whose writers are dead. Events need none: their next writer does it.
 *
 * Nothing that was acknowledged is touched: a line is acknowledged whole.
 *
 * before  Told of each before it is cut off.
 */
export async function repairSignals(
  platform: Platform,
  home: Home,
  options: { before?: (segment: Segment, offset: number, bytes: number) => Promise<void> } = {},
): Promise<Repair[]> {
  const repairs: Repair[] = []
  const kinds: SignalKind[] = ['spans', 'logs', 'metrics']
  for (const kind of kinds) {
    for (const segment of await listSegments(platform, home, kind)) {
      if (segment.sealed) continue
      const end = await endOfLastLine(platform, segment)
      if (end === segment.bytes || !(await isAtRest(platform, home, segment))) continue
      await options.before?.(segment, end, segment.bytes - end)
      const file = await platform.files.open(segment.path, 'update')
      try {
        await file.truncate(end)
        await file.datasync()
      } finally {
        await file.close()
      }
      repairs.push({ segment, offset: end, bytes: segment.bytes - end })
    }
  }
  return repairs
}

async function isAtRest(platform: Platform, home: Home, segment: Segment): Promise<boolean> {
  const writer = writerOfSegment(segment.name)
  const liveness = writer === undefined ? 'unknown' : await writerLiveness(platform, home, writer)
  if (liveness === 'alive') return false
  const stat = await platform.files.stat(segment.path)
  if (stat?.bytes !== segment.bytes) return false
  return liveness === 'dead' || platform.clock.nowMs() - stat.modifiedMs > REST_MS
}

/** Where the last whole line ends, looking backwards from the end: one small read for a segment in order. */
async function endOfLastLine(platform: Platform, segment: Segment): Promise<number> {
  const file = await platform.files.open(segment.path, 'read').catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error
  })
  // It was sealed meanwhile: nothing is torn there.
  if (file === undefined) return segment.bytes
  try {
    let size = 4096
    for (let end = segment.bytes; end > 0; size = READ_BYTES) {
      const start = Math.max(0, end - size)
      const buffer = Buffer.allocUnsafe(end - start)
      const count = await file.read(buffer, start)
      const found = buffer.subarray(0, count).lastIndexOf(0x0a)
      if (found >= 0) return start + found + 1
      end = start
    }
    return 0
  } finally {
    await file.close()
  }
}
