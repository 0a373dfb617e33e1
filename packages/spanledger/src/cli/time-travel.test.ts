import { afterEach, beforeEach, expect, it } from 'vitest'
import { at, event, smallLedger, type SmallLedger } from '../query/testing/small-ledger.ts'
import { run, type Ran } from './testing/run.ts'

const told = (position: number, type: string, ms: number, more: object) => ({
  ...event(position, type, 'session-one', position, {
    session: 'one',
    agent: 'test-agent',
    source: 'log:test',
    rank: 3,
    startUnixNano: at(ms),
    endUnixNano: at(ms),
    ...more,
  }),
  time: at(ms),
})

let ledger: SmallLedger
beforeEach(() => {
  ledger = smallLedger()
  ledger.segment('events', [
    told(1, 'SessionPromptSubmitted', 0, { text: 'mend \u001b[31mit\u202e' }),
    told(2, 'SessionToolUsed', 1_500, { name: 'shell', outcome: 'failed', exitCode: 1 }),
    told(3, 'SessionPromptSubmitted', 61_500, { text: 'again' }),
    told(4, 'SessionCompleted', 62_000, {}),
  ])
})
afterEach(() => ledger.remove())

const ask = (...argv: string[]): Promise<Ran> => run(argv, { home: ledger.dir })
/** Without the clock, which is local. */
const stories = (out: string): string[] =>
  out
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.slice(12).trim().replaceAll(/ +/g, ' '))

it('replays a story, at once or at a multiple of its time, and says where it was cut', async () => {
  const whole = await ask('events', 'replay', '--stream', 'session-one')
  expect(stories(whole.out)).toEqual([
    '+0 ms prompt · mend it',
    '+1.5 s tool failed · shell · exit 1',
    '+1m 02s prompt · again',
    '+1m 02s session completed',
  ])
  const began = performance.now()
  const paced = await ask('events', 'replay', '--speed', '20', '--limit', '2')
  expect(performance.now() - began).toBeGreaterThan(70)
  expect(stories(paced.out)).toEqual(stories(whole.out).slice(0, 2))
  expect(paced.err).toContain('cut at 2')
})

async function* onePress(): AsyncGenerator<string> {
  yield await Promise.resolve('')
}

it('replays step by step, as long as somebody presses Enter', async () => {
  const { out } = await run(['events', 'replay', '--steps'], { home: ledger.dir, presses: onePress })
  expect(stories(out)).toHaveLength(2)
  expect(stories((await ask('events', 'replay', '--steps')).out)).toHaveLength(1)
})

it('shows the past as session show shows the present', async () => {
  const [shown, then] = [
    await ask('session', 'show', 'one'),
    await ask('state', 'session', 'one', '--at', '+2h'),
  ]
  expect(then).toEqual(shown)
  const before = await ask('state', 'session', 'one', '--at', '+1s')
  expect(before.out).toContain('1 prompt, 0 model calls, 0 tool calls')
  const early = await ask('state', 'session', 'one', '--at', '1969-01-01')
  expect(early).toMatchObject({ exit: 1, err: expect.stringContaining('nothing was known of session "one"') })
})

it('tells what changed', async () => {
  const { out } = await ask('state', 'diff', 'session', 'one', '--from', '+1s', '--to', '+10s')
  expect(out).toContain('1 session changed\n  +1 tool call (1 failed)\n')
  const { err } = await ask('state', 'diff', '--from', '1960-01-01', '--recorded', '--limit', '7000000')
  expect(err).toContain('limit: 7000000 must be at most')
  expect((await ask('state', 'diff', '--from', '1960-01-01', '--to', '1960-01-02')).out).toContain(
    'nothing changed',
  )
})

it('tells what followed what, and points at a mistake', async () => {
  const { out } = await ask(
    'events',
    'query',
    'SessionToolUsed followed by SessionPromptSubmitted',
    '--within',
    '5m',
  )
  expect(out).toContain('SessionToolUsed #2 → SessionPromptSubmitted #3  1m 00s  session-one')
  expect(out).toContain('1 match of 1 beginning in 3 events of these types')
  const wrong = await ask('events', 'query', 'SessionToolUsed[name]')
  expect(wrong).toMatchObject({
    exit: 2,
    err: expect.stringContaining('\n  SessionToolUsed[name]\n                      ^\n'),
  })
})
