import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Observation, SessionEventName } from '../agents/index.ts'
import { priceTable } from './prices.ts'
import type { ActivityNode } from './session-view.ts'
import { evolve, type FoldedEvent, initialState } from './state.ts'
import { detailOf } from './view.ts'

const nano = (ms: number): string => String((1_795_000_000_000n + BigInt(ms)) * 1_000_000n)
const SPAN = {
  turn: 'SessionAgentInvoked',
  agent: 'SessionAgentInvoked',
  tool: 'SessionToolUsed',
  model: 'SessionModelCalled',
} as const
type Kind = keyof typeof SPAN

/** One span of a tree that is known: children lie in the time of their parent. */
interface Known {
  id: string
  kind: Kind
  parent: Known | undefined
  start: number
  end: number
}

/** The agent a span really belongs to: the nearest above; undefined for the session's own. */
function trueAgent({ parent }: Known): string | undefined {
  for (let at = parent; at; at = at.parent) if (at.kind === 'agent') return at.id
  return undefined
}

const eventOf = ({ id, kind, parent, start, end }: Known, more: Partial<Observation> = {}): FoldedEvent => ({
  id: `event-${id}`,
  event: SPAN[kind] satisfies SessionEventName,
  data: {
    session: 's',
    agent: 'generic',
    source: `span:${kind}`,
    rank: 2,
    trace: 't',
    span: id,
    keys: [`span:t/${id}`],
    ...(parent === undefined ? {} : { parentSpan: parent.id }),
    ...(kind === 'agent' ? { agentId: id, agentName: id } : {}),
    ...(kind === 'tool' ? { name: 'Bash', toolUseId: id } : {}),
    ...(kind === 'model' ? { model: 'm', requestId: id } : {}),
    outcome: 'ok',
    startUnixNano: nano(start),
    endUnixNano: nano(end),
    ...more,
  },
})

const WIDTH = 1 << 20

/** Turn -> any number of calls and agents, agents below tool calls or agents, in any depth; whoever `picks` says is the parent. */
const tree = fc
  .array(
    fc.record({
      kind: fc.constantFrom<Kind>('agent', 'tool', 'tool', 'model', 'model'),
      picks: fc.nat(),
      at: fc.double({ min: 0.01, max: 0.8, noNaN: true }),
      long: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
    }),
    { minLength: 1, maxLength: 14 },
  )
  .map((steps) => {
    const turn: Known = { id: 'turn', kind: 'turn', parent: undefined, start: 0, end: WIDTH }
    const all = [turn]
    for (const [i, { kind, picks, at, long }] of steps.entries()) {
      const holders = all.filter((one) => one.kind !== 'model')
      const parent = holders[picks % holders.length]!
      const length = parent.end - parent.start
      const start = parent.start + Math.floor(at * length)
      const end = start + Math.max(1, Math.floor(long * (parent.end - start)))
      all.push({ id: `${kind}${i}`, kind, parent, start, end: Math.min(end, parent.end) })
    }
    return all
  })

interface Placed {
  kind: ActivityNode['kind']
  agent: string | undefined
  inferred: ActivityNode['inferred']
}

/** Every node of the session's tree by id, with the agent it stands under. */
function placesIn(events: readonly FoldedEvent[]): { places: Map<string, Placed>; calls: number } {
  const state = initialState('s')
  for (const event of events) evolve(state, event)
  const [root] = detailOf(state, priceTable([]), Infinity)?.tree ?? []
  const places = new Map<string, Placed>()
  let calls = 0
  const walk = (node: ActivityNode, agent: string | undefined): void => {
    for (const child of node.children) {
      if (child.kind === 'toolCall' || child.kind === 'modelCall') calls++
      places.set(child.id, { kind: child.kind, agent, inferred: child.inferred })
      walk(child, child.kind === 'agent' ? child.id : agent)
    }
  }
  if (root) walk(root, undefined)
  return { places, calls }
}

const isCall = ({ kind }: Known): boolean => kind === 'tool' || kind === 'model'

