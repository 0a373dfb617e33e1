import { expect, it } from 'vitest'
import { nodePlatform } from '@spanledger/sdk/platform'
import type { RecordedEvent } from '@spanledger/sdk/model'
import { observe, type SessionEvent } from '../agents/index.ts'
import { claudeCode, codex, copilotCli, geminiCli, opencode } from '../agents/testing/records.ts'
import type { EventProjection } from './event-projection.ts'
import { PartFolder } from './part-folder.ts'
import { priceTable } from './prices.ts'
import { SessionProjection } from './session-projection.ts'
import { SessionRebuild } from './session-rebuild.ts'
import { type Append, eventProjectionContract } from './testing/event-projection-contract.ts'

const prices = priceTable([{ model: '*', validFrom: '1970-01-01', input: 3, output: 15 }])

/** Five agents at once, a few events an append, so that sessions interleave. */
function story(): Append[] {
  const told = [claudeCode('a-1'), codex('b-1'), geminiCli('c-1'), copilotCli('d-1'), opencode('e-1')].map(
    (records) => records.flatMap((record) => observe(record)),
  )
  const appends: Append[] = []
  for (let from = 0; told.some((events) => events.length > from); from += 4)
    for (const events of told) for (const one of append(events.slice(from, from + 4))) appends.push(one)
  return appends
}

function append(events: readonly SessionEvent[]): Append[] {
  const streams = new Map<string, Append>()
  for (const { stream, ...event } of events) {
    const one = streams.get(stream) ?? { stream, events: [] }
    one.events.push(event)
    streams.set(stream, one)
  }
  return [...streams.values()]
}

eventProjectionContract('sessions', {
  kind: (store, { clock }) => ({
    name: 'sessions',
    version: 1,
    depends: prices.id,
    answers: [],
    create: () => new SessionProjection(prices, store, clock),
    rebuild: () =>
      new SessionRebuild(new SessionProjection(prices, store, clock), new PartFolder(prices), clock),
  }),
  story: story(),
})

it('leaves out what has no data: nothing that somebody wrote keeps the rest from being told', async () => {
  const projection = new SessionProjection(
    prices,
    { readStream: () => (async function* () {})() },
    nodePlatform().clock,
  )
  const [first, ...others] = claudeCode('a-1').flatMap((record) => observe(record))
  const events = [
    { ...first!, id: 'null', data: null },
    { ...first!, id: 'text', data: 'text' },
    first!,
    ...others,
  ]
  await projection.evolve(events)
  await projection.settle()
  expect([...projection.figures()]).toMatchObject([{ summary: { id: 'a-1', modelCalls: 2 } }])
})

/** The least that a projection can be: what the contract asks beyond it, no other projection has to do. */
class Counts implements EventProjection {
  readonly #counts = new Map<string, number>()

  evolve(events: readonly RecordedEvent[]): Promise<void> {
    for (const { event } of events) this.#counts.set(event, (this.#counts.get(event) ?? 0) + 1)
    return Promise.resolve()
  }

  settle(): Promise<void> {
    return Promise.resolve()
  }

  *lines(): Generator<string> {
    for (const [event, count] of this.#counts) yield JSON.stringify({ event, count })
  }

  restore(line: string): void {
    const { event, count } = JSON.parse(line) as { event: string; count: number }
    this.#counts.set(event, count)
  }
}

eventProjectionContract('counts', {
  kind: () => ({ name: 'counts', version: 1, depends: '', answers: [], create: () => new Counts() }),
  story: story(),
})
