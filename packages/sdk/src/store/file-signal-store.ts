import { SEGMENT_BYTES_MAX, claimOwner, disown, ownerPath, writeOwner } from '../ledger/index.ts'
import type { Home, Owner } from '../ledger/index.ts'
import type { SignalKind } from '../model/index.ts'
import type { Platform } from '../platform/index.ts'
import { StoreClosedError } from './errors.ts'
import { SignalLane } from './signal-lane.ts'
import type { SignalStore, SignalStoreStats } from './signal-store.ts'

/** Signals in the home's own files. Touches nothing before the first append. Errors: StoreClosedError for a read-only home. */
export function openSignalStore(
  platform: Platform,
  home: Home,
  options: { segmentBytesMax?: number } = {},
): SignalStore {
  if (home.readOnly) throw new StoreClosedError('read-only')
  const stats: SignalStoreStats = {
    lines: 0,
    bytes: 0,
    writes: 0,
    syncs: 0,
    segments: 0,
    refused: { full: 0, sync: 0, failed: 0, busy: 0 },
    syncFailures: 0,
    salvagedBytes: 0,
    queuedBytes: 0,
  }
  let owner: Promise<Owner> | undefined
  let count = 0
  let timesUnknown = 0
  const context = {
    platform,
    home,
    stats,
    segmentBytesMax: options.segmentBytesMax ?? SEGMENT_BYTES_MAX,
    async writer() {
      owner ??= claimOwner(platform, home)
      try {
        return (await owner).nonce
      } catch (error) {
        owner = undefined
        throw error
      }
    },
    async timesUnknown() {
      if (
        owner !== undefined &&
        (await platform.files.stat(ownerPath(home, (await owner).nonce))) === undefined
      ) {
        timesUnknown++
        await writeOwner(platform, home, await owner)
      }
      return timesUnknown
    },
    nextCount: () => ++count,
  }
  const lanes: Record<SignalKind, SignalLane> = {
    spans: new SignalLane(context, 'spans'),
    logs: new SignalLane(context, 'logs'),
    metrics: new SignalLane(context, 'metrics'),
  }
  const all = (work: (lane: SignalLane) => Promise<void>) => settle(Object.values(lanes).map(work))
  return {
    append: async (batch) => lanes[batch.kind].append(batch),
    flush: () => all((lane) => lane.flush()),
    async close() {
      await all((lane) => lane.close())
      if (owner !== undefined) await disown(platform, home, await owner)
      owner = undefined
    },
    stats: () => structuredClone(stats),
  }
}

/** Waits for all, then throws the first error. */
async function settle(work: Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason
}
