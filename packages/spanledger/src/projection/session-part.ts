import { parseEventLines } from '@spanledger/sdk/store'
import { Family } from './family.ts'
import { compareNano } from './moment.ts'
import type { PriceOf } from './prices.ts'
import { isOfSession, type SessionLine } from './session-projection.ts'
import { initialState, Told } from './state.ts'
import { figuresOf } from './view.ts'

/**
 * Lines of one session -> what they come to, as if it had no kin. Pure: in whichever thread, it is the same.
 *
 * lines  whole, in order
 * Undefined when one of them cannot be read, or tells nothing.
 */
export function partOf(session: string, lines: Buffer, prices: PriceOf): SessionLine | undefined {
  const state = initialState(session)
  const family = new Family()
  let [events, first, last] = [0, '', '']
  for (const event of parseEventLines(lines)) {
    if (event === undefined || !isOfSession(event)) return undefined
    const told = new Told(event)
    state.told.set(told.id, told)
    if (events++ === 0) first = last = told.happened
    else if (compareNano(told.happened, first) < 0) first = told.happened
    else if (compareNano(told.happened, last) > 0) last = told.happened
    family.learnTrace(session, told.data)
    if (told.event === 'SessionStarted') family.learn(session, told.data.parentSession)
  }
  return {
    session,
    events,
    first,
    last,
    links: family.linksOf(session),
    figures: figuresOf(state, prices, -Infinity),
  }
}
