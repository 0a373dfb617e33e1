import type { QueryContext } from '../context.ts'
import { counter, type Family, gauge, type Sample } from './families.ts'
import { sessionFamilies } from './session-families.ts'
import { parseTime } from '../times.ts'
import { transitionsOf } from './transitions.ts'
import { workFamilies } from './work-families.ts'

/** All statistics there are: of sessions and work from the ledger's events, and of the daemon since it started where one answers. */
export async function familiesOf(context: QueryContext): Promise<Family[]> {
  const [model, work, transitions, daemon] = await Promise.all([
    context.sessions(),
    context.work(),
    transitionsOf(context),
    context.daemon(),
  ])
  await model.refresh()
  const state = await work.recorded()
  return [
    ...sessionFamilies(model.figures(), context.platform.clock.nowMs()),
    ...workFamilies(state, parseTime('now', context.platform.clock.nowMs())!, transitions),
    gauge('events', 'Domain events in the ledger.', one(await (await context.events()).position())),
    ...receivedFamilies(daemon?.received),
  ]
}

const by = (signal: string, value: number): Sample => ({ labels: { signal }, value })
const one = (value: number): Sample[] => [{ labels: {}, value }]

/** Known to the daemon itself alone, and begun anew with each. */
function receivedFamilies(
  received: NonNullable<Awaited<ReturnType<QueryContext['daemon']>>>['received'],
): Family[] {
  if (received === undefined) return []
  const { spans, logs, metrics, rejected, malformed, redacted, requests } = received
  return [
    counter('received_records', 'Records received since the daemon started.', [
      by('spans', spans),
      by('logs', logs),
      by('metrics', metrics),
    ]),
    counter('received_requests', 'OTLP requests received since the daemon started.', one(requests)),
    counter('rejected_records', 'Records refused by themselves since the daemon started.', one(rejected)),
    counter('malformed_requests', 'Requests refused whole since the daemon started.', one(malformed)),
    counter('redactions', 'Places where a secret stood, since the daemon started.', one(redacted)),
  ]
}
