import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RecordedEvent } from '@spanledger/sdk/model'
import type { Queries } from '../open-queries.ts'
import { isRefusal } from '../refusal.ts'
import { at, event, smallLedger, type SmallLedger, T0 } from '../testing/small-ledger.ts'

let ledger: SmallLedger
let queries: Queries
beforeEach(() => {
  ledger = smallLedger()
})
afterEach(() => ledger.remove())

let position = 0
/** What one session's agent tells, at milliseconds after T0. */
const told = (
  session: string,
  type: string,
  ms: number,
  { endMs = ms, ...data }: Record<string, unknown> & { endMs?: number } = {},
): RecordedEvent => ({
  ...event(++position, type, `session-${session}`, position, {
    session,
    agent: 'test-agent',
    source: 'log:test',
    rank: 3,
    startUnixNano: at(ms),
    endUnixNano: at(endMs),
    ...data,
  }),
  time: at(ms),
})

const story = (): RecordedEvent[] => {
  position = 0
  return [
    told('one', 'SessionStarted', 0),
    told('one', 'SessionPromptSubmitted', 1_000, { text: 'fix the test' }),
    told('one', 'SessionModelCalled', 1_000, {
      endMs: 3_000,
      model: 'm',
      tokens: { input: 100, output: 10 },
      outcome: 'ok',
    }),
    told('one', 'SessionToolUsed', 3_000, { endMs: 4_000, name: 'shell', exitCode: 1, outcome: 'failed' }),
    told('two', 'SessionStarted', 4_500),
    told('two', 'SessionToolUsed', 5_000, { name: 'edit', outcome: 'ok' }),
    told('one', 'SessionPromptSubmitted', 64_000, { text: 'again' }),
    told('one', 'SessionToolUsed', 65_000, { name: 'shell', outcome: 'failed' }),
    told('one', 'SessionCompleted', 66_000),
  ]
}
const open = async (lines: readonly RecordedEvent[] = story()): Promise<void> => {
  ledger.segment('events', lines)
  queries = await ledger.queries()
}
const iso = (ms: number): string => new Date(T0 + ms).toISOString()

async function ask<Name extends Parameters<Queries['run']>[0]>(
  name: Name,
  params: object,
): Promise<Record<string, any>> {
  const answer = await queries.run(name, params)
  if (isRefusal(answer)) throw new Error(`${answer.refused}: ${answer.message}`)
  return answer as Record<string, any>
}

describe('state', () => {
  beforeEach(() => open())

  it('is after the end what session show tells', async () => {
    const now = await ask('session', { id: 'one' })
    for (const given of [iso(66_000), iso(600_000), '2150-01-01', 'now'])
      expect(await ask('state', { kind: 'session', id: 'one', at: given })).toEqual(now)
    expect(await ask('state', { kind: 'session', id: 'one', at: 'now', recorded: true })).toEqual(now)
  })

  it('knows what had ended by then, and no more', async () => {
    expect(await ask('state', { kind: 'session', id: 'one', at: '+3s' })).toMatchObject({
      status: 'active',
      prompts: 1,
      modelCalls: 1,
      toolCalls: 0,
      endedAt: iso(3_000),
    })
    expect(await ask('state', { kind: 'session', id: 'one', at: '+2999ms' })).toMatchObject({ modelCalls: 0 })
  })

  it('shows no more than was asked for, and says so', async () => {
    const cut = await ask('state', { kind: 'session', id: 'one', at: 'now', limit: 2 })
    expect(cut).toMatchObject({ cut: true, limit: 2, omitted: 3 })
    expect(cut['tree'][0].children).toHaveLength(2)
  })

  it.each(['1969-12-31T23:59:59.5Z', '0001-01-01', '2026-11-20'])(
    'says that at %s there was nothing',
    async (time) => {
      expect(await queries.run('state', { kind: 'session', id: 'one', at: time })).toMatchObject({
        refused: 'UNKNOWN_SESSION',
        message: expect.stringContaining(`it began at ${iso(0)}`),
      })
    },
  )

  it.each([
    ['state', { kind: 'job', id: 'one', at: 'now' }],
    ['state', { kind: 'session', id: 'one', at: 'noon' }],
    ['state', { kind: 'session', id: 'one', at: '+x' }],
    ['state', { kind: 'session', id: 'one' }],
    ['state.diff', { from: '+1s' }],
    ['state.diff', { from: 'now', to: '2h' }],
  ])('%s refuses %j', async (name, params) => {
    expect(await queries.run(name, params)).toMatchObject({ refused: 'BAD_PARAMETER' })
  })
})

