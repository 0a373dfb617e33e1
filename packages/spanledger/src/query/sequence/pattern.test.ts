import { describe, expect, it } from 'vitest'
import { globbed, tested } from './condition.ts'
import { parsePattern, PatternError, STEPS_MAX } from './pattern.ts'

const steps = (count: number): string => Array.from({ length: count }, () => 'A').join(' followed by ')

describe('parsePattern', () => {
  it('reads steps, globs, conditions and quoted values', () => {
    expect(
      parsePattern(
        `Session*[outcome = failed, data.tokens.input>=5,name~"two \\"words, ]*"]  FOLLOWED  by B NOT followed by C []`,
      ),
    ).toEqual([
      {
        type: 'Session*',
        not: false,
        conditions: [
          { path: ['outcome'], operator: '=', value: { text: 'failed', quoted: false } },
          { path: ['tokens', 'input'], operator: '>=', value: { text: '5', quoted: false } },
          { path: ['name'], operator: '~', value: { text: 'two "words, ]*', quoted: true } },
        ],
      },
      { type: 'B', not: false, conditions: [] },
      { type: 'C', not: true, conditions: [] },
    ])
  })

  it.each([
    ['', 0, "an event's type"],
    ['not followed by B', 0, "an event's type"],
    ['A followed by not followed by B', 14, "an event's type"],
    ['A[', 2, 'a field of the event'],
    ['A[outcome', 9, 'one of >='],
    ['A[outcome=', 10, 'a value'],
    ['A[outcome=failed', 16, 'a comma or ]'],
    ['A[outcome="failed]', 10, 'a value'],
    ['A followed by', 13, "an event's type"],
    ['A followed bye B', 2, '"followed by"'],
    ['A B', 2, '"followed by"'],
    ['A] followed by B', 1, '"followed by"'],
  ])('%j fails at %d', (text, at, message) => {
    expect(() => parsePattern(text)).toThrow(
      expect.toSatisfy(
        (error) => error instanceof PatternError && error.at === at && error.message.includes(message),
      ),
    )
  })

  it('takes so many steps and no more', () => {
    expect(parsePattern(steps(STEPS_MAX))).toHaveLength(STEPS_MAX)
    expect(() => parsePattern(steps(STEPS_MAX + 1))).toThrow(PatternError)
  })
})

const holds = (condition: string, data: unknown): boolean => tested(parsePattern(`A[${condition}]`)[0]!)(data)

describe('a condition', () => {
  it.each([
    ['n=5', { n: 5 }, true],
    ['n=5.0', { n: 5 }, true],
    ['n="5"', { n: 5 }, false],
    ['n="5"', { n: '5' }, true],
    ['n=5', { n: '5' }, true],
    ['n=true', { n: true }, true],
    ['n=null', {}, true],
    ['n="null"', {}, false],
    ['n!=5', {}, true],
    ['n!=5', { n: 5 }, false],
    ['n>4', { n: 5 }, true],
    ['n>5', { n: 5 }, false],
    ['n>=5', { n: 5 }, true],
    ['n<5', { n: 'x' }, false],
    ['n<=b', { n: 'a' }, true],
    ['n>4', {}, false],
    ['a.b=1', { a: { b: 1 } }, true],
    ['a.b=1', { a: null }, false],
    ['constructor~*', {}, false],
    ['n~a*c', { n: 'abbc' }, true],
    ['n~a*c', { n: 'abbcd' }, false],
    ['n~5*', { n: 55 }, true],
    ['n~*', {}, false],
    ['n=x', null, false],
  ])('%s on %j: %s', (condition, data, expected) => {
    expect(holds(condition, data)).toBe(expected)
  })
})

it.each([
  ['a', 'a', true],
  ['*', '', true],
  ['a*a', 'a', false],
  ['*ab*ab*', 'abab', true],
  ['*ab*ab*', 'aab', false],
  ['a*b*c', 'aXbYc', true],
  ['a.c', 'abc', false],
])('%s on %s: %s', (pattern, text, expected) => {
  expect(globbed(pattern)(text)).toBe(expected)
})
