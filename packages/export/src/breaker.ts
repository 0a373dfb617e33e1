import { BREAKER } from './limits.ts'

/**
 * A circuit breaker: pure, so that its owner keeps the state and the clock.
 *
 * closed     everything is tried
 * open       nothing is tried until `untilMs`
 * half-open  one probe is under way; its outcome decides
 */
export type Breaker =
  | { phase: 'closed'; failures: number }
  | { phase: 'open'; untilMs: number; openMs: number }
  | { phase: 'half-open'; openMs: number }

export const CLOSED: Breaker = { phase: 'closed', failures: 0 }

/** Whether one attempt may be made now, and the state once it is. */
export function attempt(breaker: Breaker, nowMs: number): { allowed: boolean; breaker: Breaker } {
  if (breaker.phase === 'closed') return { allowed: true, breaker }
  if (breaker.phase === 'open' && nowMs >= breaker.untilMs)
    return { allowed: true, breaker: { phase: 'half-open', openMs: breaker.openMs } }
  return { allowed: false, breaker }
}

/** After an attempt. A refusal is an answer as well: whoever gives it is there. */
export function settle(breaker: Breaker, isAnswered: boolean, nowMs: number): Breaker {
  if (isAnswered) return CLOSED
  if (breaker.phase === 'half-open') return open(Math.min(breaker.openMs * 2, BREAKER.openMs.max), nowMs)
  // An attempt that began before it opened tells nothing new.
  if (breaker.phase === 'open') return breaker
  const failures = breaker.failures + 1
  return failures >= BREAKER.failuresMax ? open(BREAKER.openMs.first, nowMs) : { phase: 'closed', failures }
}

function open(openMs: number, nowMs: number): Breaker {
  return { phase: 'open', untilMs: nowMs + openMs, openMs }
}