describe('state.diff', () => {
  beforeEach(() => open())

  it('tells what changed in all sessions', async () => {
    const answer = await ask('state.diff', { from: iso(3_500), to: iso(70_000) })
    expect(answer).toMatchObject({ total: 2, cut: false })
    expect(answer['sum']).toMatchObject({
      started: 1,
      completed: 1,
      failed: 0,
      toolCalls: 3,
      failedToolCalls: 2,
      prompts: 1,
      modelCalls: 0,
    })
    expect(answer['rows'].map(({ id, status }: any) => [id, status.from, status.to])).toEqual([
      ['two', null, 'open'],
      ['one', 'open', 'completed'],
    ])
  })

  it('tells one session, and nothing where nothing changed', async () => {
    const answer = await ask('state.diff', { id: 'one', from: '+0s', to: '+3s' })
    expect(answer['rows']).toMatchObject([{ id: 'one', modelCalls: 1, tokens: { input: 100, output: 10 } }])
    expect(await ask('state.diff', { id: 'one', from: '+10s', to: '+20s' })).toMatchObject({
      rows: [],
      total: 0,
    })
    expect(await ask('state.diff', { from: '1960-01-01', to: '1961-01-01' })).toMatchObject({ rows: [] })
  })

  it('cuts at the limit, and sums up what is cut as well', async () => {
    const answer = await ask('state.diff', { from: '1960-01-01', limit: 1 })
    expect(answer).toMatchObject({ cut: true, limit: 1, total: 2, sum: { started: 2 } })
    expect(answer['rows']).toHaveLength(1)
  })
})

describe('events.replay', () => {
  it('tells a stream in the order it happened, and ends as session show', async () => {
    await open()
    const { rows, total } = await ask('events.replay', { stream: 'session-one' })
    expect(total).toBe(7)
    expect(rows.map(({ offsetMs, says }: any) => [offsetMs, says])).toEqual([
      [0, 'session started: test-agent'],
      [1_000, 'prompt · fix the test'],
      [3_000, 'model called · m · 100 tokens in, 10 out · 2.0 s'],
      [4_000, 'tool failed · shell · exit 1 · 1.0 s'],
      [64_000, 'prompt · again'],
      [65_000, 'tool failed · shell'],
      [66_000, 'session completed'],
    ])
    const shown = await ask('session', { id: 'one' })
    const { state } = rows.at(-1)
    expect(shown).toMatchObject(state)
    for (const { at: time, state: then } of rows)
      expect(await ask('state', { kind: 'session', id: 'one', at: time })).toMatchObject(then)
  })

  it('keeps the earliest where it cuts, however they were recorded', async () => {
    position = 0
    await open([5, 3, 1, 4, 2].map((ms) => told('one', 'SessionToolUsed', ms)))
    const { rows, cut, total } = await ask('events.replay', { limit: 2 })
    expect(rows.map(({ event: { time } }: any) => time)).toEqual([at(1), at(2)])
    expect({ cut, total }).toEqual({ cut: true, total: 5 })
  })

  it('tells events of other streams too, without a state', async () => {
    await open([event(1, 'TaskClaimed', 'task-1', 1, { by: 'me' })])
    expect((await ask('events.replay', {}))['rows']).toMatchObject([{ says: 'task claimed', state: null }])
  })
})

describe('events.query', () => {
  const pattern = 'SessionToolUsed[outcome=failed] followed by SessionPromptSubmitted'

  it('finds what followed what', async () => {
    await open()
    expect(await ask('events.query', { pattern, within: '5m' })).toMatchObject({
      begun: 2,
      matched: 1,
      unmatched: 1,
      rows: [
        {
          key: 'session-one',
          gapMs: 60_000,
          events: [{ position: 4, time: iso(4_000).replace('Z', '000000Z') }, { position: 7 }],
        },
      ],
    })
    expect(await ask('events.query', { pattern, within: '59s' })).toMatchObject({ matched: 0, unmatched: 2 })
  })

  it('finds what was not followed, and says what may yet be undone', async () => {
    await open()
    const asked = pattern.replace('followed', 'not followed')
    expect(await ask('events.query', { pattern: asked, within: '5m' })).toMatchObject({ matched: 1, open: 0 })
    const answer = await ask('events.query', { pattern: asked, within: '2h' })
    expect(answer).toMatchObject({ matched: 1, open: 1, rows: [{ open: true, events: [{ position: 8 }] }] })
  })

  it('groups by a field, and counts what has none', async () => {
    await open()
    const by = { pattern: 'Session* followed by SessionToolUsed[name=edit]', by: 'agent' }
    expect(await ask('events.query', by)).toMatchObject({
      matched: 5,
      withoutKey: 0,
      rows: [{ key: 'test-agent' }, {}, {}, {}, {}],
    })
    expect(await ask('events.query', { ...by, by: 'name' })).toMatchObject({ withoutKey: 6 })
  })

  it('points at the mistake', async () => {
    await open()
    expect(await queries.run('events.query', { pattern: 'A[b c] followed by D' })).toMatchObject({
      refused: 'PATTERN_ERROR',
      place: 'A[b c] followed by D\n    ^',
    })
  })

  it('cuts at the limit', async () => {
    await open()
    expect(await ask('events.query', { pattern: 'Session*', limit: 3 })).toMatchObject({
      cut: true,
      matched: 9,
      limit: 3,
    })
  })
})

it('is asked over HTTP with text alone', async () => {
  await open()
  const asked = { kind: 'session', id: 'one', at: '+3s', recorded: 'true', limit: '5' }
  expect(await queries.answer('state', asked)).toEqual(
    await ask('state', { ...asked, recorded: true, limit: 5 }),
  )
  expect(await queries.answer('events.replay', { speed: '2.5', limit: '1' })).toMatchObject({
    speed: 2.5,
    cut: true,
  })
})
