import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rulesOf, kindsOf, Story, told } from './testing/stories.ts'
import { SessionWatch } from './session-watch.ts'

const MINUTE_MS = 60_000

const loop = (): Story => new Story().times(6, (s) => s.fails('Bash', 'npm test'))
const eight = (story: Story): Story => story.prompt().times(8, (s) => s.model(10))
const steady = (minutes: number): Story =>
  new Story().times(minutes, (s) => {
    s.atMs += MINUTE_MS
    s.model(299_900)
  })
const burst = (story: Story): Story => {
  story.atMs += MINUTE_MS
  return story.times(20, (s) => s.model(299_900))
}

/** A failing call, as records of these ranks tell it. */
const call = (s: Story, i: number, records: readonly number[]): void => {
  for (const rank of records)
    s.add('SessionToolUsed', {
      rank,
      keys: [`tool:${i}`],
      outcome: 'failed',
      ...(rank === 3 ? { name: 'Bash', inputHash: 'npm test' } : {}),
    })
}

describe('a session that is stuck', () => {
  const stuck: Record<string, [Story, string]> = {
    'makes the same failing call': [
      new Story().times(10, (s) => s.fails('Bash', 'npm test')),
      'repeated-call',
    ],
    'makes the same call that goes well, and nothing comes of it': [
      new Story().times(6, (s) => s.tool('Bash', 'git status')),
      'repeated-call',
    ],
    'makes two calls in turn': [
      new Story().times(6, (s) => s.fails('Bash', 'npm test').tool('Read', 'a.ts')),
      'repeated-call',
    ],
    'makes three calls in turn': [
      new Story().times(6, (s) => s.fails('Bash', 'npm test').tool('Read', 'a.ts').tool('Read', 'b.ts')),
      'repeated-call',
    ],
    'goes round a longer circle': [
      new Story().times(40, (s, i) => s.tool('Read', `file ${i % 8}`)),
      'no-progress',
    ],
    'fails at one thing after the other': [
      new Story().times(20, (s, i) => s.fails('Bash', `try ${i}`)),
      'no-progress',
    ],
    'edits again and again, and the error stays': [
      new Story().times(7, (s, i) =>
        s
          .tool('Edit', `edit ${i}`)
          .fails('Bash', 'npm test', { error: 'expected 3 to equal -1', outputHash: `${i}` }),
      ),
      'repeated-error',
    ],
    'asks a model that refuses': [
      new Story().times(8, (s) =>
        s.model(0, 0, { outcome: 'failed', error: 'the model is overloaded right now' }),
      ),
      'repeated-error',
    ],
    'tells sizes alone, and fails ten times at the same': [
      new Story().times(12, (s) =>
        s.add('SessionToolUsed', { name: 'Bash', inputBytes: 81, outcome: 'failed', error: 'ShellError' }),
      ),
      'repeated-call',
    ],
  }
  it.each(Object.entries(stuck))('%s: found once', (_, [story, kind]) => {
    expect(kindsOf(story)).toEqual([kind])
  })
})

describe('a session that is not stuck', () => {
  const fine: Record<string, Story> = {
    'reads thirty files': new Story().times(30, (s, i) => s.tool('Read', `file ${i}`)),
    'reads two hundred files and looks where it is between': new Story().times(200, (s, i) =>
      i % 9 === 0 ? s.tool('Bash', 'pwd') : s.tool('Read', `file ${i}`),
    ),
    'runs a test that fails in a new way each time': new Story().times(30, (s, i) =>
      s.fails('Bash', 'npm test', { outputHash: `${30 - i} failures` }),
    ),
    'changes something between the same tests': new Story().times(30, (s, i) =>
      s.tool('Edit', `edit ${i}`).fails('Bash', 'npm test'),
    ),
    'commits between the same tests': new Story().times(30, (s, i) =>
      s
        .tool('Bash', `commit ${i}`, 'done', { command: 'git add -A && git commit -m x' })
        .fails('Bash', 'npm test'),
    ),
    'has files changed by its shell, as git tells': new Story().times(30, (s, i) => {
      s.fails('Bash', 'make')
      if (i % 4 === 3) s.add('SessionProgressed', { change: 'files', files: `${i}` })
    }),
    'is asked again and again by a person': new Story().times(20, (s) =>
      s.prompt().tool('Bash', 'git status'),
    ),
    'tells nothing of what it asks for, and it goes well': new Story().times(40, (s) =>
      s.add('SessionToolUsed', { name: 'bash', outcome: 'ok', exitCode: 0 }),
    ),
    'fails four times': new Story()
      .times(4, (s) => s.fails('Bash', 'npm test'))
      .tool('Bash', 'npm test', 'passed'),
    'reads files of equal size': new Story().times(30, (s, i) =>
      s.add('SessionToolUsed', { name: 'Read', inputBytes: 40, outputBytes: 900 + (i % 9), outcome: 'ok' }),
    ),
  }
  it.each(Object.entries(fine))('%s', (_, story) => {
    expect(kindsOf(story)).toEqual([])
  })
})

