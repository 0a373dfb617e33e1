import type { UnixNano } from '@spanledger/sdk/model'
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

export function happenedBy(nanos: bigint): (told: Told) => boolean {
  if (nanos < 0n) return () => false
  const then = String(nanos)
  return ({ time }) => compareNano(time, then) <= 0
}

/** Rounded down, also before 1970. */
export const millisOf = (nanos: bigint): number => Math.floor(Number(nanos / 1000n) / 1000)
