import { BACKOFF_MS } from './limits.ts'

/**
 * How long to wait before the next attempt: what the collector asks for, or a random part of a span that doubles. The whole
 * of it random, so that the senders a collector lost together do not come back together.
 *
 * @param failures In a row, at least 1.
 * @param random   0 <= x < 1
 */
export function backoffMs(failures: number, random: number, askedMs?: number): number {
  const spanMs = Math.min(BACKOFF_MS.first * 2 ** (failures - 1), BACKOFF_MS.max)
  const ownMs = spanMs * (0.5 + random / 2)
  return askedMs === undefined ? ownMs : askedMs + random * BACKOFF_MS.first
}