describe('what was found is over', () => {
  const ends: Record<string, [Story, string]> = {
    'when a file is changed': [loop().tool('Edit', 'x'), 'progress'],
    'when git tells of a change': [loop().add('SessionProgressed', { change: 'commit' }), 'progress'],
    'when three new things were looked at': [
      loop().tool('Read', '1').tool('Read', '2').tool('Read', '3'),
      'progress',
    ],
    'when a person says something': [loop().prompt(), 'prompt'],
  }
  it.each(Object.entries(ends))('%s', (_, [story, because]) => {
    const { events } = told(story)
    expect(events.map(({ event }) => event)).toEqual(['SessionStuckDetected', 'SessionStuckCleared'])
    expect(events[1]!.data).toMatchObject({ because, finding: events[0]!.data.finding })
  })

  it('and found again, as another one, when it comes again', () => {
    const again = loop()
      .tool('Edit', 'x')
      .times(6, (s) => s.fails('Bash', 'npm test'))
    const { events } = told(again)
    expect(kindsOf(again)).toEqual(['repeated-call', '-repeated-call', 'repeated-call'])
    expect(new Set(events.map(({ id }) => id)).size).toBe(3)
  })
})

it('shows the events it is about, and what the call was', () => {
  const story = new Story().tool('Read', 'a').times(5, (s) => s.fails('Bash', 'h', { command: 'npm test' }))
  expect(told(story).events[0]!.data).toMatchObject({
    measured: 5,
    threshold: 5,
    unit: 'calls',
    positions: [20, 30, 40, 50, 60],
    tool: 'Bash',
    command: 'npm test',
    severity: 'serious',
  })
})

describe('limits', () => {
  it('the context nearly full; over once it was shortened', () => {
    const story = new Story().model(84_999).model(85_000).model(99_000).add('SessionCompacted').model(9_000)
    expect(kindsOf(story)).toEqual(['context', '-context'])
  })
  it('a side question of the agent does not end it, three small calls do', () => {
    expect(kindsOf(new Story().model(90_000).model(100).model(91_000))).toEqual(['context'])
    expect(kindsOf(new Story().model(90_000).model(1).model(1).model(1))).toEqual(['context', '-context'])
  })
  it("a subagent's context is its own, and more than the window holds says nothing", () => {
    expect(kindsOf(new Story().model(90_000, 1, { agentId: 'sub' }).model(120_000))).toEqual([])
  })
  it('turns of one prompt', () => {
    expect(kindsOf(eight(new Story()), { turnsMax: 10 })).toEqual(['turns'])
    expect(
      kindsOf(
        new Story()
          .prompt()
          .times(7, (s) => s.model(10))
          .prompt()
          .times(7, (s) => s.model(10)),
        { turnsMax: 10 },
      ),
    ).toEqual([])
    expect(kindsOf(eight(new Story()))).toEqual([])
  })
  it('the budget, once', () => {
    const story = new Story().times(9, (s) => s.model(499_900))
    expect(kindsOf(story, { budgetUsd: 2 })).toEqual(['budget'])
    expect(told(story, { budgetUsd: 2 }).events[0]!.data).toMatchObject({
      measured: 2,
      threshold: 2,
      unit: 'usd',
    })
  })
})

