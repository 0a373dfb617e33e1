import { uuidFrom } from '@spanledger/sdk/platform'
import type { SessionEvent } from '../agents/index.ts'

/** The last thing known before a gap, or the first behind it. */
export interface Seen {
  number: number
  agent: string
  session: string
  ms: number
}

/**
 * Numbers of which nothing arrived: told in the sessions that came before and behind, since the number alone does not say
 * whose it was.
 */
export function missedBetween(before: Seen | undefined, after: Seen, missed: number): SessionEvent[] {
  const sessions = new Map(
    [before, after].filter((seen) => seen !== undefined).map((seen) => [seen.session, seen]),
  )
  const gap = `${after.number - missed} to ${after.number - 1} before ${after.ms}`
  return [...sessions.values()].map(({ agent, session, ms }) => {
    const time = `${Math.round(ms)}000000`
    return {
      event: 'SessionHooksMissed',
      id: uuidFrom('SessionHooksMissed', session, gap),
      stream: `session-${session}`,
      time,
      data: { session, agent, source: 'hook:gap', rank: 0, missed, startUnixNano: time, endUnixNano: time },
    }
  })
}
