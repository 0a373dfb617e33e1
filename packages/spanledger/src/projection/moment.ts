import type { RecordedEvent, UnixNano } from '@spanledger/sdk/model'
import type { Told } from './state.ts'

/**
 * Which events count.
 *
 * nanos     unix nanoseconds; may lie before 1970 or in the future
 * recorded  by what the ledger held then, instead of by what had happened
 */
export interface Moment {
  nanos: bigint
  recorded?: boolean
}

/** Digits compare by their number, then as text: no BigInt for each of a million events. */
export const compareNano = (a: UnixNano, b: UnixNano): number =>
  a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)

/**
 * When an event happened: at its time, or at the end of what it tells. A span's event carries the time its call began, and
 * tells how it ended: before that nobody could have known.
 */
export function happenedAt({ time, data }: Pick<RecordedEvent, 'time' | 'data'>): UnixNano {
  const end = (data as { endUnixNano?: unknown } | null)?.endUnixNano
  return typeof end === 'string' && compareNano(end, time) > 0 ? end : time
}

export function happenedBy(nanos: bigint): (told: Told) => boolean {
  if (nanos < 0n) return () => false
  const then = String(nanos)
  return ({ happened }) => compareNano(happened, then) <= 0
}

/**
 * What was recorded by then. Events say when the ledger took them, in the order of their positions. Lines of old do not; as none is
 * appended before it happened, all from the first on that happened later were appended later. Times that are still to come are
 * a wrong clock's, and tell nothing.
 *
 * events  all there are, by position; read up to that first one
 */
export async function recordedBy(
  nanos: bigint,
  nowMs: number,
  events: AsyncIterable<readonly Pick<RecordedEvent, 'time' | 'recorded' | 'data' | 'position'>[]>,
): Promise<(told: Told) => boolean> {
  const [then, now] = [String(nanos < 0n ? 0n : nanos), String(BigInt(Math.trunc(nowMs)) * 1_000_000n)]
  for await (const batch of events)
    for (const event of batch) {
      const { recorded = happenedAt(event), position: first } = event
      const wild = event.recorded === undefined && compareNano(recorded, now) > 0
      if (!wild && compareNano(recorded, then) > 0) return ({ position }) => position < first
    }
  return ({ position }) => position !== Infinity
}

/** Rounded down, also before 1970. */
export const millisOf = (nanos: bigint): number => Math.floor(Number(nanos / 1000n) / 1000)

/** Undefined for what is no time: a damaged event must not take its session with it. */
export function millisIn(nano: string | undefined): number | undefined {
  const value = Number(nano) / 1e6
  return Number.isFinite(value) ? value : undefined
}
