import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { length, subtract, union, type Interval } from './intervals.ts'

const intervals = fc.array(
  fc.tuple(fc.nat(60), fc.nat(12)).map(([start, ms]): Interval => ({ start, end: start + ms })),
  { maxLength: 12 },
)
/** Millisecond slots covered: what the sums must come to. */
const slots = (list: readonly Interval[]): Set<number> =>
  new Set(list.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => start + i)))

it('union covers what the intervals cover, once', () => {
  fc.assert(
    fc.property(intervals, (list) => {
      expect(length(union(list))).toBe(slots(list).size)
    }),
  )
})

it('subtract leaves what the others do not cover', () => {
  fc.assert(
    fc.property(intervals, intervals, (from, taken) => {
      const covered = slots(taken)
      const rest = [...slots(from)].filter((slot) => !covered.has(slot))
      expect(length(subtract(union(from), union(taken)))).toBe(rest.length)
    }),
  )
})
