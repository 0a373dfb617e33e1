import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { observe, type SessionEvent } from '../agents/index.ts'
import { claudeCode, codex, copilotCli, geminiCli, opencode } from '../agents/testing/records.ts'
import { addGrowth, changesBetween, type SessionChange } from './change.ts'
import { SessionFold } from './fold.ts'
import { happenedAt, happenedBy, millisOf, recordedBy } from './moment.ts'
import { priceTable } from './prices.ts'
import { byTime, statesAfter } from './replay.ts'
import { STREAM_PREFIX, type Told } from './state.ts'

const NOW = Date.UTC(2026, 11, 31)
const prices = priceTable([])
const AGENTS = {
  'claude-code': claudeCode,
  codex,
  'gemini-cli': geminiCli,
  'copilot-cli': copilotCli,
  opencode,
}

const fold = (events: readonly SessionEvent[]): SessionFold => {
  const all = new SessionFold(prices, () => NOW)
  for (const [i, event] of events.entries()) all.evolve(event.stream, { ...event, position: i + 1 })
  return all
}
const placeOf = (event: SessionEvent) => happenedAt({ time: event.time ?? '0', data: event.data })
const everyAgent = Object.values(AGENTS).flatMap((records) => records().flatMap((record) => observe(record)))
const times = everyAgent.map((event) => BigInt(placeOf(event)))
const past = (all: SessionFold, nanos: bigint): SessionFold => all.with(happenedBy(nanos), () => NOW)

describe.each(Object.entries(AGENTS))('%s', (_, records) => {
  const events = records().flatMap((record) => observe(record))
  const all = fold(events)
  const last = events.map((event) => BigInt(placeOf(event))).reduce((a, b) => (a > b ? a : b))

  it('is at its last event, and ever after, what it is now', () => {
    for (const id of all.ids())
      for (const nanos of [last, last + 1n, BigInt(Date.UTC(2150, 0)) * 1_000_000n])
        expect(past(all, nanos).detail(id)).toEqual(all.detail(id))
  })

  it('is nothing before its first event, before 1970 neither', () => {
    for (const id of all.ids())
      for (const nanos of [-1n, 0n, BigInt(Date.UTC(1960, 0)) * 1_000_000n])
        expect(past(all, nanos).detail(id)).toBeUndefined()
  })

  it('tells nothing of a call before it ended', () => {
    for (const event of events) {
      const { endUnixNano } = event.data
      if (endUnixNano === undefined) continue
      const before = past(all, BigInt(endUnixNano) - 1n)
      expect(before.has(event.stream, event.id)).toBe(false)
    }
  })

  it('replayed is after each event what it was then, and at the end what it is', () => {
    const steps = events
      .map((event, i) => ({ stream: event.stream, happened: placeOf(event), position: i + 1 }))
      .toSorted(byTime)
    const states = statesAfter(all, steps)
    const ids = steps.map(({ stream }) => stream.slice(STREAM_PREFIX.length))
    const then = steps.map((step, i) =>
      all
        .with(
          (told) => byTime(told, step) <= 0,
          () => millisOf(BigInt(step.happened)),
        )
        .summary(ids[i]!),
    )
    expect(states).toEqual(then)
    const { status, ...now } = all.summary(ids.at(-1)!)!
    expect(states.at(-1)).toMatchObject(now)
    expect(['active', status]).toContain(states.at(-1)!.status)
  })
})

it('changes from A to B and from B to C add up to those from A to C', () => {
  const all = fold(everyAgent)
  const moment = fc.oneof(
    fc.constantFrom(...times),
    fc.constantFrom(...times.map((time) => time - 1n)),
    fc.constant(0n),
  )
  fc.assert(
    fc.property(fc.tuple(moment, moment, moment), (moments) => {
      const [a, b, c] = moments
        .toSorted((x, y) => (x < y ? -1 : x > y ? 1 : 0))
        .map((nanos) => past(all, nanos))
      const sum = new Map<string, SessionChange>()
      for (const change of [...changesBetween(a!, b!), ...changesBetween(b!, c!)]) {
        const before = sum.get(change.id)
        const status = { from: (before ?? change).status.from, to: change.status.to }
        sum.set(change.id, before ? { ...change, ...addGrowth(before, change), status } : change)
      }
      const direct = changesBetween(a!, c!)
      expect(direct.map(({ id }) => id).toSorted()).toEqual([...sum.keys()].toSorted())
      for (const change of direct)
        expect(sum.get(change.id)).toMatchObject({ ...change, endedAt: expect.anything() })
    }),
    { numRuns: 200 },
  )
})

const moved = (event: SessionEvent, id: string, ns: string): SessionEvent => ({
  ...event,
  id,
  time: ns,
  data: { ...event.data, endUnixNano: ns },
})

it('tells what the ledger held by when it took each event, whatever happened when', async () => {
  const [taken, happened] = [
    [100n, 200n, 300n],
    ['900', '100', '200'],
  ]
  const events = taken.map((recorded, i) => ({
    recorded: String(recorded),
    time: happened[i]!,
    data: {},
    position: i + 1,
  }))
  const batches = async function* () {
    yield await Promise.resolve(events)
  }
  const held = async (nanos: bigint): Promise<number> => {
    const known = await recordedBy(nanos, NOW, batches())
    return events.filter(({ position }) => known({ position } as Told)).length
  }
  expect(await Promise.all([99n, 100n, 250n, 300n, 10_000n].map(held))).toEqual([0, 1, 2, 3, 3])
})

it('tells what the ledger can have held of lines of old: what came late was not known', async () => {
  const [early, late] = [everyAgent[0]!, everyAgent[1]!]
  // The third happened first, and was appended last; the fourth's clock is in the next century.
  const events = [
    moved(early, 'wild', '7000000000000000000'),
    moved(early, 'first', '1000000000000000000'),
    moved(late, 'second', '1000000000000000300'),
    moved(early, 'late', '1000000000000000100'),
  ]
  const all = fold(events)
  const batches = async function* () {
    yield await Promise.resolve(
      events.map((event, i) => ({ time: event.time ?? '0', data: event.data, position: i + 1 })),
    )
  }
  const held = async (nanos: bigint): Promise<string[]> => {
    const known = all.with(await recordedBy(nanos, NOW, batches()), () => NOW)
    return ['first', 'second', 'late'].filter((id) => known.has(early.stream, id))
  }
  expect(await held(1_000_000_000_000_000_200n)).toEqual(['first'])
  expect(await held(1_000_000_000_000_000_300n)).toEqual(['first', 'second', 'late'])
  expect(await held(0n)).toEqual([])
})