describe('a session that runs away', () => {
  it('spends many times what it usually does', () => {
    const { events } = told(burst(steady(8)))
    expect(events.map(({ data }) => data.kind)).toEqual(['runaway'])
    expect(events[0]!.data).toMatchObject({ unit: 'usd/min', usual: 0.3 })
  })
  it('and is over when a minute is as usual', () => {
    const story = burst(steady(8)).times(3, (s) => {
      s.atMs += MINUTE_MS
      s.model(299_900)
    })
    expect(kindsOf(story)).toEqual(['runaway', '-runaway'])
  })
  it('not while it has no history, nor when it spends little', () => {
    expect(kindsOf(burst(steady(3)))).toEqual([])
    const small = new Story().times(8, (s) => {
      s.atMs += MINUTE_MS
      s.model(1_000)
    })
    small.atMs += MINUTE_MS
    expect(kindsOf(small.times(30, (s) => s.model(1_000)))).toEqual([])
  })
})

describe('calls that several records tell', () => {
  it('count once, whichever comes first', () => {
    for (const records of [
      [1, 2, 3],
      [3, 2, 1],
      [2, 3, 1],
    ]) {
      expect(kindsOf(new Story().times(4, (s, i) => call(s, i, records)))).toEqual([])
      expect(kindsOf(new Story().times(5, (s, i) => call(s, i, records)))).toEqual(['repeated-call'])
    }
  })
  it('count once where logs and spans have no id in common', () => {
    const story = new Story().times(4, (s, i) =>
      s
        .add('SessionToolUsed', {
          rank: 2,
          keys: [`span:${i}`],
          name: 'shell',
          inputHash: 'x',
          outcome: 'failed',
        })
        .add('SessionToolUsed', { rank: 3, name: 'shell', inputHash: 'x', outcome: 'failed' }),
    )
    expect(kindsOf(story)).toEqual([])
  })
})

const steps = fc.array(
  fc.record({
    tool: fc.constantFrom('Bash', 'Read', 'Edit'),
    asked: fc.constantFrom('a', 'b', 'c'),
    fails: fc.boolean(),
    prompt: fc.integer({ min: 0, max: 20 }),
  }),
  { maxLength: 120 },
)
const storyOf = (list: typeof steps extends fc.Arbitrary<infer T> ? T : never): Story =>
  list.reduce((story, { tool, asked, fails, prompt }) => {
    if (prompt === 0) story.prompt()
    return fails ? story.fails(tool, asked) : story.tool(tool, asked)
  }, new Story())

describe('laws', () => {
  it('a watcher that starts later, or again, has nothing to add', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const { ledger } = told(storyOf(list))
        const watch = new SessionWatch('s1', rulesOf())
        for (const event of ledger) watch.take(event)
        expect(watch.due()).toEqual([])
      }),
    )
  })
  it('two watchers name the same findings the same, whenever each looks', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 9 }), (list, every) => {
        const story = storyOf(list)
        const ids = new Set(told(story).events.map(({ id }) => id))
        const watch = new SessionWatch('s1', rulesOf())
        for (const [i, event] of story.events.entries()) {
          watch.take(event)
          const names = i % every === 0 ? watch.due().map(({ id }) => id) : []
          expect(names.filter((id) => !ids.has(id))).toEqual([])
        }
      }),
    )
  })
  it('every finding is told before it is over, and is over at most once', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const left = new Map<string, string[]>()
        for (const { event, data } of told(storyOf(list)).events)
          left.set(data.finding, [
            ...(left.get(data.finding) ?? []),
            event.replace(/^.*(?=Detected|Cleared)/, ''),
          ])
        const lives = [...left.values()].map((life) => life.join())
        expect(lives.filter((life) => life !== 'Detected' && life !== 'Detected,Cleared')).toEqual([])
      }),
    )
  })
  it('with other settings, what somebody else told is not told again', () => {
    const { ledger } = told(new Story().times(9, (s) => s.fails('Bash', 'npm test')))
    const watch = new SessionWatch('s1', rulesOf({ repeats: 3 }))
    for (const event of ledger) watch.take(event)
    expect(watch.due()).toEqual([])
  })
})
