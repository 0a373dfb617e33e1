import { type NewEvent } from '@spanledger/sdk/model'
import { type Platform, uuidFrom, uuidv7 } from '@spanledger/sdk/platform'
import { type Carrier, carrierOf, traceOf } from './carrier.ts'
import type { Fields } from './document/document.ts'
import type { Draft } from './events.ts'
import { type Redact, redactedJson } from './reconcile.ts'
import type { Task } from './state.ts'

/** Who asks, and on whose behalf. */
export interface Asking {
  agent: string
  /** Of the agent in whose shell it is asked. */
  session?: string | undefined
  /** The person whose account it is. */
  userId?: string | undefined
  carrier?: Carrier | undefined
}

const MINUTE_MS = 60_000

/**
 * Events as they are appended: with ids, without secrets, each the cause of the next.
 *
 * A refusal's id follows from what was refused to whom in which minute: an agent that asks for the same thing in a loop does
 * not fill the ledger.
 */
export function toEvents(
  platform: Pick<Platform, 'clock' | 'random'>,
  drafts: readonly Draft[],
  about: { task: Task | undefined; asking: Asking; redact: Redact; atMs: number | undefined },
): NewEvent[] {
  const { task, asking, redact, atMs } = about
  const { carrier, userId } = asking
  let correlationId = carrier?.correlationId ?? task?.correlation
  let causationId = carrier?.causationId ?? task?.lastEvent
  return drafts.map((draft) => {
    const id = idOf(platform, draft)
    correlationId ??= id
    const own = carrier ?? carrierOf(correlationId, id)
    const event: NewEvent = {
      event: draft.event,
      id,
      ...(atMs === undefined ? {} : { time: String(BigInt(Math.round(atMs * 1000)) * 1000n) }),
      data: redacted(draft, redact),
      meta: {
        correlationId,
        ...(causationId === undefined || causationId === '' ? {} : { causationId }),
        ...traceOf(own),
        ...(userId === undefined ? {} : { userId }),
      },
    }
    causationId = id
    return event
  })
}

function idOf(platform: Pick<Platform, 'clock' | 'random'>, { event, data }: Draft): string {
  if (event !== 'TaskChangeRefused') return uuidv7(platform)
  const minute = Math.floor(platform.clock.nowMs() / MINUTE_MS)
  return uuidFrom('refused', data.task, data.command, data.code, data.by.agent, String(minute))
}

/** What people write; ids, names of agents and paths stay, since everything hangs on them. */
const WRITTEN = ['title', 'fields', 'sections', 'before', 'after', 'message', 'reason', 'word'] as const

function redacted({ data }: Draft, redact: Redact): unknown {
  const written = data as unknown as Fields
  const clean: Fields = { ...written }
  for (const key of WRITTEN) if (Object.hasOwn(written, key)) clean[key] = redactedJson(written[key]!, redact)
  return clean
}
