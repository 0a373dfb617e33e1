import type { Clock } from '@spanledger/sdk/platform'

/**
 * Tells what is left of so many milliseconds from now on: one bound for work of several steps, 0 once it is over. In whole ones, since
 * a timer may be a fraction early.
 */
export function deadline(clock: Pick<Clock, 'monotonicMs'>, ms: number): () => number {
  const untilMs = clock.monotonicMs() + ms
  return () => Math.max(0, Math.floor(untilMs - clock.monotonicMs()))
}
