import type { Platform } from '../platform/index.ts'
import type { LedgerKind } from '../model/index.ts'
import { Changes } from './changes.ts'
import type { Home } from './home.ts'
import { readSegment } from './reader.ts'
import type { LineChunk } from './reader.ts'
import { listSegments } from './segment.ts'

/** Segment name -> offset of the first byte not yet seen. A segment that is not named is read from its beginning. */
export type TailPosition = Readonly<Record<string, number>>

/**
 * Everything of a kind from a position on, then whatever is appended, by whichever process: nothing is missed and, as
 * long as `next` of each chunk is kept, nothing comes twice. Ends when `signal` aborts.
 *
 * Order  of a segment its own; between segments only what was there at the start comes oldest first.
 */
export async function* tail(
  platform: Platform,
  home: Home,
  kind: LedgerKind,
  options: { from?: TailPosition; signal: AbortSignal; pollMs?: number },
): AsyncGenerator<LineChunk, void, void> {
  const { signal } = options
  const seen = new Map(Object.entries(options.from ?? {}))
  const changes = new Changes(platform, home.segments[kind], options.pollMs)
  try {
    while (!signal.aborted) {
      for (const segment of await listSegments(platform, home, kind)) {
        const offset = seen.get(segment.name) ?? 0
        if (segment.bytes <= offset) continue
        for await (const chunk of readSegment(platform, segment, offset)) {
          seen.set(segment.name, chunk.next)
          yield chunk
          if (signal.aborted) return
        }
      }
      await changes.wait(signal)
    }
  } finally {
    changes.close()
  }
}
