import { randomInt } from 'node:crypto'
import { expect, it } from 'vitest'
import type { Observation } from '../agents/index.ts'
import { SessionFold } from './fold.ts'
import { priceTable } from './prices.ts'

interface Event {
  id: string
  event: 'SessionModelCalled' | 'SessionToolUsed'
  data: Observation
}

const T0 = 1_795_252_400_000
const nanos = (ms: number): string => `${T0 + Math.round(ms)}000000`

/** What three sources tell of the same calls: two without a common id, as Codex and Gemini CLI do it. */
function told(random: () => number): {
  calls: Event[][]
  tools: Event[][]
  tokens: { input: number; output: number }
} {
  const tokens = { input: 0, output: 0 }
  const [calls, tools]: [Event[][], Event[][]] = [[], []]
  let at = 0
  const base = { session: 's', agent: 'codex', startUnixNano: '', endUnixNano: '' }
  for (let i = 0; i < 2 + Math.floor(random() * 8); i++) {
    const [start, took] = [at, 20 + random() * 4_000]
    const end = start + took
    // Hardly two calls have the same tokens.
    const one = { input: 1_000 + i * 7, output: 10 + i }
    tokens.input += one.input
    tokens.output += one.output
    const source = (name: string, rank: number, from: number, to: number, has = true): Event => ({
      id: `${name} ${i}`,
      event: 'SessionModelCalled',
      data: {
        ...base,
        source: name,
        rank,
        startUnixNano: nanos(from),
        endUnixNano: nanos(to),
        ...(has ? { tokens: one } : {}),
        keys: [`${name}:${i}`],
      },
    })
    calls.push([
      source('log:response', 3, end, end + 2),
      source('transcript:record', 2.5, start - random() * 20, end + random() * 40),
      source('span:sampling', 2, start, end, false),
    ])
    at = end + 5
    const tool = (name: string, rank: number, from: number, to: number): Event => ({
      id: `${name} tool ${i}`,
      event: 'SessionToolUsed',
      data: {
        ...base,
        source: name,
        rank,
        startUnixNano: nanos(from),
        endUnixNano: nanos(to),
        keys: [`tool:${i}`],
        toolUseId: `${i}`,
        outcome: 'ok',
      },
    })
    tools.push([
      tool('log:result', 3, at, at + 300),
      tool('transcript:item', 2.5, at - 3, at + 320),
      tool('span:tool', 2, at, at + 300),
    ])
    at += 600
  }
  return { calls, tools, tokens }
}

function folded(events: readonly Event[]): SessionFold {
  const all = new SessionFold(priceTable([]), () => T0)
  for (const event of events) all.evolve('session-s', event)
  return all
}

const fold = (events: readonly Event[]) => folded(events).summary('s')!

function reconciled(events: readonly Event[]) {
  const { figures, ...all } = folded(events).reconciliation('s')!
  return { ...all, figures, of: (name: string) => figures.find(({ figure }) => figure === name)! }
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  return list
    .map((one) => [random(), one] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, one]) => one)
}

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

it('counts a call once, whoever told it, in any order and however often; who told nothing of it lowers nothing', () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31))
  const random = seeded(seed)
  for (let round = 0; round < 200; round++) {
    const { calls, tools, tokens } = told(random)
    const some = (sources: Event[]): Event[] => {
      // A call without tokens would be one that nobody counted: the span stands beside another.
      const kept = sources.filter(() => random() < 0.6)
      return kept.some(({ data }) => data.tokens) || sources[0]!.event === 'SessionToolUsed'
        ? kept.length > 0
          ? kept
          : [sources[0]!]
        : [...kept, sources[Math.floor(random() * 2)]!]
    }
    const events = [...calls.flatMap(some), ...tools.flatMap(some)]
    const again = shuffled([...events, ...events.filter(() => random() < 0.3)], random)
    const summary = fold(again)
    expect(
      [summary.modelCalls, summary.toolCalls, summary.tokens.input, summary.tokens.output],
      `seed ${seed}, round ${round}`,
    ).toEqual([calls.length, tools.length, tokens.input, tokens.output])
    expect(fold(events), `seed ${seed}, round ${round}`).toEqual(summary)
    const who = reconciled(again)
    expect(reconciled(events).figures, `seed ${seed}, round ${round}`).toEqual(who.figures)
    expect(who.of('model calls').chosen).toBe(calls.length)
    expect(who.figures.filter(({ confidence }) => confidence === 'low')).toEqual([])
    const all = reconciled([...calls.flat(), ...tools.flat()])
    for (const name of ['model calls', 'tool calls', 'input tokens', 'output tokens'])
      expect(all.of(name), `seed ${seed}, round ${round}`).toMatchObject({ confidence: 'high' })
  }
})

const call = (
  source: string,
  rank: number,
  start: number,
  end: number,
  tokens: object,
  more: object = {},
): Event => ({
  id: `${source} ${start}`,
  event: 'SessionModelCalled',
  data: {
    session: 's',
    agent: 'a',
    source,
    rank,
    startUnixNano: nanos(start),
    endUnixNano: nanos(end),
    tokens,
    ...more,
  },
})

it('joins a transcript that was written late, where the tokens leave no doubt, and only there', () => {
  const late = [
    call('log:r', 3, 0, 100, { input: 10, output: 5 }),
    call('transcript:m', 2.5, 3_000, 3_000, { input: 10, output: 5 }),
  ]
  expect(fold(late).modelCalls).toBe(1)
  const doubtful = [...late, call('log:r', 3, 5_000, 5_100, { input: 10, output: 5 })]
  expect(fold(doubtful).modelCalls).toBe(3)
})

it('takes the last word of a source that told an answer as it grew', () => {
  const growing = [1, 20, 42]
    .map((output, i) =>
      call('transcript:assistant', 0.5, 0, 10 + i, { input: 100, output }, { keys: ['message:1'] }),
    )
    .map((event, i) => ({ ...event, id: `${9 - i}` }))
  expect(fold(growing).tokens.output).toBe(42)
  expect(fold(growing.toReversed()).tokens.output).toBe(42)
})

it('is low where an answer was told before it was over, and shows the sum that says so', () => {
  const draft = call('transcript:assistant', 0.5, 0, 10, { input: 100, output: 1 }, { keys: ['message:1'] })
  const result = {
    ...call('transcript:result', 3, 0, 20, { input: 100, output: 42 }),
    event: 'SessionCompleted' as 'SessionModelCalled',
  }
  const alone = reconciled([draft, result])
  expect(alone).toMatchObject({ confidence: 'low' })
  expect(alone.of('output tokens')).toMatchObject({
    chosen: 1,
    confidence: 'low',
    sources: [
      { source: 'transcript:assistant', value: 1, calls: 1, differs: false },
      { source: 'transcript:result', value: 42, calls: null, chosen: 1, differs: true },
    ],
  })
  const better = call('log:api_request', 3, 0, 10, { input: 100, output: 42 }, { keys: ['message:1'] })
  expect(reconciled([draft, result, better]).of('output tokens')).toMatchObject({
    chosen: 42,
    confidence: 'medium',
    from: ['log:api_request'],
    why: 'taken from the record made for it; transcript:assistant tells others',
  })
})

it('says of how many calls nobody told the tokens', () => {
  const without = call('log:stream', 1, 10_000, 10_100, {})
  const events = [call('span:doStream', 3, 0, 100, { input: 10, output: 5 }), without]
  expect(reconciled(events).of('output tokens')).toMatchObject({
    confidence: 'low',
    why: 'nobody told them of 1 call',
  })
})