describe('a tree of which any spans are missing', () => {
  const some = tree.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: 1 })))

  it('has every call that was told, once', () => {
    fc.assert(
      fc.property(some, ([, told]) => {
        const { places } = placesIn(told.map((one) => eventOf(one)))
        expect(
          [...places]
            .filter(([, { kind }]) => kind.endsWith('Call'))
            .map(([id]) => id)
            .toSorted(),
        ).toEqual(
          told
            .filter(isCall)
            .map(({ id }) => id)
            .toSorted(),
        )
      }),
      { numRuns: 300 },
    )
  })

  it('has no wrong place that is not said to be inferred', () => {
    fc.assert(
      fc.property(some, ([, told]) => {
        const { places } = placesIn(told.map((one) => eventOf(one)))
        const wrong = told.filter((one) => {
          const place = places.get(one.id)
          return place && place.inferred === undefined && place.agent !== trueAgent(one)
        })
        expect(wrong.map(({ id }) => id)).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  it('infers nothing where none is missing', () => {
    fc.assert(
      fc.property(tree, (all) => {
        const { places } = placesIn(all.map((one) => eventOf(one)))
        expect([...places.values()].filter(({ inferred }) => inferred !== undefined)).toEqual([])
      }),
      { numRuns: 100 },
    )
  })

  it('does not depend on the order in which it was told', () => {
    fc.assert(
      fc.property(some, ([all, told]) => {
        const inOrder = all.filter((one) => told.includes(one))
        expect(placesIn(told.map((one) => eventOf(one)))).toEqual(
          placesIn(inOrder.map((one) => eventOf(one))),
        )
      }),
      { numRuns: 200 },
    )
  })
})

describe('whatever spans and ids claim', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e')
  const span = fc.record({
    id: name,
    kind: fc.constantFrom<Kind>('agent', 'tool', 'model'),
    start: fc.nat(50),
    ms: fc.nat(50),
    parentSpan: fc.option(name, { nil: undefined }),
    agentId: fc.option(name, { nil: undefined }),
    parentAgentId: fc.option(name, { nil: undefined }),
  })

  it('no ring hangs it, and no call is lost', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(span, { selector: ({ id }) => id, maxLength: 5 }),
        fc.nat(),
        (spans, turn) => {
          const events = spans.map(({ id, kind, start, ms, ...claims }) =>
            eventOf(
              { id, kind, parent: undefined, start, end: start + ms },
              Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined)),
            ),
          )
          const calls = spans.filter(({ kind }) => kind !== 'agent').length
          const { places, calls: found } = placesIn(events)
          expect(found).toBe(calls)
          const turned = [...events.slice(turn % 5), ...events.slice(0, turn % 5)]
          expect(placesIn(turned)).toEqual({ places, calls })
        },
      ),
      { numRuns: 500 },
    )
  })
})

it('says by what each place was found out', () => {
  const known = (id: string, kind: Kind, start: number, end: number, parent?: string): FoldedEvent =>
    eventOf({ id, kind, parent: undefined, start, end }, parent === undefined ? {} : { parentSpan: parent })
  const { places } = placesIn([
    known('turn', 'turn', 0, 100),
    known('task', 'tool', 10, 60, 'turn'),
    known('explore', 'agent', 12, 58, 'task'),
    known('one', 'model', 14, 20, 'explore'),
    // Its parent, a tool call of the subagent, was not told.
    known('two', 'model', 30, 40, 'lost'),
    eventOf(
      { id: 'three', kind: 'model', parent: undefined, start: 70, end: 80 },
      { parentSpan: 'lost', agentId: 'explore' },
    ),
  ])
  expect(Object.fromEntries([...places].map(([id, { agent, inferred }]) => [id, [agent, inferred]]))).toEqual(
    {
      task: [undefined, undefined],
      explore: [undefined, undefined],
      one: ['explore', undefined],
      two: ['explore', 'time'],
      three: ['explore', 'agent-id'],
      'event-turn': [undefined, undefined],
    },
  )
})
