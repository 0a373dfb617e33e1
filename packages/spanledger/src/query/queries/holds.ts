import * as v from 'valibot'
import { uuidv7 } from '@spanledger/sdk/platform'
import { ExpectedVersionConflictError } from '@spanledger/sdk/store'
import type { NewEvent } from '@spanledger/sdk/model'
import type { QueryContext } from '../context.ts'
import { choice, text } from '../params.ts'
import { query } from '../query.ts'
import { isRefusal, refusal, type Refusal } from '../refusal.ts'
import {
  foldHolds,
  HELD_KINDS,
  type HeldKind,
  type Hold,
  HOLDS_STREAM,
  placeHold,
  releaseHold,
} from '../retention/holds.ts'
import { isoNano } from '../times.ts'
import { findSession } from './sessions.ts'
import { resolveTraceId } from './trace.ts'

export interface HoldsAnswer {
  holds: { kind: HeldKind; id: string; reason?: string; placedAt: string }[]
}

const kind = choice('what is held', 'KIND', HELD_KINDS, 1)

export const holdAdd = query({
  summary: 'Keeps the signals of a session or a trace, whatever the rules of retention say',
  params: v.strictObject({
    kind,
    id: text('its id, or the beginning of it; "last" session', 'ID', 2),
    reason: v.optional(text('why, for whoever reads the list', 'TEXT')),
  }),
  effect: 'writes',
  creates: false,
  async run(context, { kind: of, id: asked, reason }): Promise<HoldsAnswer | Refusal> {
    const id = await RESOLVE[of](context, asked)
    if (isRefusal(id)) return id
    return change(context, (holds) =>
      placeHold(holds, { kind: of, id, ...(reason === undefined ? {} : { reason }) }),
    )
  },
})

export const holdRemove = query({
  summary: 'Lets go of what was held: the rules of retention count again',
  params: v.strictObject({ kind, id: text('its id, or the beginning of it; "last" session', 'ID', 2) }),
  effect: 'writes',
  creates: false,
  async run(context, { kind: of, id: asked }): Promise<HoldsAnswer | Refusal> {
    const wanted = asked === 'last' ? await RESOLVE[of](context, asked) : asked
    if (isRefusal(wanted)) return wanted
    return change(context, (holds) => {
      const id = heldBy(holds, of, wanted)
      return isRefusal(id) ? id : releaseHold({ kind: of, id })
    })
  },
})

/** Looked for among what is held: that may be gone from the ledger. */
function heldBy(holds: readonly Hold[], of: HeldKind, asked: string): string | Refusal {
  const ids = holds.filter((hold) => hold.kind === of).map(({ id }) => id)
  const meant = ids.includes(asked) ? [asked] : ids.filter((id) => id.startsWith(asked))
  if (meant.length === 1) return meant[0]!
  return meant.length > 1
    ? refusal(
        'AMBIGUOUS_ID',
        `more than one ${of} that is held begins with "${asked}"`,
        'give more of the id',
        meant,
      )
    : refusal(
        'UNKNOWN_HOLD',
        `there is no hold on ${of} ${asked}`,
        'see which there are: spanledger hold list',
        ids,
      )
}

export const holdList = query({
  summary: 'What is held',
  params: v.strictObject({}),
  async run(context): Promise<HoldsAnswer> {
    return { holds: (await readHolds(context)).holds.map(shown) }
  },
})

const RESOLVE: Record<HeldKind, (context: QueryContext, asked: string) => Promise<string | Refusal>> = {
  async session(context, asked) {
    const model = await context.sessions()
    await model.refresh()
    const found = await findSession(model, asked, 1)
    return isRefusal(found) ? found : found.id
  },
  trace: (context, asked) => resolveTraceId(context, asked.trim().toLowerCase()),
}

async function readHolds(context: QueryContext): Promise<{ holds: Hold[]; version: number }> {
  const events = await context.events()
  const version = await events.version(HOLDS_STREAM)
  return { holds: await foldHolds(events.readStream(HOLDS_STREAM, { limit: version })), version }
}

/** Decides again when somebody else was faster. */
async function change(
  context: QueryContext,
  decide: (holds: readonly Hold[]) => Omit<NewEvent, 'id'>[] | Refusal,
): Promise<HoldsAnswer | Refusal> {
  const events = await context.events()
  for (;;) {
    const { holds, version } = await readHolds(context)
    const decided = decide(holds)
    if (isRefusal(decided)) return decided
    const identified = decided.map((event) => ({ ...event, id: uuidv7(context.platform) }))
    try {
      await events.append(HOLDS_STREAM, identified, { expectedVersion: version })
      return { holds: (await readHolds(context)).holds.map(shown) }
    } catch (error) {
      if (!(error instanceof ExpectedVersionConflictError)) throw error
    }
  }
}

const shown = ({ placedAt, ...hold }: Hold) => ({ ...hold, placedAt: isoNano(placedAt) })
