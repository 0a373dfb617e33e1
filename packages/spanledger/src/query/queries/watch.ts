import * as v from 'valibot'
import type { RecordedEvent } from '@spanledger/sdk/model'
import {
  type ClearedData,
  FINDING_EVENTS,
  type FindingData,
  findingTold,
  findingWords,
  happenedAt,
} from '../../projection/index.ts'
import type { QueryContext } from '../context.ts'
import { timeRange } from '../ledger-input.ts'
import { flag, time } from '../params.ts'
import { query } from '../query.ts'
import { isoNano } from '../times.ts'

/** Something was found in a session, or is over. */
export interface WatchedItem {
  time: string
  session: string
  position: number
  event: string
  data: FindingData | ClearedData
  /** In a line. */
  what: string
}

const TYPES = [...new Set(Object.values(FINDING_EVENTS).flat())]
const RECENT = '1h'

export const watch = query({
  summary: 'What was found in sessions at work, as it is found: stuck, run away, over a limit',
  params: v.strictObject({
    since: v.optional(time('what was found since then'), RECENT),
    follow: flag('goes on until Ctrl-C'),
  }),
  streams: true,
  async run(context, { since, follow }): Promise<AsyncIterable<WatchedItem>> {
    const { since: from = 0n } = timeRange(context, { since })
    return itemsOf(await recorded(context, follow === true), from)
  },
})

async function recorded(context: QueryContext, follows: boolean): Promise<AsyncIterable<RecordedEvent>> {
  const store = await context.events()
  return follows
    ? store.subscribe({ types: TYPES, signal: context.stopped })
    : store.readAll({ types: TYPES })
}

async function* itemsOf(events: AsyncIterable<RecordedEvent>, from: bigint): AsyncGenerator<WatchedItem> {
  for await (const { event, data, position, ...rest } of events) {
    const happened = happenedAt({ ...rest, data })
    const told = findingTold(event, data)
    if (told === undefined || BigInt(happened) < from) continue
    const one = 'found' in told ? told.found : told.cleared
    const what =
      'found' in told
        ? findingWords(told.found)
        : `${told.cleared.kind} is over: ${BECAUSE[told.cleared.because]}`
    yield { time: isoNano(happened), session: one.session, position, event, data: one, what }
  }
}

const BECAUSE: Record<ClearedData['because'], string> = {
  progress: 'it gets on',
  prompt: 'there is a new prompt',
  compaction: 'the conversation was shortened',
  below: 'it is as usual again',
}
